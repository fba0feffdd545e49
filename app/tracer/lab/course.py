"""What a race runs on: a loss over parameters from a start, whether an expression or a program has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch

from app.trace.job import Job
from app.trace.optimizer import Configuration
from app.trace.study import Real, real
from app.tracer.formulas import Loss, reals
from app.tracer.lab.curvature import Hessian
from app.tracer.lab.single import Log, run_alone
from app.tracer.lab.stack import Layout, Length, NoStackError, Slope

Watch = Callable[[Callable[[], torch.Tensor]], None]
"""Called before each step and after the last, with what gives all parameters as one row."""


class Course(Protocol):
    """A loss that configurations bring down, over all its parameters as one row."""

    @property
    def text(self) -> str:
        """The program, empty for an expression."""

    @property
    def parameters(self) -> int:
        """How many there are."""

    @property
    def scalars(self) -> tuple[str, ...]:
        """The parameters' names, where each is a scalar."""

    def run(self, configuration: Configuration, length: Length, watch: Watch) -> Log:
        """Bring it down once, from its start."""

    @property
    def shapes(self) -> tuple[torch.Size, ...]:
        """Of the tensors that stand in a row."""

    @property
    def seed(self) -> int:
        """What its random numbers begin with."""

    def losses(self, rows: torch.Tensor) -> tuple[Real, ...]:
        """Evaluate it at points, of shape (points, parameters)."""

    @property
    def is_batched(self) -> bool:
        """Whether the latest points were evaluated many at a time."""

    def points(self, rows: torch.Tensor, count: int) -> int:
        """How many of `count` points along each of two directions there is time for; `rows` are some of the points."""

    def gradient(self, place: torch.Tensor | None = None) -> torch.Tensor:
        """Its gradient at a place, or at the start, of shape (parameters,)."""

    def sharpness(self, rows: torch.Tensor) -> tuple[Real, ...] | None:
        """The largest eigenvalue of its Hessian at points; None where that cannot be had."""


class ExpressionCourse:
    """The loss of an expression."""

    text = ""

    def __init__(self, job: Job) -> None:
        self._job = job
        loss = self._loss = Loss(job)
        self._values: Mapping[str, torch.Tensor] = {name: value.detach() for name, value in loss.values.items()}
        leaves = {name: self._values[name] for name in loss.followed}
        kinds = {leaf.dtype for leaf in leaves.values()}
        dtype = kinds.pop() if len(kinds) == 1 else torch.float64
        self._layout = Layout(tuple(leaves), tuple(leaf.shape for leaf in leaves.values()), dtype)
        self.shapes = self._layout.shapes
        self.seed = job.seed
        self.parameters = sum(leaf.numel() for leaf in leaves.values())
        self.is_batched = True
        self.scalars = tuple(leaves) if all(leaf.dim() == 0 for leaf in leaves.values()) else ()

    def run(self, configuration: Configuration, length: Length, watch: Watch) -> Log:
        """Bring it down once, its random numbers drawn as its program would."""
        self._loss.begin(self._job.seed)
        return run_alone(
            self._loss, configuration, self._values, length,
            lambda leaves: watch(lambda: self._layout.pack({name: leaf.detach() for name, leaf in leaves.items()})),
        )  # fmt: skip

    def losses(self, rows: torch.Tensor) -> tuple[Real, ...]:
        """Evaluate the loss at points, in a few calls where it has a batched form; at one point as a run does it."""
        rows = rows.to(self._layout.dtype)
        if len(rows) == 1:
            return (self._one(rows[0]),)
        self._loss.begin(self._job.seed)
        try:
            return reals(Slope(self._loss, self._layout, self._values).losses(rows))
        except Exception:
            self.is_batched = False
            return tuple(self._one(row) for row in rows)

    def points(self, rows: torch.Tensor, count: int) -> int:
        """All of them: an expression is soon evaluated."""
        del rows
        return count

    def _one(self, row: torch.Tensor) -> Real:
        self._loss.begin(self._job.seed)
        with torch.no_grad():
            return real(float(self._loss({**self._values, **self._layout.unpack(row)})))

    def gradient(self, place: torch.Tensor | None = None) -> torch.Tensor:
        """The gradient at a place, or at the start; a leaf that is not reached has none, and counts as 0."""
        given = self._values if place is None else self._layout.unpack(place.to(self._layout.dtype))
        leaves = {name: given[name].detach().clone().requires_grad_() for name in self._layout.names}
        self._loss.begin(self._job.seed)
        result = self._loss({**self._values, **leaves})
        slopes = torch.autograd.grad(result, tuple(leaves.values()), allow_unused=True, materialize_grads=True)
        return self._layout.pack(dict(zip(leaves, slopes, strict=True)))

    def sharpness(self, rows: torch.Tensor) -> tuple[Real, ...] | None:
        """The largest eigenvalue of the Hessian at points."""
        try:
            hessian = Hessian(self._loss, self._values)
            if hessian.layout.names != self._layout.names:
                return None
            return tuple(values[0] for values in hessian.eigenvalues(rows))
        except (NoStackError, RuntimeError):
            return None
