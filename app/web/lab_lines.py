"""The findings of the optimizer lab as lines of a stream, and as one document."""

from __future__ import annotations

from typing import Any

import msgspec

from app.study.lab import RaceLine, SweepLine
from app.study.report import PlanEvent, RacePlanEvent, SummaryEvent, TunedEvent
from app.trace.model import Cut, EndEvent, Failure
from app.trace.study import Real
from app.trace.trials import (
    CellFailure,
    CellsEvent,
    CurvatureEvent,
    ExplainEvent,
    ProjectionEvent,
    RacerEvent,
    Sharpness,
    SurfaceEvent,
)
from app.web.outcomes import cut_error, run_failed
from app.web.problems import ProblemLine, describe
from app.web.texts import choose_language, problem_text


class CellProblem(msgspec.Struct, frozen=True):
    """Why a run has no numbers, in the client's language."""

    cell: int
    code: str
    title: str
    detail: str
    parameters: dict[str, str | int | float | bool | None]


class CellsLine(msgspec.Struct, frozen=True, tag_field="event", tag="cells"):
    """Some cells in a row, column by column."""

    first: int
    initial: tuple[Real, ...]
    final: tuple[Real, ...]
    best: tuple[Real, ...]
    reached: tuple[int | None, ...]
    diverged: tuple[int | None, ...]


class FailuresLine(msgspec.Struct, frozen=True, tag_field="event", tag="failures"):
    """Cells whose runs failed; a sweep goes on."""

    failures: tuple[CellProblem, ...]


class Columns(msgspec.Struct):
    """All cells, column by column; null where a run was not reached before the sweep was cut."""

    initial: list[Real | None]
    final: list[Real | None]
    best: list[Real | None]
    reached: list[int | None]
    diverged: list[int | None]


class SweepAnswer(msgspec.Struct):
    """A whole sweep."""

    plan: PlanEvent
    cells: Columns
    failures: list[CellProblem]
    curvature: CurvatureEvent | None = None
    summary: SummaryEvent | None = None
    cut: Cut | None = None


class RacerLine(msgspec.Struct, frozen=True, tag_field="event", tag="racer"):
    """One racer's run; `failure` says why it has none."""

    racer: int
    losses: tuple[Real, ...]
    rates: tuple[Real, ...]
    gradients: tuple[Real, ...]
    path: dict[str, tuple[Real, ...]] | None
    sharpness: Sharpness | None
    initial: Real
    final: Real
    best: Real
    reached: int | None
    diverged: int | None
    failure: CellProblem | None


class RaceAnswer(msgspec.Struct):
    """A whole race."""

    plan: RacePlanEvent
    tuned: list[TunedEvent]
    racers: list[RacerLine]
    projection: ProjectionEvent | None = None
    surface: SurfaceEvent | None = None
    cut: Cut | None = None


def racer_line(event: RacerEvent, accepted: str) -> RacerLine:
    """Write a racer's run with its failure in words."""
    failure = None if event.failure is None else tell(event.failure, accepted)
    return RacerLine(**msgspec.structs.asdict(event) | {"failure": failure})


def race_lines_of(event: RaceLine, accepted: str) -> list[Any]:
    """Write one finding of a race as the lines of its stream."""
    if isinstance(event, EndEvent):
        return end_lines(event, accepted)
    return [racer_line(event, accepted) if isinstance(event, RacerEvent) else event]


def sum_up_race(events: list[RaceLine], accepted: str) -> RaceAnswer:
    """Make one document of all findings of a race; the first is its plan.

    Raises:
        RunFailedError: the race as a whole failed.
    """
    plan = events[0]
    assert isinstance(plan, RacePlanEvent)
    answer = RaceAnswer(plan, [], [])
    for event in events[1:]:
        match event:
            case TunedEvent():
                answer.tuned.append(event)
            case RacerEvent():
                answer.racers.append(racer_line(event, accepted))
            case ProjectionEvent():
                answer.projection = event
            case SurfaceEvent():
                answer.surface = event
            case EndEvent(failure=Failure() as failure):
                raise run_failed(failure, None)
            case EndEvent():
                answer.cut = event.cut
    return answer


def explain_lines_of(event: ExplainEvent | EndEvent, accepted: str) -> list[Any]:
    """Write an explanation as the lines of its stream."""
    return end_lines(event, accepted) if isinstance(event, EndEvent) else [event]


def take_one(events: list[ExplainEvent | EndEvent], _accepted: str) -> ExplainEvent:
    """Take the one finding of an explanation.

    Raises:
        RunFailedError, LimitError: there is none.
    """
    found, end = events[0], events[-1]
    if isinstance(end, EndEvent) and end.failure is not None:
        raise run_failed(end.failure, None)
    if isinstance(end, EndEvent) and end.cut is not None:
        raise cut_error(end.cut)
    if not isinstance(found, ExplainEvent):
        raise run_failed(Failure("bad-reply"), None)
    return found


def end_lines(event: EndEvent, accepted: str) -> list[Any]:
    """Write how a study ended."""
    return [{"event": "end", "cut": event.cut} if event.failure is None else failed_end(event.failure, accepted)]


def tell(failure: CellFailure, accepted: str) -> CellProblem:
    """Put a failure into words."""
    title, detail = problem_text(failure.code, failure.parameters, choose_language(accepted))
    return CellProblem(failure.cell, failure.code, title, detail, failure.parameters)


def failed_end(failure: Failure, accepted: str) -> ProblemLine:
    """Write the failure of a whole study as the last line."""
    return ProblemLine(**msgspec.structs.asdict(describe(run_failed(failure, None), accepted)))


def lines_of(event: SweepLine, accepted: str) -> list[Any]:
    """Write one finding of a sweep as the lines of its stream."""
    if isinstance(event, EndEvent):
        return end_lines(event, accepted)
    if not isinstance(event, CellsEvent):
        return [event]
    cells = CellsLine(event.first, event.initial, event.final, event.best, event.reached, event.diverged)
    told = tuple(tell(failure, accepted) for failure in event.failures)
    return [cells, FailuresLine(told)] if told else [cells]


def sum_up(events: list[SweepLine], accepted: str) -> SweepAnswer:
    """Make one document of all findings of a sweep; the first is its plan.

    Raises:
        RunFailedError: the sweep as a whole failed.
    """
    plan = events[0]
    assert isinstance(plan, PlanEvent)
    count = plan.cells
    columns = Columns([None] * count, [None] * count, [None] * count, [None] * count, [None] * count)
    answer = SweepAnswer(plan, columns, [])
    for event in events[1:]:
        match event:
            case CellsEvent():
                place = slice(event.first, event.first + len(event.initial))
                for name in Columns.__struct_fields__:
                    getattr(columns, name)[place] = getattr(event, name)
                answer.failures += [tell(failure, accepted) for failure in event.failures]
            case CurvatureEvent():
                answer.curvature = event
            case SummaryEvent():
                answer.summary = event
            case EndEvent(failure=Failure() as failure):
                raise run_failed(failure, None)
            case EndEvent():
                answer.cut = event.cut
    return answer
