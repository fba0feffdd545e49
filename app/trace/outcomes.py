"""What the findings of many runs must be by themselves, and how their texts are made harmless."""

from __future__ import annotations

import msgspec

from app.trace.soundness import check_entries, check_number, check_slug, clean_name, clean_parameters, require
from app.trace.study import Hidden
from app.trace.trials import (
    CellFailure,
    CellsEvent,
    CurvatureEvent,
    ExplainEvent,
    Numbers,
    ProjectionEvent,
    RacerEvent,
    SurfaceEvent,
    Term,
    TrialEvent,
)

_STEPS = 2**31
_CELLS = 2**40
_PLANE = 2


def size_of(event: TrialEvent) -> int:
    """How many numbers an event holds."""
    match event:
        case CellsEvent():
            return 5 * len(event.initial) + len(event.failures)
        case RacerEvent():
            paths = sum(map(len, (event.path or {}).values()))
            return 3 * len(event.losses) + paths
        case ProjectionEvent():
            return sum(map(len, event.points)) * _PLANE
        case SurfaceEvent():
            return len(event.losses)
        case CurvatureEvent():
            return sum(len(point.eigenvalues) + 1 for point in event.points)
        case ExplainEvent():
            return sum(map(count_numbers, _numbers_of(event)))


def clean_trial(event: TrialEvent) -> TrialEvent:
    """Refuse records that contradict themselves.

    Raises:
        ReplyError: one does.
    """
    match event:
        case CellsEvent():
            return _clean_cells(event)
        case RacerEvent():
            return _clean_racer(event)
        case ProjectionEvent():
            require(len(event.explained) <= _PLANE and event.parameters >= 0, "a projection that cannot be")
            require(all(len(path) <= len(event.steps) for path in event.points), "a path beyond the steps")
            _check_steps(event.steps)
        case SurfaceEvent():
            _check_surface(event)
        case CurvatureEvent():
            for point in event.points:
                require(point.cell is None or 0 <= point.cell < _CELLS, "the curvature of no cell")
        case ExplainEvent():
            return _clean_explanation(event)
    return event


def _numbers_of(event: ExplainEvent) -> list[Numbers]:
    terms = [term.value for term in event.terms]
    others = [value for other in event.without for value in (other.after, other.step)]
    return [event.after, event.step, *event.state.values(), *terms, *others]


def _clean_explanation(event: ExplainEvent) -> ExplainEvent:
    check_entries(event.state)
    check_entries(event.terms)
    check_entries(event.without)
    for other in event.without:
        check_slug(other.option.replace("_", "-"))
    terms = tuple(Term(clean_name(term.symbol), clean_name(term.formula), term.value) for term in event.terms)
    state = {clean_name(name): value for name, value in event.state.items()}
    return msgspec.structs.replace(event, terms=terms, state=state)


def count_numbers(numbers: Numbers) -> int:
    """Count the numbers in nested lists, with a stack: their depth is the sender's to choose.

    Raises:
        ReplyError: something else stands among them.
    """
    waiting: list[object] = [numbers]
    count = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
            count += 1
            continue
        require(type(item) in (int, float) or item in ("NaN", "Infinity", "-Infinity"), "no number")
        check_number(item)
        count += 1
    return count


def _clean_cells(event: CellsEvent) -> CellsEvent:
    columns = (event.initial, event.final, event.best, event.reached, event.diverged)
    count = len(event.initial)
    require(0 <= event.first < _CELLS and count > 0, "cells of no place")
    require(all(len(column) == count for column in columns), "columns of unequal length")
    _check_steps((*event.reached, *event.diverged))
    failed = [failure.cell for failure in event.failures]
    require(len(set(failed)) == len(failed), "a cell that failed twice")
    require(all(event.first <= cell < event.first + count for cell in failed), "a failure of another cell")
    return msgspec.structs.replace(event, failures=tuple(map(_clean_failure, event.failures)))


def _clean_failure(failure: CellFailure) -> CellFailure:
    check_slug(failure.code)
    return CellFailure(failure.cell, failure.code, clean_parameters(failure.parameters))


def _clean_racer(event: RacerEvent) -> RacerEvent:
    require(0 <= event.racer < _STEPS, "no racer")
    require(len(event.rates) <= len(event.losses) <= len(event.rates) + 1, "losses that do not fit the steps")
    require(len(event.gradients) == len(event.rates), "gradients that do not fit the steps")
    _check_steps((event.reached, event.diverged))
    path = event.path
    if path is not None:
        check_entries(path)
        require(all(len(values) == len(event.losses) for values in path.values()), "a path that does not fit the steps")
        path = {clean_name(name): values for name, values in path.items()}
    if event.sharpness is not None:
        require(len(event.sharpness.steps) == len(event.sharpness.values), "sharpness that does not fit the steps")
        _check_steps(event.sharpness.steps)
    failure = None if event.failure is None else _clean_failure(event.failure)
    return msgspec.structs.replace(event, path=path, failure=failure)


def _check_steps(steps: tuple[int | None, ...]) -> None:
    require(all(step is None or 0 <= step < _STEPS for step in steps), "a step that never was")


def _check_surface(event: SurfaceEvent) -> None:
    cells = 1
    for axis in event.coordinates:
        cells *= len(axis)
    require(len(event.coordinates) <= _PLANE and cells == len(event.losses), "losses that do not fit the surface")
    check_hidden(event.hidden)
    centre = event.centre
    require((centre is not None) == (event.directions == "random"), "the centre of another plane")
    require(centre is None or (0 <= centre.racer < _STEPS and 0 <= centre.step < _STEPS), "a centre that never was")


def check_hidden(hidden: Hidden) -> None:
    """Refuse dimensions that cannot be."""
    require(0 <= hidden.shown <= hidden.dimensions < 2**62, "dimensions that cannot be")
    require(0 <= hidden.unmoved <= hidden.dimensions, "more unmoved than there are")
