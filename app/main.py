"""The wiring: settings in, a running service out."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from app.errors import ExplorerError, LayoutUnavailableError
from app.explorer import Explorer
from app.layout.layout import Layout
from app.sandbox import Sandbox
from app.settings import Settings
from app.study.engine import make_engine
from app.study.lab import Lab
from app.web import openapi
from app.web.api import make_api
from app.web.assets import Assets
from app.web.gate import Gate
from app.web.lab import make_lab
from app.web.logs import LOGGER, set_up_logs
from app.web.manual import make_answer, make_manual
from app.web.metrics import Metrics
from app.web.opened import make_opened
from app.web.operation import make_operation, sandbox_numbers
from app.web.pages import Pages, make_pages
from app.web.reference import make_reference
from app.web.service import Service
from app.web.studies import make_studies
from app.web.watch import Rescue, Watch
from app.web.wire import make_wire


def create_app(settings: Settings | None = None, files: Mapping[str, bytes] | None = None) -> FastAPI:
    """Make the service; its processes start with the app's lifespan and end with it.

    Args:
        settings: limits and switches; None reads them from the environment.
        files: trace files that the page can open by name.
    """
    settings = settings or Settings()
    sandbox, layout = Sandbox(settings), Layout(settings)
    metrics = Metrics(lambda: sandbox_numbers(sandbox))
    service = Service(settings, Explorer(sandbox, layout), metrics)
    engine = make_engine(settings, sandbox)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        del app
        await start(sandbox, layout)
        await engine.start()
        try:
            yield
        finally:
            await asyncio.gather(engine.stop(), sandbox.stop(), layout.stop())

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.service = service
    app.state.sandbox = sandbox
    app.include_router(make_api(service))
    app.include_router(make_studies(service))
    app.include_router(make_lab(service, Lab(engine, settings)))
    app.include_router(make_opened(service, files or {}))
    app.include_router(make_operation(sandbox, layout, metrics, openapi.OPERATION))
    pages = Pages(settings)
    app.include_router(make_pages(pages, Assets()))
    app.include_router(make_manual(pages))
    app.include_router(make_reference(app, pages))
    answer = make_answer(pages)
    for kind in (ExplorerError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
    guard(app, settings, metrics)
    return app


def guard(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put the middleware around an app; what is added last stands outermost."""
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(Rescue)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Accept", "Content-Type"),
            expose_headers=("ETag", "Retry-After"),
            max_age=3600,
        )
    app.add_middleware(Watch, metrics=metrics)


async def start(sandbox: Sandbox, layout: Layout) -> None:
    """Start the processes behind the service; `/readyz` says when they are there."""
    await sandbox.start()
    try:
        await layout.start()
    except LayoutUnavailableError as error:
        LOGGER.error("no Graphviz", exc_info=error)
    # What is loaded by now stays: the collector need not look at it again at each request.
    gc.collect()
    gc.freeze()


class Server(uvicorn.Server):
    """uvicorn that says where it listens, also when the system chose the port.

    Args:
        config: uvicorn's.
        page: what stands behind the address that is told.
        told: is given the address, once the service answers.
    """

    def __init__(self, config: uvicorn.Config, page: str = "", told: Callable[[str], object] | None = None) -> None:
        super().__init__(config)
        self._page = page
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and print the address."""
        await super().startup(sockets)
        for server in getattr(self, "servers", []):
            for listening in server.sockets:
                address = address_of(listening) + self._page
                print(f"Autograd Explorer: {address}", flush=True)
                if self._told is not None:
                    self._told(address)


def address_of(listening: socket.socket) -> str:
    """Write the address of a socket as a person would open it."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def main() -> None:
    """Serve until told to stop, then finish what runs."""
    settings = Settings()
    set_up_logs()
    Server(configure(create_app(settings), settings)).run()


def configure(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Say how uvicorn is to serve an app."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=make_wire(settings),
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


if __name__ == "__main__":
    main()
