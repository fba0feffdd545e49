"""Clients of the service: one that needs no run, and one that asks a real server on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings

LOCAL = "http://localhost"


def asgi_client(app: FastAPI) -> httpx.AsyncClient:
    """A client that calls the app without a socket."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOCAL)


@pytest.fixture
def make_client() -> Callable[..., httpx.AsyncClient]:
    """Make a client of an app with other settings, whose sandbox is not started: what it refuses needs no run."""

    def make(**settings: object) -> httpx.AsyncClient:
        return asgi_client(create_app(Settings(**settings)))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def resting_app() -> FastAPI:
    """An app whose processes are not started."""
    return create_app(Settings(requests_per_minute=0))


@pytest.fixture
def resting(resting_app: FastAPI) -> httpx.AsyncClient:
    """A client of the app that is not started."""
    return asgi_client(resting_app)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def loopback(service_url: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client of the real server."""
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_app: FastAPI) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client that calls the same app without a socket."""
    async with asgi_client(service_app) as client:
        yield client
