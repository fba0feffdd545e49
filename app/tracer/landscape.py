"""The loss over a grid: all cells in a few calls where the expression allows, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from app.errors import ProgramError
from app.trace.study import Axis, Landscape, LandscapeEvent
from app.tracer.formulas import Loss, floats
from app.tracer.lab.critical import find_critical
from app.tracer.lab.curvature import widen

ELEMENTS_AT_ONCE = 2_000_000
"""Of all variables together, so that a grid over large matrices stays within the memory of a child."""

Slopes = tuple[torch.Tensor, ...]


def survey(loss: Loss, study: Landscape) -> LandscapeEvent:
    """Evaluate the loss, and its gradient if asked for, in each cell of a grid.

    Raises:
        ProgramError: an axis is no scalar variable that autograd can follow, or the loss is no scalar.
    """
    lines = draw_lines(loss.values, study.axes)
    values = {name: value.detach() for name, value in loss.values.items()}
    grid = Grid(along(loss, values, study.axes), sum(value.numel() for value in values.values()), loss.seed)
    losses, slopes, batched = grid.evaluate(lines, study.gradients or study.critical)
    critical = None
    if study.critical:
        exact = along(loss, {name: widen(value) for name, value in values.items()}, study.axes)
        names = [axis.variable + "".join(f"[{at}]" for at in axis.index or ()) for axis in study.axes]
        critical = find_critical(exact, dict(zip(names, lines, strict=True)), slopes)
    told = tuple(map(floats, slopes)) if study.gradients else ()
    return LandscapeEvent(floats(losses), told, batched, critical)


def along(loss: Loss, values: Mapping[str, torch.Tensor], axes: tuple[Axis, ...]) -> Callable[..., torch.Tensor]:
    """Make the loss a function of the scalars on the axes, everything else held."""
    masks = [mask_of(values[axis.variable], axis.index) for axis in axes]

    def of_cell(*cell: torch.Tensor) -> torch.Tensor:
        given = dict(values)
        for axis, mask, value in zip(axes, masks, cell, strict=True):
            given[axis.variable] = value if mask is None else torch.where(mask, value, given[axis.variable])
        return loss(given)

    return of_cell


def draw_lines(values: Mapping[str, torch.Tensor], axes: tuple[Axis, ...]) -> list[torch.Tensor]:
    """Divide each axis into its scalar's values.

    Raises:
        ProgramError: there is no such scalar.
    """
    lines = []
    for axis in axes:
        name, value = axis.variable[:60], values.get(axis.variable)
        if value is None:
            raise ProgramError("axis-unknown", {"name": name, "known": ", ".join(values)[:400]})
        shape = "(" + ", ".join(map(str, value.shape)) + ")"
        if axis.index is None and (value.dim() or not value.is_floating_point()):
            raise ProgramError("axis-not-scalar", {"name": name, "shape": shape})
        if not value.is_floating_point() or not fits(axis.index or (), value.shape):
            raise ProgramError("axis-index", {"name": name, "index": str(list(axis.index or ())), "shape": shape})
        # The ends and the steps between them are exact in float64; each cell is then rounded once.
        lines.append(torch.linspace(axis.start, axis.stop, axis.count, dtype=torch.float64).to(value.dtype))
    return lines


def fits(index: tuple[int, ...], shape: torch.Size) -> bool:
    """Whether a tensor has an element at this place."""
    return len(index) == len(shape) and all(0 <= at < size for at, size in zip(index, shape, strict=True))


def mask_of(value: torch.Tensor, index: tuple[int, ...] | None) -> torch.Tensor | None:
    """Mark one element of a tensor; None for a scalar by itself."""
    if not index:
        return None
    mask = torch.zeros(value.shape, dtype=torch.bool)
    mask[index] = True
    return mask


class Grid:
    """A loss over all combinations of the values of some scalars.

    Args:
        of_cell: the loss where these have given values.
        elements: that one evaluation works on, so that not too many are made at once.
        seed: sets every generator before an evaluation by itself; None for a loss that does so where it must.
    """

    def __init__(
        self, of_cell: Callable[..., torch.Tensor], elements: int, seed: Callable[[], object] | None = None
    ) -> None:
        self._of_cell = of_cell
        self._elements = elements
        self._seed = seed

    def evaluate(self, lines: Sequence[torch.Tensor], with_slopes: bool) -> tuple[torch.Tensor, Slopes, bool]:
        """Evaluate everywhere.

        Args:
            lines: the values of each scalar; the last is the fastest.
            with_slopes: whether the gradient along each is wanted.

        Returns:
            The losses, of shape (cells,); the slopes, each of this shape; and whether there were only a few calls.

        Raises:
            ProgramError: the loss is no scalar.
        """
        axes = [cell.reshape(-1) for cell in torch.meshgrid(*lines, indexing="ij")]
        with torch.set_grad_enabled(with_slopes):
            try:
                return *self._in_batches(axes, with_slopes), True
            except ProgramError:
                raise
            except Exception:
                # Branches on values, `.item()` and random numbers have no batched form.
                return *self._one_by_one(axes, with_slopes), False

    def _in_batches(self, axes: Sequence[torch.Tensor], with_slopes: bool) -> tuple[torch.Tensor, Slopes]:
        """Evaluate many cells in one call of each operation."""
        mapped = torch.func.vmap(self._of_cell, randomness="same" if self._seed is None else "error")
        size = max(1, ELEMENTS_AT_ONCE // self._elements)
        pieces = zip(*(torch.split(axis, size) for axis in axes), strict=True)
        parts = [differentiate(mapped, tuple(piece), with_slopes) for piece in pieces]
        if len(parts) == 1:
            return parts[0]
        losses, slopes = zip(*parts, strict=True)
        return torch.cat(losses), tuple(torch.cat(slope) for slope in zip(*slopes, strict=True))

    def _one_by_one(self, axes: Sequence[torch.Tensor], with_slopes: bool) -> tuple[torch.Tensor, Slopes]:
        """Evaluate each cell by itself, from the same seed."""

        def evaluate(*cell: torch.Tensor) -> torch.Tensor:
            if self._seed is not None:
                self._seed()
            return self._of_cell(*cell)

        parts = [differentiate(evaluate, cell, with_slopes) for cell in zip(*axes, strict=True)]
        losses, slopes = zip(*parts, strict=True)
        return torch.stack(losses), tuple(torch.stack(slope) for slope in zip(*slopes, strict=True))


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
