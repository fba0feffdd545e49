"""What the addresses of the API share: one explorer, its kept answers, and what is counted about them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from app.errors import ExplorerError
from app.explorer import DrawnGraphEvent, Explorer, Sight
from app.layout.view import View
from app.settings import Settings
from app.study import Laboratory
from app.trace.codec import collect
from app.trace.job import Job
from app.trace.model import EndEvent, Graph, PassEvent, ProgramEvent, Trace
from app.web.answers import Answers
from app.web.landscapes import Form, tell
from app.web.layouts import LayoutAnswer, LayoutCall
from app.web.metrics import Metrics
from app.web.outcomes import error_of, outcome_of
from app.web.pictures import MEDIA_TYPES, PictureFormat, choose_frame
from app.web.problems import ProblemLine, describe
from app.web.queries import PictureQuery
from app.web.replies import LIGHT_LEVEL, Reply, make_reply

JSON = "application/json"
LINES = "application/x-ndjson"
CHANCE = frozenset({"wall_seconds", "cpu_seconds", "memory_bytes"})
"""Limits that an equal run may or may not reach again."""
LARGEST_KEPT_STREAM = 4 * 1024 * 1024


class Told(msgspec.Struct, frozen=True):
    """The answer to one request, as it is kept: the trace in JSON, or a picture; and how the run ended."""

    reply: Reply
    end: EndEvent
    is_empty: bool = False
    """Whether the run ended before its first pass."""

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return self.reply.size

    @property
    def repeats(self) -> bool:
        """Whether an equal request would be answered equally: not if the clock or the machine had a say."""
        chance = self.end.cut is not None and self.end.cut.limit in CHANCE
        return not chance and (self.end.failure is None or self.end.failure.code != "run-died")


class Service:
    """Answers jobs: from memory if it can, else by running them."""

    def __init__(self, settings: Settings, explorer: Explorer, metrics: Metrics) -> None:
        self.settings = settings
        self.explorer = explorer
        self.metrics = metrics
        self.laboratory = Laboratory(explorer.sandbox)
        self.answers: Answers[Told] = Answers(settings.cache_bytes, metrics.count_cache)

    async def trace(self, job: Job) -> Reply:
        """Return the trace of a job in JSON.

        Raises:
            RunFailedError, LimitError: the run failed, or was cut before its first pass.
            ServiceError: there is no room for a run.
        """
        told = await self.answers.get(key_of("trace", job), lambda: self._run(job))
        error = error_of(told.end, told.is_empty, told.reply.body)
        if error is not None:
            raise error
        return told.reply

    async def _run(self, job: Job) -> Told:
        started = time.perf_counter()
        outcome = "refused"
        try:
            trace = await self.explorer.explore(job)
            outcome = outcome_of(trace.cut, trace.failure)
        finally:
            self.count(outcome, started)
        reply = await make_reply(msgspec.json.encode(trace), JSON)
        return Told(reply, EndEvent(trace.cut, trace.failure), not trace.passes)

    def count(self, outcome: str, started: float) -> None:
        """Note in the metrics how a run ended; `started` is the `time.perf_counter()` of its beginning, in seconds."""
        self.metrics.runs.labels(outcome).inc()
        self.metrics.run_seconds.observe(time.perf_counter() - started)

    # -- pictures ------------------------------------------------------------------------------------------------------

    async def picture(self, job: Job, frame: PictureQuery, form: PictureFormat) -> Reply:
        """Return the picture of one frame of a job's run.

        Raises:
            RunFailedError, LimitError, ServiceError: as `trace`.
            ProgramError, RequestError: there is nothing to draw, or not this pass.
        """
        key = key_of("picture", job, frame, form)
        return (await self.answers.get(key, lambda: self._picture(job, frame, form))).reply

    async def _picture(self, job: Job, frame: PictureQuery, form: PictureFormat) -> Told:
        started = time.perf_counter()
        outcome = "refused"
        try:
            trace = await self.explorer.record(job)
            outcome = outcome_of(trace.cut, trace.failure)
        finally:
            self.count(outcome, started)
        end = EndEvent(trace.cut, trace.failure)
        error = error_of(end, not trace.passes, msgspec.json.encode(trace))
        if error is not None:
            raise error
        return Told(await self.frame(trace, frame, form), end)

    async def frame(self, trace: Trace, frame: PictureQuery, form: PictureFormat) -> Reply:
        """Draw one frame of a trace that was recorded here or elsewhere.

        Raises:
            ProgramError, RequestError: there is nothing to draw, or not this pass.
            LayoutUnavailableError: there is no Graphviz, or none was free in time.
        """
        graph, numbers = choose_frame(trace, frame.pass_index)
        view = View(direction=frame.direction, theme=frame.theme, language=frame.lang)
        shown = (numbers, frame.phase)
        if form == "dot":
            picture = self.explorer.layout.dot(graph, view, shown).encode()
        else:
            picture = await self.explorer.layout.render(graph, form, view, shown)
        return await make_reply(picture, MEDIA_TYPES[form])

    async def layout(self, call: LayoutCall) -> Reply:
        """Draw a graph that a client brings; `Layout` keeps drawings by itself."""
        graph = Graph(call.graph.id, call.graph.nodes, call.graph.edges)
        drawing = await self.explorer.layout.draw(graph, call.view)
        answer = LayoutAnswer(drawing.svg(), drawing.groups, drawing.bundles, drawing.opened, drawing.clusters)
        return await make_reply(msgspec.json.encode(answer), JSON)

    async def study(self, job: Job, form: Form = "list") -> Reply:
        """Return what a study of an expression or a run finds, in JSON; `form` is that of long columns of numbers.

        Raises:
            RunFailedError, LimitError, ServiceError: as `trace`.
        """
        told = await self.answers.get(key_of("study", job, form), lambda: self._study(job, form))
        error = error_of(told.end, told.is_empty, None)
        if error is not None:
            raise error
        return told.reply

    async def _study(self, job: Job, form: Form) -> Told:
        started = time.perf_counter()
        outcome = "refused"
        try:
            answer = await self.laboratory.ask(job)
            outcome = outcome_of(answer.end.cut, answer.end.failure)
        finally:
            self.count(outcome, started)
        reply = await make_reply(msgspec.json.encode(tell(answer.finding, form)), JSON, LIGHT_LEVEL)
        return Told(reply, answer.end, answer.finding is None)

    # -- streams -------------------------------------------------------------------------------------------------------

    def kept_lines(self, job: Job) -> Reply | None:
        """Return the whole stream of a job that was streamed before."""
        told = self.answers.find(key_of("lines", job))
        return told.reply if told else None

    async def open_lines(self, job: Job, accepted: str) -> AsyncGenerator[bytes, None]:
        """Start a run whose events are sent as they happen.

        Args:
            job: what is run.
            accepted: languages the client likes, for a problem on the way.

        Returns:
            Lines of JSON, once there is something to tell: what fails before that has a status of its own.

        Raises:
            RunFailedError, LimitError, ServiceError: as `trace`.
        """
        sights = self._watch(job)
        head: list[Sight] = []
        async for sight in sights:
            head.append(sight)
            if not isinstance(sight, ProgramEvent):
                break
        last = head[-1]
        error = error_of(last, True, summed(head)) if isinstance(last, EndEvent) else None
        if error is not None:
            await sights.aclose()
            raise error
        return self._lines(job, head, sights, accepted)

    async def _watch(self, job: Job) -> AsyncGenerator[Sight, None]:
        started = time.perf_counter()
        outcome = "abandoned"
        try:
            async with aclosing(self.explorer.watch(job)) as sights:
                async for sight in sights:
                    if isinstance(sight, EndEvent):
                        outcome = outcome_of(sight.cut, sight.failure)
                    yield sight
        except ExplorerError:
            outcome = "refused"
            raise
        finally:
            self.count(outcome, started)

    async def _lines(
        self, job: Job, head: Sequence[Sight], rest: AsyncGenerator[Sight, None], accepted: str
    ) -> AsyncGenerator[bytes, None]:
        tape = Tape()
        async with aclosing(rest):
            for sight in head:
                yield tape.write(sight, accepted)
            try:
                async for sight in rest:
                    yield tape.write(sight, accepted)
            except ExplorerError as error:
                yield problem_line(error, accepted)
                return
        if tape.is_whole:
            told = Told(await make_reply(b"".join(tape.lines), LINES), tape.end)
            self.answers.keep(key_of("lines", job), told)


class Tape:
    """The lines of one stream, remembered while they are few enough to be kept."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.length = 0
        self.passes = 0
        self.end = EndEvent()

    def write(self, sight: Sight, accepted: str) -> bytes:
        """Write one line; a failure becomes a problem in the client's language."""
        if isinstance(sight, EndEvent):
            self.end = sight
            error = error_of(sight, not self.passes, None)
            if error is not None:
                return problem_line(error, accepted)
        self.passes += isinstance(sight, PassEvent)
        line = msgspec.json.encode(sight) + b"\n"
        self.length += len(line)
        if self.length <= LARGEST_KEPT_STREAM:
            self.lines.append(line)
        return line

    @property
    def is_whole(self) -> bool:
        """Whether an equal request may be answered with these lines: no problem on them, none missing."""
        return self.length <= LARGEST_KEPT_STREAM and bool(self.lines) and self.lines[-1].startswith(b'{"event":"end"')


def summed(sights: Sequence[Sight]) -> bytes:
    """Write what was seen before a run failed, in the shape of a trace; nothing has been drawn by then."""
    return msgspec.json.encode(collect([sight for sight in sights if not isinstance(sight, DrawnGraphEvent)]))


def problem_line(error: ExplorerError, accepted: str) -> bytes:
    """Write a problem as the last line of a stream."""
    fields = msgspec.structs.asdict(describe(error, accepted))
    return msgspec.json.encode(ProblemLine(**fields)) + b"\n"


def key_of(answer: str, job: Job, *options: object) -> bytes:
    """Hash a request in its canonical form; the order of variables is part of it, for the program follows it."""
    return hashlib.sha256(msgspec.json.encode((answer, job, *options))).digest()
