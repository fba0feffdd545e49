"""Where the runs of a sweep begin: an expression's values at each seed, with some of them replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import torch

from app.errors import ProgramError
from app.trace.job import Expression, Job
from app.trace.trials import Start
from app.tracer.formulas import Loss


class Losses:
    """The loss of an expression at each seed; one for all where no value is drawn."""

    def __init__(self, job: Job) -> None:
        assert isinstance(job.source, Expression)
        self._job = job
        self._drawn = any(isinstance(variable.value, str) for variable in job.source.variables.values())
        self._known: dict[int, Loss] = {}

    def at(self, seed: int) -> Loss:
        """Give the loss, its values drawn from a seed."""
        key = seed if self._drawn else self._job.seed
        if key not in self._known:
            self._known[key] = Loss(msgspec.structs.replace(self._job, seed=key))
        return self._known[key]

    def same(self, seeds: Iterable[int]) -> list[list[int]]:
        """Gather seeds whose values are equal."""
        seeds = list(seeds)
        return [[seed] for seed in seeds] if self._drawn else [seeds]


def place(loss: Loss, start: Start) -> dict[str, torch.Tensor]:
    """Give all variables their values at a start.

    Raises:
        ProgramError: the start names no variable, one that is not followed, or has another shape.
    """
    values: Mapping[str, torch.Tensor] = {name: value.detach() for name, value in loss.values.items()}
    placed = {}
    for name, numbers in start.items():
        if name not in loss.followed:
            raise ProgramError("start-unknown", {"name": name[:60], "known": ", ".join(loss.followed)})
        try:
            placed[name] = torch.tensor(numbers, dtype=values[name].dtype)
        except (ValueError, TypeError):
            raise ProgramError("start-shape", _shapes(name, "?", values[name])) from None
        if placed[name].shape != values[name].shape:
            raise ProgramError("start-shape", _shapes(name, _shape(placed[name]), values[name]))
    return {**values, **placed}


def _shapes(name: str, given: str, wanted: torch.Tensor) -> dict[str, str | int | float | bool | None]:
    return {"name": name[:60], "given": given, "shape": _shape(wanted)}


def _shape(value: torch.Tensor) -> str:
    return "(" + ", ".join(map(str, value.shape)) + ")"
