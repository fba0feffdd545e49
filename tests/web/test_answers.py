"""Kept and shared answers, and work that ends with those who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from starlette.types import Message

from app.trace.job import Job
from app.trace.model import Cut, EndEvent, Failure
from app.web.answers import Answers
from app.web.hangup import ClientGoneError, LineStream, until_hangup
from app.web.replies import pack
from app.web.service import Told, key_of


@dataclass(frozen=True)
class Answer:
    """Something to keep."""

    size: int = 10
    repeats: bool = True


class Work:
    """Counts how often it was asked for, and waits to be let go."""

    def __init__(self, answer: Answer | Exception = Answer()) -> None:
        self.answer = answer
        self.started = self.ended = 0
        self.go = asyncio.Event()

    async def __call__(self) -> Answer:
        self.started += 1
        try:
            await self.go.wait()
        finally:
            self.ended += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def make_answers(limit: int = 10_000) -> tuple[Answers[Answer], list[str]]:
    uses: list[str] = []
    return Answers(limit, uses.append), uses


async def test_an_answer_is_kept() -> None:
    answers, uses = make_answers()
    work = Work()
    work.go.set()
    assert await answers.get(b"k", work) is await answers.get(b"k", work)
    assert (work.started, uses) == (1, ["miss", "hit"])


async def test_equal_requests_in_flight_share_one_run() -> None:
    answers, uses = make_answers(0)
    work = Work()
    waiting = [asyncio.ensure_future(answers.get(b"k", work)) for _ in range(5)]
    await asyncio.sleep(0)
    work.go.set()
    assert len({id(answer) for answer in await asyncio.gather(*waiting)}) == 1
    assert (work.started, uses) == (1, ["miss", *["shared"] * 4])
    assert answers.flights == {}


async def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    answers, _ = make_answers(0)
    work = Work()
    work.go.set()
    await answers.get(b"k", work)
    await answers.get(b"k", work)
    assert work.started == 2


async def test_the_cache_is_bounded_by_bytes() -> None:
    answers, _ = make_answers(5_000)
    for key in range(100):
        answers.keep(bytes([key]), Answer(size=500))
    assert answers.kept.currsize <= 5_000
    assert answers.find(bytes([99])) is not None
    assert answers.find(bytes([0])) is None
    answers.keep(b"large", Answer(size=6_000))
    assert answers.find(b"large") is None


async def test_what_would_not_repeat_is_not_kept() -> None:
    answers, _ = make_answers()
    work = Work(Answer(repeats=False))
    work.go.set()
    await answers.get(b"k", work)
    await answers.get(b"k", work)
    assert work.started == 2


async def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    answers, _ = make_answers()
    work = Work(ValueError("no"))
    waiting = [asyncio.ensure_future(answers.get(b"k", work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.go.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError] * 3
    assert answers.flights == {}


async def test_a_run_goes_on_while_someone_waits_and_ends_with_the_last() -> None:
    answers, _ = make_answers()
    work = Work()
    first, second = [asyncio.ensure_future(answers.get(b"k", work)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert work.ended == 0
    second.cancel()
    await asyncio.wait((first, second))
    assert work.ended == 1
    assert answers.flights == {}
    later = Work()
    later.go.set()
    await answers.get(b"k", later)
    assert later.started == 1


@pytest.mark.parametrize(
    ("end", "repeats"),
    [
        (EndEvent(), True),
        (EndEvent(cut=Cut("passes", 2000, "passes")), True),
        (EndEvent(cut=Cut("wall_seconds", 10.0, "seconds")), False),
        (EndEvent(cut=Cut("cpu_seconds", 8.0, "seconds")), False),
        (EndEvent(cut=Cut("memory_bytes", 1, "bytes")), False),
        (EndEvent(failure=Failure("syntax")), True),
        (EndEvent(failure=Failure("run-died")), False),
    ],
)
def test_only_what_an_equal_run_would_give_again_is_kept(end: EndEvent, repeats: bool) -> None:
    assert Told(pack(b"", "application/json"), end).repeats is repeats


def test_a_key_is_the_whole_request() -> None:
    jobs = [Job("x"), Job("x", seed=1), Job("y")]
    keys = {key_of(answer, job, option) for answer in ("trace", "lines") for job in jobs for option in (None, 1)}
    assert len(keys) == 12
    assert key_of("trace", Job("x")) == key_of("trace", Job("x"))


# -- hang-ups ----------------------------------------------------------------------------------------------------------


async def test_work_ends_when_the_client_hangs_up() -> None:
    work, gone = Work(), asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    waiting = asyncio.ensure_future(until_hangup(receive, work()))
    await asyncio.sleep(0.01)
    gone.set()
    with pytest.raises(ClientGoneError):
        await waiting
    assert (work.started, work.ended) == (1, 1)


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_work_that_is_done_is_answered() -> None:
    work = Work()
    work.go.set()
    assert await until_hangup(never, work()) == Answer()
    failing = Work(KeyError())
    failing.go.set()
    with pytest.raises(KeyError):
        await until_hangup(never, failing())


@pytest.mark.parametrize("packed", [False, True])
async def test_a_stream_sends_each_line_at_once_and_closes_its_source(packed: bool) -> None:
    import zlib

    closed, sent, unpacker = [], [], zlib.decompressobj(31)
    gone = asyncio.Event()

    async def lines() -> AsyncGenerator[bytes, None]:
        try:
            yield b"one\n"
            yield b"two\n"
            gone.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        body = message.get("body", b"")
        sent.append(unpacker.decompress(body) if packed else body)

    await LineStream(lines(), media_type="application/x-ndjson", packed=packed)({"type": "http"}, receive, send)
    assert sent == [b"", b"one\n", b"two\n"]
    assert closed == [True]
