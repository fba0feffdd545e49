"""What a sweep or a race tells beside the findings of its children: the plan before them, the sum after them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from app.program.optimizers import check_optimizer, find_optimizer
from app.trace.optimizer import Configuration, OptionValue, Scheduler
from app.trace.study import Real
from app.trace.trials import CellsEvent, Start, Sweep


class Entrant(msgspec.Struct, frozen=True):
    """One configuration, in the flat words of the API."""

    label: str
    name: str
    options: dict[str, OptionValue]
    scheduler: Scheduler | None
    clip_norm: float | None
    clip_value: float | None
    batched: bool
    """Whether its runs are stacked in a sweep of an expression."""
    lr: float | None = None


class PlanEvent(msgspec.Struct, frozen=True, tag_field="event", tag="plan"):
    """What a sweep will run: the cells are numbered with the seed fastest, then the start, the rate and the
    configuration.
    """

    configurations: tuple[Entrant, ...]
    rates: tuple[float, ...]
    starts: tuple[Start, ...]
    seeds: tuple[int, ...]
    cells: int
    steps: int
    target: float | None
    engine: str


class SummaryEvent(msgspec.Struct, frozen=True, tag_field="event", tag="summary"):
    """The best cell, by its final loss; how many diverged and failed; and for each configuration, at each start and
    seed, the position of the lowest rate whose run did not descend.
    """

    best: int | None
    diverged: int
    failed: int
    boundary: tuple[tuple[int | None, ...], ...]


class Tuning(msgspec.Struct, frozen=True):
    """The grid of learning rates that each racer was tried with."""

    start: float
    stop: float
    count: int


class RacePlanEvent(msgspec.Struct, frozen=True, tag_field="event", tag="plan"):
    """Who runs, and how the learning rates were chosen: as given, or the best of the same `tried` rates for each."""

    racers: tuple[Entrant, ...]
    rates: Literal["given", "tuned"]
    tried: int
    tuning: Tuning | None
    steps: int
    target: float | None
    seed: int
    engine: str


class Trial(msgspec.Struct, frozen=True):
    """One rate that a racer was tried with."""

    lr: float
    final: Real
    best: Real
    diverged: int | None


class TunedEvent(msgspec.Struct, frozen=True, tag_field="event", tag="tuned"):
    """The rate that won, by its best loss within the race's steps, among all that were tried."""

    racer: int
    lr: float
    tried: tuple[Trial, ...]


def entrant_of(configuration: Configuration) -> Entrant:
    """Describe a configuration; its label names what is set, but for the rate."""
    optimizer = configuration.optimizer
    options = check_optimizer(optimizer)
    words = [optimizer.name, *(f"{name}={_word(value)}" for name, value in optimizer.options.items() if name != "lr")]
    if configuration.scheduler is not None:
        words.append(configuration.scheduler.name)
    words += [
        f"{name}={value:g}"
        for name in ("clip_norm", "clip_value")
        if (value := getattr(configuration, name)) is not None
    ]
    kind = find_optimizer(optimizer.name)
    usual = next(option.default for option in kind.options if option.name == "lr")
    rate = options.get("lr", usual)
    return Entrant(
        " ".join(words), optimizer.name, optimizer.options, configuration.scheduler, configuration.clip_norm,
        configuration.clip_value, kind.batched, float(rate) if isinstance(rate, int | float) else None,
    )  # fmt: skip


def _word(value: OptionValue) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_word, value)) + ")"
    return str(value) if value is None or isinstance(value, str | bool) else f"{value:g}"


def plan_of(sweep: Sweep, engine: str) -> PlanEvent:
    """Say what will be run."""
    return PlanEvent(
        tuple(map(entrant_of, sweep.configurations)), sweep.rates, sweep.starts, sweep.seeds, sweep.cells, sweep.steps,
        sweep.target, engine,
    )  # fmt: skip


class Board:
    """All cells of a sweep, filled as they are done."""

    def __init__(self, sweep: Sweep) -> None:
        count = sweep.cells
        self.initial: list[Real | None] = [None] * count
        self.final: list[Real | None] = [None] * count
        self.best: list[Real | None] = [None] * count
        self.reached: list[int | None] = [None] * count
        self.diverged: list[int | None] = [None] * count
        self.failed: set[int] = set()
        self._sweep = sweep

    def enter(self, event: CellsEvent) -> None:
        """Fill in some cells."""
        place = slice(event.first, event.first + len(event.initial))
        self.initial[place], self.final[place], self.best[place] = event.initial, event.final, event.best
        self.reached[place], self.diverged[place] = event.reached, event.diverged
        self.failed |= {failure.cell for failure in event.failures}

    def tuned(self, configuration: int) -> TunedEvent:
        """Choose the rate of a configuration, from a sweep with one start and one seed."""
        rates = self._sweep.rates
        cells = [configuration * len(rates) + position for position in range(len(rates))]
        trials = tuple(
            Trial(rate, self.final[cell] or 0.0, self.best[cell] or 0.0, self.diverged[cell])
            for rate, cell in zip(rates, cells, strict=True)
        )
        sound = [trial for trial in trials if isinstance(trial.best, int | float)]
        best = min(sound, key=lambda trial: (trial.diverged is not None, float(trial.best)), default=trials[0])
        return TunedEvent(configuration, best.lr, trials)

    def summary(self) -> SummaryEvent:
        """Sum up what has come so far."""
        finite = [(loss, cell) for cell, loss in enumerate(self.final) if isinstance(loss, int | float)]
        best = min(finite)[1] if finite else None
        diverged = sum(step is not None for step in self.diverged)
        boundary = tuple(tuple(self._bounds(position)) for position in range(len(self._sweep.configurations)))
        return SummaryEvent(best, diverged, len(self.failed), boundary)

    def _bounds(self, configuration: int) -> Iterator[int | None]:
        columns = len(self._sweep.starts) * len(self._sweep.seeds)
        rates = len(self._sweep.rates)
        order = sorted(range(rates), key=self._sweep.rates.__getitem__)
        for column in range(columns):
            cells = {rate: (configuration * rates + rate) * columns + column for rate in order}
            yield next((rate for rate, cell in cells.items() if not self._descends(cell)), None)

    def _descends(self, cell: int) -> bool:
        """Whether a run ended below its start; one that is not done yet is not held against its rate."""
        initial, final = self.initial[cell], self.final[cell]
        if initial is None:
            return True
        if self.diverged[cell] is not None or isinstance(initial, str) or isinstance(final, str):
            return False
        return final is not None and not math.isnan(final) and final <= initial
