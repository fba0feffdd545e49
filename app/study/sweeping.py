"""A sweep in pieces: some at a time, each in a fresh process, and none lost when one dies."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

import msgspec

from app.errors import BusyError, SandboxUnavailableError
from app.study.engine import Engine
from app.trace.job import Expression, Job
from app.trace.model import Cut, EndEvent, Event, Failure
from app.trace.trials import CellFailure, CellsEvent, Sweep

STEPS_AT_ONCE = 250_000
"""Runs × steps of one piece of an expression's sweep; the pieces depend on the sweep alone, so equal sweeps have equal
bits wherever they run.
"""
RUNS_AT_ONCE = 20
"""Runs of one piece of a program's sweep."""
ATTEMPTS = 20
PAUSE_SECONDS = 0.25
BLAMELESS = frozenset({"run-died", "bad-reply"})
"""Failures that one cell may have brought upon its piece; all others are of the whole sweep."""


class Piece(NamedTuple):
    """Some cells in a row."""

    first: int
    cells: int


def cut_up(job: Job, sweep: Sweep) -> list[Piece]:
    """Part a sweep into pieces."""
    size = max(1, STEPS_AT_ONCE // max(1, sweep.steps)) if isinstance(job.source, Expression) else RUNS_AT_ONCE
    return [Piece(first, min(size, sweep.cells - first)) for first in range(0, sweep.cells, size)]


class Sweeping:
    """One sweep under way."""

    def __init__(self, engine: Engine, job: Job, sweep: Sweep) -> None:
        self._engine = engine
        self._job = job
        self._sweep = sweep
        self._waiting = deque(cut_up(job, sweep))
        self._left = sweep.cells
        self._news = asyncio.Event()
        self._found: asyncio.Queue[CellsEvent | EndEvent | Exception] = asyncio.Queue(maxsize=4 * engine.places)

    async def cells(self) -> AsyncGenerator[CellsEvent | EndEvent, None]:
        """Run all pieces; closing the generator ends those under way.

        Yields:
            Cells as they are done, in no order; at last how it ended.

        Raises:
            ServiceError: no process could be had.
        """
        workers = [asyncio.ensure_future(self._work()) for _ in range(self._engine.places)]
        try:
            left = self._sweep.cells
            while left:
                found = await self._found.get()
                if isinstance(found, Exception):
                    raise found
                yield found
                if isinstance(found, EndEvent):
                    return
                left -= len(found.initial)
            yield EndEvent()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._left:
                if self._waiting:
                    await self._finish(self._waiting.popleft())
                else:
                    self._news.clear()
                    await self._news.wait()
        except Exception as error:
            await self._found.put(error)

    async def _finish(self, piece: Piece) -> None:
        """Run a piece, and see to what is left of it."""
        done, end = await self._attempt(piece)
        self._left -= done
        rest = Piece(piece.first + done, piece.cells - done)
        if rest.cells:
            failure = end.failure
            if failure is not None and failure.code not in BLAMELESS:
                await self._found.put(end)
            elif done:
                self._waiting.appendleft(rest)
            elif rest.cells > 1:
                half = rest.cells // 2
                self._waiting.extendleft((Piece(rest.first + half, rest.cells - half), Piece(rest.first, half)))
            else:
                self._left -= 1
                await self._found.put(lost_cell(rest.first, end))
        self._news.set()

    async def _attempt(self, piece: Piece) -> tuple[int, EndEvent]:
        """Run a piece once; too busy a machine is waited for.

        Returns:
            How many of its cells are done, from the first on, and how the run ended.
        """
        study = msgspec.structs.replace(self._sweep, first=piece.first, count=piece.cells)
        job = msgspec.structs.replace(self._job, study=study)
        for attempt in range(ATTEMPTS):
            try:
                return await self._read(self._engine.run(job), piece)
            except (BusyError, SandboxUnavailableError):
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * (attempt + 1))
        raise AssertionError

    async def _read(self, run: AsyncGenerator[Event, None], piece: Piece) -> tuple[int, EndEvent]:
        done = 0
        async with aclosing(run) as events:
            async for event in events:
                if isinstance(event, CellsEvent):
                    count = len(event.initial)
                    if event.first != piece.first + done or count > piece.cells - done:
                        return done, EndEvent(failure=Failure("bad-reply"))
                    await self._found.put(event)
                    done += count
                elif isinstance(event, EndEvent):
                    return done, event
        return done, EndEvent()


def lost_cell(cell: int, end: EndEvent) -> CellsEvent:
    """Tell a cell whose run ended its process, or had no time to finish in it."""
    if end.cut is not None:
        cut: Cut = end.cut
        failure = CellFailure(
            cell, "limit-" + cut.limit.replace("_", "-"), {"limit": cut.limit, "value": cut.value, "unit": cut.unit}
        )
    else:
        code = end.failure.code if end.failure is not None else "bad-reply"
        failure = CellFailure(cell, code, {} if end.failure is None else end.failure.parameters)
    return CellsEvent(cell, ("NaN",), ("NaN",), ("NaN",), (None,), (None,), (failure,))
