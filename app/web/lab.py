"""The calls of the optimizer lab."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import ExplorerError
from app.program.optimizers import catalogue
from app.study.lab import Lab, SweepLine
from app.trace.job import Job
from app.trace.model import EndEvent
from app.web import lab_pages
from app.web.api import wants_lines
from app.web.body import read_object
from app.web.hangup import LineStream, answer_in_time
from app.web.lab_calls import read_explain, read_race, read_sweep
from app.web.lab_lines import explain_lines_of, lines_of, race_lines_of, sum_up, sum_up_race, take_one
from app.web.outcomes import outcome_of, run_failed
from app.web.replies import Reply, accepts_gzip, deliver, make_reply, send_reply
from app.web.service import JSON, LINES, Service, Told, key_of, problem_line

FRESH = {"Cache-Control": "no-store"}
LARGEST_KEPT = 4 * 1024 * 1024

Findings = AsyncGenerator[Any, None]
Form = Callable[[Any, str], list[Any]]


def make_lab(service: Service, lab: Lab) -> APIRouter:
    """Wire the calls that run many times."""
    router = APIRouter()
    settings = service.settings
    desk = Desk(service)

    @router.get("/api/optimizers", **lab_pages.OPTIMIZERS)
    async def optimizers(request: Request) -> Response:
        return send_reply(request, await make_reply(msgspec.json.encode(catalogue()), JSON))

    @router.post("/api/sweep", **lab_pages.SWEEP)
    async def sweep(request: Request) -> Response:
        job = read_sweep(await read_object(request, settings), settings.limits)
        return await desk.answer(request, job, lab.sweep, (lines_of, sum_up))

    @router.post("/api/explain-update", **lab_pages.EXPLAIN)
    async def explain_update(request: Request) -> Response:
        job = read_explain(await read_object(request, settings), settings.limits)
        return await desk.answer(request, job, lab.explain, (explain_lines_of, take_one))

    @router.post("/api/race", **lab_pages.RACE)
    async def race(request: Request) -> Response:
        job, tuning, rates = read_race(await read_object(request, settings), settings.limits)
        return await desk.answer(
            request, job, lambda job: lab.race(job, tuning, rates), (race_lines_of, sum_up_race), rates
        )

    return router


class Desk:
    """Answers a call of the lab: as lines while it runs, or whole."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(
        self,
        request: Request,
        job: Job,
        run: Callable[[Job], Findings],
        forms: tuple[Form, Callable[[Any, str], Any]],
        *more: object,
    ) -> Response:
        """Answer in the form that the client asks for; hanging up ends the runs.

        Raises:
            ExplorerError: what is known before the first finding has a status of its own.
        """
        accepted = request.headers.get("accept-language", "")
        seconds = self._service.settings.sweep_seconds + self._service.settings.request_seconds
        is_stream = wants_lines(request)
        key = key_of("lab-lines" if is_stream else "lab", job, accepted, *more)
        kept = self._service.answers.find(key)
        if kept is not None:
            return await deliver(request, kept.reply, FRESH)
        findings = self._counted(run(job))
        if is_stream:
            head = await answer_in_time(request.receive, _head(findings), seconds)
            lines = self._lines(_chained(head, findings), forms[0], accepted, key)
            return LineStream(lines, media_type=LINES, packed=accepts_gzip(request))
        work = self._whole(findings, forms[1], accepted, key)
        return await deliver(request, await answer_in_time(request.receive, work, seconds), FRESH)

    async def _counted(self, findings: Findings) -> Findings:
        started = time.perf_counter()
        outcome = "abandoned"
        try:
            async with aclosing(findings):
                async for finding in findings:
                    if isinstance(finding, EndEvent):
                        outcome = outcome_of(finding.cut, finding.failure)
                    yield finding
        except ExplorerError:
            outcome = "refused"
            raise
        finally:
            self._service.count(outcome, started)

    async def _whole(self, findings: Findings, form: Callable[[Any, str], Any], accepted: str, key: bytes) -> Reply:
        async with aclosing(findings):
            events = [finding async for finding in findings]
        reply = await make_reply(msgspec.json.encode(form(events, accepted)), JSON)
        self._keep(key, reply, events[-1])
        return reply

    async def _lines(self, findings: Findings, form: Form, accepted: str, key: bytes) -> AsyncGenerator[bytes, None]:
        written: list[bytes] = []
        size = 0
        last: object = None
        async with aclosing(findings):
            try:
                async for finding in findings:
                    last = finding
                    for line in form(finding, accepted):
                        encoded = msgspec.json.encode(line) + b"\n"
                        size += len(encoded)
                        if size <= LARGEST_KEPT:
                            written.append(encoded)
                        yield encoded
            except ExplorerError as error:
                yield problem_line(error, accepted)
                return
        if size <= LARGEST_KEPT:
            self._keep(key, await make_reply(b"".join(written), LINES), last)

    def _keep(self, key: bytes, reply: Reply, last: object) -> None:
        """Keep an answer that an equal request would get again: a cut is the clock's word, a failure may be."""
        if last == EndEvent():
            self._service.answers.keep(key, Told(reply, EndEvent()))


async def _head(findings: Findings) -> list[SweepLine]:
    """Wait for the plan and what follows it.

    Raises:
        ExplorerError: the study cannot be run as it is.
    """
    head = []
    async for finding in findings:
        if isinstance(finding, EndEvent) and finding.failure is not None:
            await findings.aclose()
            raise run_failed(finding.failure, None)
        head.append(finding)
        if len(head) == 2:
            break
    return head


async def _chained(head: list[Any], rest: Findings) -> Findings:
    async with aclosing(rest):
        for finding in head:
            yield finding
        async for finding in rest:
            yield finding
