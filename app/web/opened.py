"""Trace files in the page: one that a visitor opens, and those that the server was started with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFoundError, TraceFileError
from app.explorer import show
from app.settings import Limits
from app.trace.codec import is_bounded
from app.trace.file import FILE_LIMITS, read_trace
from app.web import openapi
from app.web.body import read_body
from app.web.hangup import answer_in_time
from app.web.pictures import PictureFormat
from app.web.queries import PictureQuery, read_picture
from app.web.replies import Reply, deliver, make_reply
from app.web.service import JSON, Service

FRESH = {"Cache-Control": "no-store"}


def make_opened(service: Service, files: Mapping[str, bytes]) -> APIRouter:
    """Wire the calls that open trace files and draw them.

    Args:
        service: draws their graphs.
        files: what can be opened by name.
    """
    router = APIRouter()
    settings = service.settings
    limits = msgspec.structs.replace(FILE_LIMITS, nodes=settings.limits.nodes, graphs=settings.limits.graphs)

    async def file_of(request: Request) -> bytes:
        body = await read_body(request, settings, "layout_body_bytes")
        if not is_bounded(body):
            raise TraceFileError("trace-file-damaged", {"reason": "too many parts"})
        return body

    @router.post("/api/open", **openapi.OPEN)
    async def open_file(request: Request) -> Response:
        body = await file_of(request)
        work = answer_in_time(request.receive, _opened(service, body, limits), settings.request_seconds)
        return await deliver(request, await work, FRESH)

    @router.post("/api/open.{form}", **openapi.OPEN_PICTURE)
    async def open_picture(request: Request, form: PictureFormat) -> Response:
        body = await file_of(request)
        picture = _pictured(service, body, limits, read_picture(request.query_params), form)
        work = answer_in_time(request.receive, picture, settings.request_seconds)
        return await deliver(request, await work, FRESH)

    @router.get("/api/opened/{name}", include_in_schema=False)
    async def opened(request: Request, name: str) -> Response:
        if name not in files:
            raise NotFoundError("not-found")
        return await deliver(request, await _opened(service, files[name], FILE_LIMITS), FRESH)

    return router


async def _opened(service: Service, data: bytes, limits: Limits) -> Reply:
    """Read a file, and answer with its trace, each graph drawn."""
    trace = await asyncio.to_thread(read_trace, data, limits)
    drawings = [await service.explorer.layout.draw(graph) for graph in trace.graphs]
    return await make_reply(msgspec.json.encode(show(trace, drawings)), JSON)


async def _pictured(service: Service, data: bytes, limits: Limits, frame: PictureQuery, form: PictureFormat) -> Reply:
    """Read a file, and answer with the picture of one of its frames."""
    trace = await asyncio.to_thread(read_trace, data, limits)
    return await service.frame(trace, frame, form)
