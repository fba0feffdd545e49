"""The optimizer lab: sweeps and races, from the question to the lines of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Literal

import msgspec

from app.errors import LimitError, Parameter, ProgramError
from app.program.optimizers import check_configuration
from app.settings import Limits, Settings
from app.study.engine import Engine
from app.study.report import Board, PlanEvent, RacePlanEvent, SummaryEvent, TunedEvent, Tuning, entrant_of, plan_of
from app.study.sweeping import Sweeping
from app.trace.job import Configuration, Expression, Job
from app.trace.model import Cut, EndEvent
from app.trace.trials import (
    Bend,
    CellsEvent,
    CurvatureEvent,
    ExplainEvent,
    ProjectionEvent,
    Race,
    RacerEvent,
    SurfaceEvent,
    Sweep,
)

CONFIGURATIONS = 32
RACERS = 8
SELF_WILLED = frozenset({"OneCycleLR", "CyclicLR"})
"""Schedulers whose rates are their own (`max_lr`, `base_lr`), whatever `lr` the optimizer was given."""

SweepLine = PlanEvent | CellsEvent | CurvatureEvent | SummaryEvent | EndEvent
RaceLine = RacePlanEvent | TunedEvent | RacerEvent | ProjectionEvent | SurfaceEvent | EndEvent


class Lab:
    """Asks many children about one program or expression.

    Args:
        engine: where they run.
        settings: how long a sweep may take.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._seconds = settings.sweep_seconds

    async def sweep(self, job: Job) -> AsyncGenerator[SweepLine, None]:
        """Run a sweep; closing the generator ends it.

        Yields:
            The plan, cells as they are done, the curvature where it can be had, the sum, the end.

        Raises:
            ProgramError, LimitError: the sweep cannot be run as it is.
            ServiceError: no process could be had.
        """
        sweep = job.study
        assert isinstance(sweep, Sweep)
        check_sweep(sweep, job.limits)
        yield plan_of(sweep, self._engine.name)
        board = Board(sweep)
        end = EndEvent()
        try:
            async with asyncio.timeout(self._seconds) as clock, aclosing(self._cells(job, sweep)) as cells:
                async for event in cells:
                    if isinstance(event, EndEvent):
                        end = event
                        continue
                    board.enter(event)
                    # A client that reads slowly spends its own time, not the sweep's.
                    yield event
        except TimeoutError:
            if not clock.expired():
                raise
            end = EndEvent(cut=Cut("sweep_seconds", self._seconds, "seconds"))
        if end.failure is None:
            summary = board.summary()
            if end.cut is None and isinstance(job.source, Expression):
                async for curvature in self._bend(job, sweep, summary.best):
                    yield curvature
            yield summary
        yield end

    async def race(self, job: Job, tuning: Tuning | None, rates: tuple[float, ...]) -> AsyncGenerator[RaceLine, None]:
        """Run a race, its rates as they are or tuned; closing the generator ends it.

        Args:
            job: the race.
            tuning: how the rates below were laid out.
            rates: each racer runs with the best of these; none leaves each as it is.

        Yields:
            The plan, each racer's tuning and run, where their paths lie, the end.

        Raises:
            ProgramError, LimitError, ServiceError: as `sweep`.
        """
        study = job.study
        assert isinstance(study, Race)
        check_race(study, rates, job.limits)
        entrants = tuple(map(entrant_of, study.racers))
        how: Literal["given", "tuned"] = "tuned" if rates else "given"
        yield RacePlanEvent(entrants, how, len(rates), tuning, study.steps, study.target, job.seed, self._engine.name)
        racers: list[Configuration] = []
        try:
            async with asyncio.timeout(self._seconds) as clock:
                async with aclosing(self._tune(job, study, rates)) as tuned:
                    async for event in tuned:
                        yield event
                        if isinstance(event, EndEvent):
                            return
                        racers.append(study.racers[event.racer].at_rate(event.lr))
                last = msgspec.structs.replace(study, racers=tuple(racers) or study.racers)
                async with aclosing(self._engine.run(msgspec.structs.replace(job, study=last))) as run:
                    async for told in run:
                        if isinstance(told, RacerEvent | ProjectionEvent | SurfaceEvent | EndEvent):
                            yield told
        except TimeoutError:
            if not clock.expired():
                raise
            yield EndEvent(cut=Cut("sweep_seconds", self._seconds, "seconds"))

    async def _tune(
        self, job: Job, race: Race, rates: tuple[float, ...]
    ) -> AsyncGenerator[TunedEvent | EndEvent, None]:
        """Try each racer with each rate; an end instead says that they cannot run at all."""
        if not rates:
            return
        sweep = Sweep(race.racers, rates, ({},), (job.seed,), race.steps)
        board = Board(sweep)
        async with aclosing(self._cells(msgspec.structs.replace(job, study=sweep), sweep)) as cells:
            async for found in cells:
                if isinstance(found, CellsEvent):
                    board.enter(found)
                elif found != EndEvent():
                    yield found
                    return
        for number in range(len(race.racers)):
            yield board.tuned(number)

    async def explain(self, job: Job) -> AsyncGenerator[ExplainEvent | EndEvent, None]:
        """Take one update apart.

        Yields:
            The explanation, the end.

        Raises:
            ServiceError: no process could be had.
        """
        async with aclosing(self._engine.run(job)) as events:
            async for event in events:
                if isinstance(event, ExplainEvent | EndEvent):
                    yield event

    def _cells(self, job: Job, sweep: Sweep) -> AsyncGenerator[CellsEvent | EndEvent, None]:
        return Sweeping(self._engine, job, sweep).cells()

    async def _bend(self, job: Job, sweep: Sweep, best: int | None) -> AsyncGenerator[CurvatureEvent, None]:
        """Ask for the curvature; a loss that has none to tell is no failure of the sweep."""
        bent = msgspec.structs.replace(job, study=Bend(sweep, best))
        async with aclosing(self._engine.run(bent)) as events:
            async for event in events:
                if isinstance(event, CurvatureEvent):
                    yield event


def check_race(race: Race, rates: tuple[float, ...], limits: Limits) -> None:
    """Refuse a race before a process is spent on it.

    Raises:
        ProgramError, LimitError: as `check_sweep`.
    """
    if not 2 <= len(race.racers) <= RACERS:
        raise ProgramError("racers-count", {"count": len(race.racers), "value": RACERS})
    for configuration in race.racers:
        check_configuration(configuration)
    check_rates(rates)
    if rates:
        check_obedience(race.racers)
    check_steps(race.steps, limits)
    check_cells(len(race.racers) * max(1, len(rates)), limits)
    check_landscape_cells(race.surface, limits)


def check_landscape_cells(points: int, limits: Limits) -> None:
    """Refuse a surface with more cells than a landscape may have.

    Raises:
        LimitError: so it is.
    """
    if points**2 > limits.cells:
        parameters: dict[str, Parameter] = {"limit": "cells", "value": limits.cells, "unit": "cells"}
        raise LimitError("limit-cells", parameters | {"count": points**2})


def check_sweep(sweep: Sweep, limits: Limits) -> None:
    """Refuse a sweep before a process is spent on it.

    Raises:
        ProgramError: an optimizer, option or rate that cannot be, or nothing to run.
        LimitError: more cells or steps than there may be.
    """
    if not 1 <= len(sweep.configurations) <= CONFIGURATIONS:
        raise ProgramError("configurations-count", {"count": len(sweep.configurations), "value": CONFIGURATIONS})
    for configuration in sweep.configurations:
        check_configuration(configuration)
    check_rates(sweep.rates)
    check_obedience(sweep.configurations)
    check_cells(sweep.cells, limits)
    check_steps(sweep.steps, limits)


def check_obedience(configurations: Iterable[Configuration]) -> None:
    """Refuse configurations whose scheduler sets the learning rate itself: they would run the same at every rate.

    Raises:
        ProgramError: one has such a scheduler, by itself or as a part.
    """
    for configuration in configurations:
        waiting = [] if configuration.scheduler is None else [configuration.scheduler]
        while waiting:
            scheduler = waiting.pop()
            if scheduler.name in SELF_WILLED:
                raise ProgramError("scheduler-sets-rate", {"scheduler": scheduler.name})
            waiting += scheduler.schedulers


def check_rates(rates: tuple[float, ...]) -> None:
    """Refuse learning rates that no optimizer takes.

    Raises:
        ProgramError: one is not above 0.
    """
    wrong = next((rate for rate in rates if not rate > 0), None)
    if wrong is not None:
        raise ProgramError("rate-not-positive", {"rate": wrong})


def check_cells(count: int, limits: Limits) -> None:
    """Refuse more runs than one sweep may have, and none.

    Raises:
        ProgramError, LimitError: so it is.
    """
    if count < 1:
        raise ProgramError("sweep-empty")
    if count > limits.runs:
        parameters: dict[str, Parameter] = {"limit": "runs", "value": limits.runs, "unit": "runs", "count": count}
        raise LimitError("limit-runs", parameters)


def check_steps(steps: int, limits: Limits) -> None:
    """Refuse no steps, and more than `Limits.steps`.

    Raises:
        ProgramError, LimitError: so it is.
    """
    if steps < 1:
        raise ProgramError("no-steps")
    if steps > limits.steps:
        parameters: dict[str, Parameter] = {"limit": "steps", "value": limits.steps, "unit": "steps", "steps": steps}
        raise LimitError("limit-steps", parameters)
