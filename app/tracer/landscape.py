"""The loss over a grid: all cells in a few calls where the expression allows, else one by one."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from app.errors import ProgramError
from app.trace.study import Axis, Landscape, LandscapeEvent
from app.tracer.formulas import Loss, reals
from app.tracer.lab.critical import find_critical

ELEMENTS_AT_ONCE = 2_000_000
"""Of all variables together, so that a grid over large matrices stays within the memory of a child."""

Slopes = tuple[torch.Tensor, ...]


def survey(loss: Loss, study: Landscape) -> LandscapeEvent:
    """Evaluate the loss, and its gradient if asked for, in each cell of a grid.

    Raises:
        ProgramError: an axis is no scalar variable that autograd can follow, or the loss is no scalar.
    """
    lines = draw_lines(loss, study.axes)
    axes = lay_out(lines)
    with_slopes = study.gradients or study.critical
    with torch.set_grad_enabled(with_slopes):
        try:
            losses, slopes = in_batches(loss, axes, with_slopes)
            batched = True
        except ProgramError:
            raise
        except Exception:
            # Branches on values, `.item()` and random numbers have no batched form.
            losses, slopes = one_by_one(loss, axes, with_slopes)
            batched = False
    critical = find_critical(loss, lines, slopes) if study.critical else None
    told = tuple(map(reals, slopes)) if study.gradients else ()
    return LandscapeEvent(reals(losses), told, batched, critical)


def draw_lines(loss: Loss, axes: tuple[Axis, ...]) -> dict[str, torch.Tensor]:
    """Divide each axis into its variable's values."""
    lines = {}
    for axis in axes:
        value = loss.values.get(axis.variable)
        if value is None:
            known = ", ".join(loss.values)
            raise ProgramError("axis-unknown", {"name": axis.variable[:60], "known": known})
        if value.dim() or not value.is_floating_point():
            raise ProgramError("axis-not-scalar", {"name": axis.variable, "shape": str(tuple(value.shape))})
        # The ends and the steps between them are exact in float64; each cell is then rounded once.
        line = torch.linspace(axis.start, axis.stop, axis.count, dtype=torch.float64)
        lines[axis.variable] = line.to(value.dtype)
    return lines


def lay_out(lines: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give each axis its variable's value in every cell."""
    cells = torch.meshgrid(*lines.values(), indexing="ij")
    return {name: cell.reshape(-1) for name, cell in zip(lines, cells, strict=True)}


def in_batches(loss: Loss, axes: Mapping[str, torch.Tensor], with_slopes: bool) -> tuple[torch.Tensor, Slopes]:
    """Evaluate many cells in one call of each operation."""
    names = tuple(axes)
    rest = {name: value.detach() for name, value in loss.values.items() if name not in axes}
    mapped = torch.func.vmap(lambda *cell: loss(rest | dict(zip(names, cell, strict=True))))
    elements = sum(value.numel() for value in loss.values.values())
    size = max(1, ELEMENTS_AT_ONCE // elements)
    parts = [
        differentiate(mapped, tuple(piece), with_slopes)
        for piece in zip(*(torch.split(axis, size) for axis in axes.values()), strict=True)
    ]
    if len(parts) == 1:
        return parts[0]
    losses, slopes = zip(*parts, strict=True)
    return torch.cat(losses), tuple(torch.cat(slope) for slope in zip(*slopes, strict=True))


def differentiate(mapped: object, cells: Slopes, with_slopes: bool) -> tuple[torch.Tensor, Slopes]:
    """Evaluate some cells; no cell's loss depends on another, so the sum's gradient is that of each."""
    assert callable(mapped)
    if not with_slopes:
        return mapped(*cells), ()
    followed = tuple(cell.clone().requires_grad_() for cell in cells)
    losses = mapped(*followed)
    if not losses.requires_grad:
        return losses, tuple(torch.zeros_like(cell) for cell in cells)
    slopes = torch.autograd.grad(losses.sum(), followed, allow_unused=True, materialize_grads=True)
    return losses.detach(), slopes


def one_by_one(loss: Loss, axes: Mapping[str, torch.Tensor], with_slopes: bool) -> tuple[torch.Tensor, Slopes]:
    """Evaluate each cell by itself, from the same seed."""
    rest = {name: value.detach() for name, value in loss.values.items() if name not in axes}

    def evaluate(*cell: torch.Tensor) -> torch.Tensor:
        loss.seed()
        return loss(rest | dict(zip(axes, cell, strict=True)))

    parts = [differentiate(evaluate, cell, with_slopes) for cell in zip(*axes.values(), strict=True)]
    losses, slopes = zip(*parts, strict=True)
    return torch.stack(losses), tuple(torch.stack(slope) for slope in zip(*slopes, strict=True))
