"""What a process of one's own costs: the nine-node expression in the sandbox, less the same run in a warm process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing

from app.sandbox import Sandbox
from app.settings import Settings
from app.trace.job import Expression, Job, Variable
from app.trace.model import EndEvent, Event
from app.tracer import run
from benchmarks.programs import EXPRESSION, VARIABLES
from benchmarks.recorded import warm
from benchmarks.rounds import side_by_side
from benchmarks.table import Row

ROUNDS = 60
LOOK_SECONDS = 0.01
START_SECONDS = 120
JOB = Job(Expression(EXPRESSION, {name: Variable(value) for name, value in VARIABLES.items()}))


def rows() -> Iterator[Row]:
    """Measure runs that find all spares waiting, as a person's do, then runs that follow one another at once."""
    warm()
    settings = Settings()
    sandbox = Sandbox(settings)
    with asyncio.Runner() as runner:
        runner.run(sandbox.start())
        try:
            runner.run(fill(sandbox, settings.spares))

            def rested() -> float:
                runner.run(fill(sandbox, settings.spares))
                return runner.run(confined(sandbox))

            for what, ours, reach in (
                ("all spares ready", rested, 2.0),
                ("one run after the other", lambda: runner.run(confined(sandbox)), None),
            ):
                mine, bare = side_by_side(ours, in_process, ROUNDS)
                against = f"{mine:.2f} ms confined less {bare:.2f} ms in a warm process"
                yield Row(f"isolation of a run of 9 nodes, {what}", against, mine - bare, None, reach)
        finally:
            runner.run(sandbox.stop())


async def fill(sandbox: Sandbox, spares: int) -> None:
    """Wait until all spares wait."""
    async with asyncio.timeout(START_SECONDS):
        while sandbox.status.spares < spares:
            await asyncio.sleep(LOOK_SECONDS)


async def confined(sandbox: Sandbox) -> float:
    """Run the job in a child and return the milliseconds until its checked end."""
    start = time.perf_counter()
    async with aclosing(sandbox.run(JOB)) as events:
        check([event async for event in events])
    return (time.perf_counter() - start) * 1000


def in_process() -> float:
    """Run the job here and return the milliseconds it took."""
    events: list[Event] = []
    start = time.perf_counter()
    run.trace(JOB, events.append)
    elapsed = (time.perf_counter() - start) * 1000
    check(events)
    return elapsed


def check(events: list[Event]) -> None:
    """See that a run went well.

    Raises:
        RuntimeError: it did not.
    """
    if not events or events[-1] != EndEvent():
        raise RuntimeError(f"the run ended with {events[-1:]}")
