"""Critical points of a loss over a grid: found by Newton's method where the slopes change signs, and told apart by
the eigenvalues of the Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from app.trace.study import CriticalPoint, Kind, real
from app.tracer.lab.curvature import in_float64

STEPS = 30
POINTS = 64
"""So many cells are tried, and so many points told."""
FLAT = 1e-6
"""An eigenvalue below this share of the largest one bends neither way."""


def find_critical(
    of_cell: Callable[..., torch.Tensor], lines: dict[str, torch.Tensor], slopes: Sequence[torch.Tensor]
) -> tuple[CriticalPoint, ...]:
    """Find the critical points within a grid.

    Args:
        of_cell: the loss in float64, given one value for each axis.
        lines: the values of each axis.
        slopes: the gradient in each cell, by axis, of shape (cells,).

    Returns:
        Each once, the lowest loss first; none where the expression has no second derivative.
    """
    names = tuple(lines)

    def of_point(point: torch.Tensor) -> torch.Tensor:
        return of_cell(*point)

    shape = tuple(len(line) for line in lines.values())
    points: list[CriticalPoint] = []
    found: list[torch.Tensor] = []
    size = torch.stack([(line[-1] - line[0]).abs().double() for line in lines.values()])
    with in_float64():
        for start in _starts(list(lines.values()), [slope.reshape(shape) for slope in slopes]):
            point = _newton(of_point, start)
            if point is None or not _is_inside(point, list(lines.values()), size):
                continue
            if all(bool(((point - other).abs() / size > 1e-4).any()) for other in found):
                found.append(point)
                points.append(_tell(of_point, names, point))
    return tuple(sorted(points, key=lambda point: (isinstance(point.loss, str), point.loss)))


def _starts(lines: list[torch.Tensor], slopes: list[torch.Tensor]) -> list[torch.Tensor]:
    """Centres of the cells in which every slope changes its sign between corners, the flattest first."""
    changes: torch.Tensor | None = None
    steep: torch.Tensor | None = None
    for slope in slopes:
        corners = slope.unfold(0, 2, 1)
        corners = corners.unfold(1, 2, 1).flatten(2) if len(lines) > 1 else corners
        changing = (corners.amin(-1) <= 0) & (corners.amax(-1) >= 0)
        changes = changing if changes is None else changes & changing
        length = corners.abs().mean(-1)
        steep = length if steep is None else steep + length
    assert changes is not None
    assert steep is not None
    cells = changes.nonzero()
    order = steep[changes].argsort()[:POINTS]
    return [
        torch.stack([(line[i] + line[i + 1]).double() / 2 for line, i in zip(lines, cell.tolist(), strict=True)])
        for cell in cells[order]
    ]


def _newton(of_point: object, start: torch.Tensor) -> torch.Tensor | None:
    """Walk to where the gradient is zero."""
    assert callable(of_point)
    point = start
    try:
        for _ in range(STEPS):
            slope = torch.func.grad(of_point)(point)
            step = torch.linalg.lstsq(torch.func.hessian(of_point)(point), slope[:, None], driver="gelsd").solution[
                :, 0
            ]
            point = point - step
            if not bool(torch.isfinite(point).all()):
                return None
            if float(step.abs().max()) <= 1e-10 * max(1.0, float(point.abs().max())):
                break
        slope = torch.func.grad(of_point)(point)
    except RuntimeError:
        return None
    return point if float(slope.abs().max()) <= 1e-6 else None


def _is_inside(point: torch.Tensor, lines: list[torch.Tensor], size: torch.Tensor) -> bool:
    low = torch.stack([line.min().double() for line in lines]) - 1e-6 * size
    high = torch.stack([line.max().double() for line in lines]) + 1e-6 * size
    return bool(((point >= low) & (point <= high)).all())


def _tell(of_point: object, names: tuple[str, ...], point: torch.Tensor) -> CriticalPoint:
    assert callable(of_point)
    values = torch.linalg.eigvalsh(torch.func.hessian(of_point)(point)).flip(0).tolist()
    limit = FLAT * max(1.0, *(abs(value) for value in values))
    kind: Kind = "saddle"
    if any(abs(value) <= limit for value in values):
        kind = "degenerate"
    elif all(value > 0 for value in values):
        kind = "minimum"
    elif all(value < 0 for value in values):
        kind = "maximum"
    place = {name: real(value) for name, value in zip(names, point.tolist(), strict=True)}
    return CriticalPoint(place, real(float(of_point(point))), kind, tuple(map(real, values)))
