"""The queue before the places: who is refused is told when it will have been served, as fast as runs really are."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from app.errors import BusyError
from app.sandbox.turns import LONGEST_WAIT_SECONDS, REMEMBERED, Turns


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.sandbox.turns.time", clock)
    return clock


async def take_turns(turns: Turns, clock: Clock, *lengths: float) -> None:
    """Let runs of these lengths in seconds follow one another."""
    for length in lengths:
        async with turns.turn():
            clock.seconds += length


async def refused(turns: Turns, places: int, waiting: int) -> int:
    """Fill the places and the queue, and return what one more is told."""
    async with AsyncExitStack() as taken:
        for _ in range(places):
            await taken.enter_async_context(turns.turn())
        queue = [asyncio.create_task(take_turns(turns, Clock(), 0.0)) for _ in range(waiting)]
        while turns.waiting < waiting:
            await asyncio.sleep(0)
        with pytest.raises(BusyError) as caught:
            await take_turns(turns, Clock(), 0.0)
        told = caught.value.parameters["retry_after_seconds"]
    await asyncio.gather(*queue)
    assert (turns.running, turns.waiting) == (0, 0)
    assert isinstance(told, int)
    return told


async def test_before_any_run_a_second_is_supposed_for_each() -> None:
    assert await refused(Turns(2, 4), 2, 4) == 3


async def test_long_runs_make_the_wait_long(clock: Clock) -> None:
    turns = Turns(2, 4)
    await take_turns(turns, clock, 8.0, 9.0, 10.0)
    assert await refused(turns, 2, 4) == 27


async def test_short_runs_make_it_short(clock: Clock) -> None:
    turns = Turns(2, 64)
    await take_turns(turns, clock, *[0.02] * 9)
    assert await refused(turns, 2, 64) == 1


async def test_a_few_long_runs_among_short_ones_count(clock: Clock) -> None:
    turns = Turns(1, 9)
    await take_turns(turns, clock, *[0.02] * 6, *[10.0] * 3)
    assert await refused(turns, 1, 9) == 34


async def test_the_wait_is_bounded(clock: Clock) -> None:
    turns = Turns(1, 64)
    await take_turns(turns, clock, 10.0)
    assert await refused(turns, 1, 64) == LONGEST_WAIT_SECONDS


async def test_only_the_latest_runs_count(clock: Clock) -> None:
    turns = Turns(1, 4)
    await take_turns(turns, clock, *[10.0] * REMEMBERED, *[0.1] * REMEMBERED)
    assert await refused(turns, 1, 4) == 1


async def test_a_run_that_fails_or_is_called_off_counts_too(clock: Clock) -> None:
    turns = Turns(1, 4)

    async def lose() -> None:
        async with turns.turn():
            clock.seconds += 6.0
            raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        await lose()
    assert turns.retry_after_seconds == 1
    assert await refused(turns, 1, 4) == 30
