"""What the calls of the optimizer lab take, turned into jobs."""

from __future__ import annotations

from itertools import product
from math import isfinite, prod
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.program.optimizers import find_optimizer
from app.settings import Limits
from app.study.lab import check_cells, check_race, check_rates, check_steps
from app.study.report import Tuning
from app.trace.job import Job
from app.trace.study import Directions
from app.trace.trials import Explain, Race, Start, Sweep
from app.web.calls import Seed, VariableInput, check_list, convert, escape_pointer, read_job
from app.web.configurations import Options, read_configuration
from app.web.problems import Fault, InvalidRequestError

Points = Annotated[int, Meta(ge=1, le=10**12, description="How many, both ends included.")]


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers from `start` to `stop`: learning rates at equal ratios, starts at equal distances."""

    start: float
    stop: float
    count: Points


class SweepCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Configurations × learning rates × starts × seeds, of an expression or a program."""

    configurations: list[Options]
    rates: Grid | list[float]
    expression: str | None = None
    program: str | None = None
    variables: dict[str, VariableInput] = {}
    sum: bool = False
    starts: dict[str, Grid] | list[dict[str, float | list]] | None = None  # type: ignore[type-arg]
    seeds: list[Seed] = msgspec.field(default_factory=lambda: [0])
    steps: Annotated[int, Meta(ge=0, description="Optimizer steps of each run.")] = 100
    target: float | None = None


class RaceCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two to eight configurations from one start and seed; `tuning` gives each the best of the same learning rates."""

    racers: list[Options]
    expression: str | None = None
    program: str | None = None
    variables: dict[str, VariableInput] = {}
    sum: bool = False
    seed: Seed = 0
    steps: Annotated[int, Meta(ge=0, description="Optimizer steps of each run.")] = 100
    target: float | None = None
    tuning: Grid | None = None
    surface: Annotated[int, Meta(ge=0, le=10**9, description="Points along each of the plane's directions.")] = 0
    directions: Directions = "pca"


class TensorInput(msgspec.Struct, frozen=True):
    """A tensor as a trace holds it, with its elements."""

    data: list  # type: ignore[type-arg]
    shape: list[int] = []
    dtype: str = "float32"


ValueInput = float | str | list | TensorInput  # type: ignore[type-arg]


class ExplainCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter's part of one update of a trace; `state` is that of the same parameter in the update before."""

    optimizer: str
    before: ValueInput
    gradient: ValueInput
    options: dict[str, str | int | float | bool | None] = {}
    state: dict[str, ValueInput] = {}
    unclipped: ValueInput | None = None


def read_explain(document: dict[str, Any], limits: Limits) -> Job:
    """Turn the body of `POST /api/explain-update` into a job.

    Raises:
        InvalidRequestError: a field is missing, unknown, or not of its type.
        ProgramError: torch has no such optimizer.
    """
    call = convert(document, ExplainCall)
    find_optimizer(call.optimizer)
    study = Explain(
        call.optimizer,
        call.options,
        _numbers(call.before, "/before"),
        _numbers(call.gradient, "/gradient"),
        {name: _numbers(value, f"/state/{escape_pointer(name)}") for name, value in call.state.items()},
        None if call.unclipped is None else _numbers(call.unclipped, "/unclipped"),
    )
    return Job("", limits=limits, study=study)


def _numbers(given: ValueInput, pointer: str) -> Any:
    value = given.data if isinstance(given, TensorInput) else given
    check_list(value if isinstance(value, list) else [value], pointer)
    return value


def read_race(document: dict[str, Any], limits: Limits) -> tuple[Job, Tuning | None, tuple[float, ...]]:
    """Turn the body of `POST /api/race` into a job, and the rates that each racer is tried with.

    Raises:
        InvalidRequestError, ProgramError, LimitError: as `read_sweep`.
    """
    call = convert(document, RaceCall)
    racers = tuple(read_configuration(entry, f"/racers/{index}") for index, entry in enumerate(call.racers))
    race = Race(racers, call.steps, call.target, call.surface, call.directions)
    tuning = None if call.tuning is None else Tuning(call.tuning.start, call.tuning.stop, call.tuning.count)
    check_cells(max(1, len(racers)) * (tuning.count if tuning else 1), limits)
    rates = () if call.tuning is None else read_rates(call.tuning, "/tuning")
    check_race(race, rates, limits)
    return msgspec.structs.replace(read_source(call, limits), study=race), tuning, rates


def read_sweep(document: dict[str, Any], limits: Limits) -> Job:
    """Turn the body of `POST /api/sweep` into a job.

    Raises:
        InvalidRequestError: a field is missing, unknown, or not of its type.
        ProgramError, LimitError: nothing to run, or too much: found before any grid is laid out.
    """
    call = convert(document, SweepCall)
    rates = call.rates.count if isinstance(call.rates, Grid) else len(call.rates)
    if call.starts is None:
        starts = 1
    elif isinstance(call.starts, dict):
        starts = prod(grid.count for grid in call.starts.values())
    else:
        starts = len(call.starts)
    check_steps(call.steps, limits)
    check_cells(len(call.configurations) * rates * starts * len(call.seeds), limits)
    sweep = Sweep(
        configurations=tuple(
            read_configuration(entry, f"/configurations/{index}") for index, entry in enumerate(call.configurations)
        ),
        rates=read_rates(call.rates, "/rates"),
        starts=read_starts(call),
        seeds=tuple(call.seeds),
        steps=call.steps,
        target=call.target,
    )
    return msgspec.structs.replace(read_source(call, limits), study=sweep)


def read_source(call: Any, limits: Limits) -> Job:
    """Take the expression or program of a call.

    Raises:
        InvalidRequestError: there is neither, or both.
    """
    source: dict[str, Any] = {
        name: getattr(call, name) for name in ("expression", "program") if getattr(call, name) is not None
    }
    if not source:
        raise InvalidRequestError((Fault("Give `expression` or `program`", "/expression"),))
    if "expression" in source:
        source |= {"variables": msgspec.to_builtins(call.variables), "sum": call.sum}
    return read_job(source | {"seed": getattr(call, "seed", 0)}, limits)


def read_rates(given: Grid | list[float], pointer: str) -> tuple[float, ...]:
    """Lay out learning rates, at equal ratios.

    Raises:
        ProgramError: one is not above 0.
    """
    ends = (given.start, given.stop) if isinstance(given, Grid) else tuple(given)
    _check_finite(ends, pointer)
    check_rates(ends)
    if not isinstance(given, Grid):
        return ends
    ratio = given.stop / given.start
    return tuple(given.start * ratio**share for share in _shares(given.count))


def read_starts(call: SweepCall) -> tuple[Start, ...]:
    """Lay out starts: each combination of a grid, or those that are listed.

    Raises:
        InvalidRequestError: a program was given any, or what is listed holds no numbers.
    """
    if call.starts is None:
        return ({},)
    if call.program is not None:
        raise InvalidRequestError((Fault("A program starts where it says itself", "/starts"),))
    if isinstance(call.starts, list):
        for index, start in enumerate(call.starts):
            for name, value in start.items():
                pointer = f"/starts/{index}/{escape_pointer(name)}"
                check_list(value if isinstance(value, list) else [value], pointer)
        return tuple(call.starts)
    for name, grid in call.starts.items():
        _check_finite((grid.start, grid.stop), f"/starts/{escape_pointer(name)}")
    lines = (
        [grid.start + (grid.stop - grid.start) * share for share in _shares(grid.count)]
        for grid in call.starts.values()
    )
    return tuple(dict(zip(call.starts, point, strict=True)) for point in product(*lines))


def _shares(count: int) -> list[float]:
    return [index / (count - 1) for index in range(count)] if count > 1 else [0.0]


def _check_finite(numbers: tuple[float, ...], pointer: str) -> None:
    if not all(map(isfinite, numbers)):
        raise InvalidRequestError((Fault("Number out of range", pointer),))
