"""The addresses of the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.trace.job import Job
from app.web import openapi
from app.web.body import read_body, read_object
from app.web.calls import read_job
from app.web.gallery import gallery_reply
from app.web.hangup import LineStream, answer_in_time
from app.web.layouts import read_layout
from app.web.pictures import PictureFormat
from app.web.problems import Fault, InvalidRequestError
from app.web.queries import read_picture, read_query_job
from app.web.replies import accepts_gzip, deliver, send_reply
from app.web.service import LINES, Service

Made = TypeVar("Made")
FRESH = {"Cache-Control": "no-store"}
ANYWHERE = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
"""A picture in someone's README: kept for an hour, and shown on any site."""


def make_api(service: Service) -> APIRouter:
    """Wire the calls that run, draw, and list."""
    router = APIRouter()
    settings = service.settings

    async def wait_for(request: Request, work: Coroutine[Any, Any, Made]) -> Made:
        """Wait for an answer as long as the client does, and no longer than `request_seconds`."""
        return await answer_in_time(request.receive, work, settings.request_seconds)

    async def job_of(request: Request) -> Job:
        return read_job(await read_object(request, settings), settings.limits)

    @router.post("/api/trace", **openapi.TRACE)
    async def trace(request: Request) -> Response:
        job = await job_of(request)
        if not wants_lines(request):
            return await deliver(request, await wait_for(request, service.trace(job)), FRESH)
        kept = service.kept_lines(job)
        if kept is not None:
            return await deliver(request, kept, FRESH)
        lines = await wait_for(request, service.open_lines(job, request.headers.get("accept-language", "")))
        return LineStream(lines, media_type=LINES, packed=accepts_gzip(request))

    @router.post("/api/graph.{form}", **openapi.GRAPH)
    async def graph(request: Request, form: PictureFormat) -> Response:
        job = await job_of(request)
        frame = read_picture(request.query_params)
        return await deliver(request, await wait_for(request, service.picture(job, frame, form)), FRESH)

    @router.head("/api/graph.svg", include_in_schema=False)
    @router.get("/api/graph.svg", **openapi.GRAPH_LINK)
    async def graph_link(request: Request) -> Response:
        query = single_values(request)
        job = read_query_job(query, settings.limits)
        frame = read_picture({name: query[name] for name in openapi.FRAME_NAMES if name in query})
        return await deliver(request, await wait_for(request, service.picture(job, frame, "svg")), ANYWHERE)

    @router.post("/api/layout", **openapi.LAYOUT)
    async def layout(request: Request) -> Response:
        body = await read_body(request, settings, "layout_body_bytes")
        call = read_layout(body, settings.limits)
        return await deliver(request, await wait_for(request, service.layout(call)), FRESH)

    @router.get("/api/examples", **openapi.EXAMPLES)
    async def examples(request: Request) -> Response:
        return send_reply(request, gallery_reply())

    return router


def wants_lines(request: Request) -> bool:
    """Whether the client asks for a stream."""
    return LINES in request.headers.get("accept", "").lower()


def single_values(request: Request) -> dict[str, str]:
    """Read a query string in which no name stands twice.

    Raises:
        InvalidRequestError: one does; which of the two was meant?
    """
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise InvalidRequestError((Fault("This name stands twice", parameter=name),))
    return query
