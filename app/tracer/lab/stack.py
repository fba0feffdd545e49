"""Many runs of one configuration as one: their parameters stacked, stepped by torch's own optimizer.

The optimizers that `Kind.batched` marks treat each element by itself, so a stack of runs is one tensor to them, and a
learning rate of its own is a parameter group of its own. The gradients of all runs come from one `torch.func.vmap`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from app.program.optimizers import find_optimizer
from app.trace.optimizer import Configuration
from app.trace.trials import EXPLODED
from app.tracer.formulas import Loss
from app.tracer.lab.making import make_optimizer, make_scheduler

Length = tuple[int, float | None]
"""Number of steps, and the loss to be reached, if any."""
Values = Mapping[str, torch.Tensor]
NEVER = -1


class NoStackError(Exception):
    """These runs cannot be stacked; each has to be run alone."""


class Tally:
    """What is kept of runs while they go on, one element a run."""

    def __init__(self, losses: torch.Tensor, target: float | None) -> None:
        self.initial = self.best = self.final = losses
        self.reached = torch.full(losses.shape, NEVER)
        self.diverged = torch.full(losses.shape, NEVER)
        self._bound = losses + EXPLODED * losses.abs().clamp(min=1.0)
        self._target = -math.inf if target is None else target
        self._steps = 0
        self._mark()

    def add(self, losses: torch.Tensor) -> None:
        """Take the losses after one more step."""
        self._steps += 1
        self.final = losses
        self.best = torch.fmin(self.best, losses)
        self._mark()

    def _mark(self) -> None:
        self._note(self.reached, self.final <= self._target)
        self._note(self.diverged, ~torch.isfinite(self.final) | (self.final > self._bound))

    def _note(self, steps: torch.Tensor, holds: torch.Tensor) -> None:
        steps[holds & (steps == NEVER)] = self._steps


class Layout(NamedTuple):
    """Where each leaf stands in the row of a run."""

    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]
    dtype: torch.dtype

    def unpack(self, row: torch.Tensor) -> dict[str, torch.Tensor]:
        """Cut a row into leaves."""
        parts = torch.split(row, [math.prod(shape) for shape in self.shapes])
        return {name: part.reshape(shape) for name, part, shape in zip(self.names, parts, self.shapes, strict=True)}

    def pack(self, values: Values) -> torch.Tensor:
        """Lay leaves into a row."""
        return torch.cat([values[name].reshape(-1) for name in self.names])


def lay_out(loss: Loss, values: Values) -> Layout:
    """Find the leaves that the loss depends on.

    A leaf that it does not reach has no `.grad`, and its optimizer passes it by.

    Raises:
        NoStackError: the loss has no gradient here, or its leaves are not all of one real type.
    """
    leaves = {name: values[name].detach().clone().requires_grad_() for name in loss.followed}
    try:
        result = loss({**values, **leaves})
        slopes = torch.autograd.grad(result, tuple(leaves.values()), allow_unused=True)
    except Exception as error:
        raise NoStackError from error
    names = tuple(name for name, slope in zip(leaves, slopes, strict=True) if slope is not None)
    dtypes = {leaves[name].dtype for name in names}
    if len(dtypes) != 1 or not (dtype := dtypes.pop()).is_floating_point:
        raise NoStackError
    return Layout(names, tuple(leaves[name].shape for name in names), dtype)


class Slope:
    """The losses and gradients of a stack of runs.

    Raises:
        NoStackError: the expression has no batched form.
    """

    def __init__(self, loss: Loss, layout: Layout, rest: Values) -> None:
        self._losses = torch.func.vmap(lambda row: loss({**rest, **layout.unpack(row)}))

    def __call__(self, stack: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Evaluate; no run's loss depends on another's parameters, so the sum's gradient is that of each."""
        leaf = stack.detach().requires_grad_()
        losses = self._losses(leaf)
        (slopes,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), slopes

    def losses(self, stack: torch.Tensor) -> torch.Tensor:
        """Evaluate without gradients."""
        with torch.no_grad():
            return self._losses(stack)


def can_stack(configuration: Configuration) -> bool:
    """Whether runs of a configuration do not notice one another: what watches a run's own loss would."""
    scheduler = configuration.scheduler
    parts = () if scheduler is None else (scheduler, *scheduler.schedulers)
    return find_optimizer(configuration.optimizer.name).batched and all(
        part.name != "ReduceLROnPlateau" for part in parts
    )


def run_stack(
    slope: Slope,
    configuration: Configuration,
    rates: Sequence[float],
    stack: torch.Tensor,
    length: tuple[int, float | None],
) -> Tally:
    """Bring a stack of runs down.

    Args:
        slope: losses and gradients, of shape (runs,) and (runs, elements).
        configuration: of all runs.
        rates: the learning rate of each run; equal ones stand together.
        stack: where the runs start, of shape (runs, elements); it ends where they end.
        length: number of steps, and the loss to be reached.
    """
    steps, target = length
    losses, slopes = slope(stack)
    gradients = torch.empty_like(stack)
    groups = []
    for rate, first, end in spans(rates):
        part = stack[first:end]
        part.grad = gradients[first:end]
        groups.append({"params": [part], "lr": rate})
    optimizer = make_optimizer(configuration.optimizer, groups)
    scheduler = None if configuration.scheduler is None else make_scheduler(configuration.scheduler, optimizer)
    tally = Tally(losses, target)
    for step in range(steps):
        gradients.copy_(slopes)
        clip(gradients, configuration)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        if step + 1 < steps:
            losses, slopes = slope(stack)
        else:
            losses = slope.losses(stack)
        tally.add(losses)
    return tally


def spans(rates: Sequence[float]) -> list[tuple[float, int, int]]:
    """Find where equal rates begin and end."""
    starts = [index for index, rate in enumerate(rates) if index == 0 or rate != rates[index - 1]]
    return [(rates[start], start, end) for start, end in zip(starts, [*starts[1:], len(rates)], strict=True)]


def clip(gradients: torch.Tensor, configuration: Configuration) -> None:
    """Clip each run's gradient as `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_` do."""
    if configuration.clip_norm is not None:
        norms = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
        gradients.mul_((configuration.clip_norm / (norms + 1e-6)).clamp(max=1.0))
    if configuration.clip_value is not None:
        gradients.clamp_(-configuration.clip_value, configuration.clip_value)
