"""One child's part of a sweep: the cells in a row that it is asked for, stacked where they can be, else one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import torch

from app.trace.job import Job
from app.trace.model import Event
from app.trace.study import Real, real
from app.trace.trials import CellFailure, CellsEvent, Sweep
from app.tracer.failures import failure_of
from app.tracer.formulas import Loss, reals
from app.tracer.lab.program import ProgramCourse
from app.tracer.lab.single import Log, run_alone
from app.tracer.lab.stack import NEVER, NoStackError, Slope, Tally, can_stack, lay_out, run_stack
from app.tracer.lab.starts import Losses, place

ELEMENTS_AT_ONCE = 1_000_000
TELL_SECONDS = 0.25
SHARE_OF_TIME = 0.7
"""After this share of its time a child begins no other run: what is left goes to a fresh one."""

Row = tuple[Real, Real, Real, int | None, int | None]
"""Initial, final and best loss; the step that reached the target, and the one that diverged."""
LOST: Row = ("NaN", "NaN", "NaN", None, None)


class Rows:
    """Cells as they are done; those in a row are told together."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._rows: list[Row] = []
        self._failures: list[CellFailure] = []
        self._first = 0
        self._told = time.monotonic()

    def add(self, cell: int, row: Row, failure: CellFailure | None = None) -> None:
        """Take one cell."""
        if self._rows and cell != self._first + len(self._rows):
            self.tell()
        if not self._rows:
            self._first = cell
        self._rows.append(row)
        if failure is not None:
            self._failures.append(failure)

    def add_run(self, cell: int, text: str, run: Callable[[], Log]) -> None:
        """Run one cell; what it raises is its reason to have no numbers."""
        try:
            log = run()
        except (Exception, SystemExit) as error:
            failure = failure_of(error, text)
            self.add(cell, LOST, CellFailure(cell, failure.code, failure.parameters))
            return
        numbers = (real(log.losses[0]), real(log.losses[-1]), real(log.best))
        self.add(cell, (*numbers, log.reached, log.diverged))

    def tell_if_due(self) -> None:
        """Send what has gathered when it is time."""
        if time.monotonic() - self._told > TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Send what has gathered."""
        if self._rows:
            initial, final, best, reached, diverged = zip(*self._rows, strict=True)
            self._send(CellsEvent(self._first, initial, final, best, reached, diverged, tuple(self._failures)))
        self._rows, self._failures = [], []
        self._told = time.monotonic()


class Part:
    """The cells of one child."""

    def __init__(self, job: Job, sweep: Sweep, send: Callable[[Event], None]) -> None:
        self._losses = Losses(job)
        self._sweep = sweep
        self._rows = Rows(send)
        self._end = time.monotonic() + SHARE_OF_TIME * min(job.limits.wall_seconds, job.limits.cpu_seconds)

    def run(self) -> None:
        """Run them; cells that there was no time for are left out."""
        sweep = self._sweep
        cells = range(sweep.first, sweep.first + sweep.count)
        for configuration, group in groupby(cells, key=lambda cell: sweep.place(cell)[0]):
            for chunk in self._chunks(list(group)):
                if time.monotonic() > self._end:
                    break
                self._run(configuration, chunk)
        self._rows.tell()

    def _chunks(self, cells: list[int]) -> Iterator[list[int]]:
        """Part cells into what is held in memory at once; the parts depend on the sweep alone."""
        loss = self._losses.at(self._sweep.seeds[0])
        elements = sum(value.numel() for value in loss.values.values())
        size = max(1, ELEMENTS_AT_ONCE // max(1, elements))
        return (cells[first : first + size] for first in range(0, len(cells), size))

    def _run(self, configuration: int, cells: list[int]) -> None:
        if len(cells) > 1 and can_stack(self._sweep.configurations[configuration]):
            try:
                rows = self._stacked(configuration, cells)
            except NoStackError:
                rows = None
            if rows is not None:
                for cell, row in zip(cells, rows, strict=True):
                    self._rows.add(cell, row)
                self._rows.tell_if_due()
                return
        for number, cell in enumerate(cells):
            if number and time.monotonic() > self._end:
                return
            self._alone(cell)
            self._rows.tell_if_due()

    def _stacked(self, configuration: int, cells: list[int]) -> list[Row]:
        sweep = self._sweep
        known: dict[int, Row] = {}
        positions = {cell: sweep.place(cell) for cell in cells}
        for seeds in self._losses.same(range(len(sweep.seeds))):
            chosen = [cell for cell in cells if positions[cell][3] in seeds]
            if chosen:
                loss = self._losses.at(sweep.seeds[seeds[0]])
                tally = self._stack(loss, configuration, [positions[cell] for cell in chosen])
                known |= dict(zip(chosen, rows_of(tally), strict=True))
        return [known[cell] for cell in cells]

    def _stack(self, loss: Loss, configuration: int, places: Sequence[tuple[int, int, int, int]]) -> Tally:
        sweep = self._sweep
        starts = {start: place(loss, sweep.starts[start]) for _, _, start, _ in places}
        layout = lay_out(loss, next(iter(starts.values())))
        rows = {start: layout.pack(values) for start, values in starts.items()}
        stack = torch.stack([rows[start] for _, _, start, _ in places])
        rates = [sweep.rates[rate] for _, rate, _, _ in places]
        rest = next(iter(starts.values()))
        try:
            slope = Slope(loss, layout, rest)
            return run_stack(slope, sweep.configurations[configuration], rates, stack, (sweep.steps, sweep.target))
        except Exception as error:
            # Branches on values, `.item()` and random numbers have no batched form; what fails, fails cell by cell.
            raise NoStackError from error

    def _alone(self, cell: int) -> None:
        sweep = self._sweep
        configuration, rate, start, seed = sweep.place(cell)
        loss = self._losses.at(sweep.seeds[seed])
        values = place(loss, sweep.starts[start])
        loss.begin(sweep.seeds[seed])
        wished = sweep.configurations[configuration].at_rate(sweep.rates[rate])
        self._rows.add_run(cell, "", lambda: run_alone(loss, wished, values, (sweep.steps, sweep.target)))


def sweep_program(job: Job, sweep: Sweep, send: Callable[[Event], None]) -> None:
    """Run a program once for each cell.

    Args:
        job: the program.
        sweep: the cells, from `first` on.
        send: takes cells as they are done; those that there was no time for are left out.

    Raises:
        ProgramError: the program makes no optimizer, or one without parameters.
    """
    course = ProgramCourse(job)
    if course.parameters:
        rows = Rows(send)
        end = time.monotonic() + SHARE_OF_TIME * min(job.limits.wall_seconds, job.limits.cpu_seconds)
        for cell in range(sweep.first, sweep.first + sweep.count):
            if cell > sweep.first and time.monotonic() > end:
                break
            configuration, rate, _, seed = sweep.place(cell)
            wished = sweep.configurations[configuration].at_rate(sweep.rates[rate])
            run = partial(course.run, wished, (sweep.steps, sweep.target), lambda _: None, sweep.seeds[seed])
            rows.add_run(cell, course.text, run)
            rows.tell_if_due()
        rows.tell()


def rows_of(tally: Tally) -> list[Row]:
    """Write what was kept of a stack of runs, run by run."""
    steps = [[None if step == NEVER else step for step in kept.tolist()] for kept in (tally.reached, tally.diverged)]
    columns = (reals(tally.initial), reals(tally.final), reals(tally.best), *steps)
    return list(zip(*columns, strict=True))
