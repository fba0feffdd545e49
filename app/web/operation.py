"""For those who run the service: does it live, can it answer, what has it done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from app import __version__
from app.layout.layout import Layout
from app.sandbox import Sandbox, Status
from app.web.metrics import MEDIA_TYPE, Metrics

Document = dict[str, Any]


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["alive"]
    version: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether runs can be answered, and what confines them."""

    status: Literal["ready", "starting"]
    sandbox: Status
    layout_layers: tuple[str, ...]
    """What confines Graphviz."""


def sandbox_numbers(sandbox: Sandbox) -> dict[str, float]:
    """Read the sandbox's numbers for a scrape."""
    status = sandbox.status
    return {
        "ready": status.ready,
        "layers": len(status.layers),
        "spares": status.spares,
        "running": status.running,
        "waiting": status.waiting,
        "restarts": status.restarts,
    }


def make_operation(sandbox: Sandbox, layout: Layout, metrics: Metrics, described: Mapping[str, Document]) -> APIRouter:
    """Wire the addresses for probes and scrapes.

    Args:
        sandbox: asked for its state.
        layout: asked for what confines it.
        metrics: what is scraped.
        described: the OpenAPI entry of each address, by its last word.
    """
    router = APIRouter()

    @router.get("/healthz", **described["healthz"])
    async def healthz() -> Response:
        return _json(Health("alive", __version__))

    @router.get("/readyz", **described["readyz"])
    async def readyz() -> Response:
        status = sandbox.status
        is_ready = status.ready and bool(layout.layers)
        readiness = Readiness("ready" if is_ready else "starting", status, layout.layers)
        return _json(readiness, 200 if is_ready else 503)

    @router.get("/metrics", **described["metrics"])
    async def scrape() -> Response:
        return Response(metrics.write(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return router


def _json(answer: Health | Readiness, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(answer), status, headers, media_type="application/json")
