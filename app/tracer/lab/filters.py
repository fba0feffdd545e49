"""Random directions as long as the weights they move, filter by filter."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from app.tracer.lab.plane import Plane

UNMOVED = -1


def filters_of(shapes: Sequence[torch.Size]) -> torch.Tensor:
    """Number the filters: the filter of each parameter, in the order of a row, of shape (parameters,).

    A filter is what makes one feature of the next layer: a row of a matrix, `weight[i]` of a convolution. Biases and
    other vectors beside them are `UNMOVED`. Where there are no matrices, each vector is one, and all scalars together.
    """
    has_matrices = any(len(shape) > 1 for shape in shapes)
    parts, count = [torch.empty(0, dtype=torch.long)], 1
    for shape in shapes:
        rows = shape[0] if len(shape) > 1 else 1
        if len(shape) < 2 and has_matrices:
            numbers = torch.full((rows,), UNMOVED)
        elif not shape:
            numbers = torch.zeros(1, dtype=torch.long)
        else:
            numbers = torch.arange(count, count + rows)
            count += rows
        parts.append(numbers.repeat_interleave(prod(shape) // max(1, rows)))
    return torch.cat(parts)


def draw_directions(weights: torch.Tensor, shapes: Sequence[torch.Size], seed: int) -> torch.Tensor:
    """Draw two random directions in which each filter is as long as it is in the weights.

    Without that a step along one would mean little to a layer of large weights and all to one of small ones, although
    ReLU networks of both may compute the same.

    Args:
        weights: all parameters as one row of float64.
        shapes: of the tensors they stand in.
        seed: equal ones draw equal directions.

    Returns:
        Rows of shape (2, parameters); 0 where a parameter belongs to no filter.

    Source:
        Li, Xu, Taylor, Studer, Goldstein: Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018, section 4,
        https://arxiv.org/abs/1712.09913; vectors stay, as its code leaves out biases and batch normalization.
    """
    filters = filters_of(shapes)
    is_moved = filters != UNMOVED
    chosen = filters[is_moved]
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(2, len(weights), generator=generator, dtype=torch.float64)
    directions = torch.zeros_like(drawn)
    for direction, numbers in zip(directions, drawn, strict=True):
        scale = lengths_of(weights[is_moved], chosen) / lengths_of(numbers[is_moved], chosen).clamp(min=1e-300)
        direction[is_moved] = numbers[is_moved] * scale[chosen]
    return directions


def lengths_of(row: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """The norm of each filter, by its number."""
    count = int(filters.max()) + 1 if len(filters) else 0
    return torch.zeros(count, dtype=row.dtype).index_add(0, filters, row.square()).sqrt()


def draw_plane(centre: torch.Tensor, shapes: Sequence[torch.Size], seed: int, moved: torch.Tensor) -> Plane | None:
    """Lay a plane at random through a place; None where its weights are all 0 or too few to span one.

    Args:
        centre: the place, as one row.
        shapes: of the tensors that stand in it.
        seed: of the directions.
        moved: how far paths went from their start, of shape (points, parameters).
    """
    directions = draw_directions(centre, shapes, seed)
    basis, heights = torch.linalg.qr(directions.T)
    first, second = heights.diagonal().abs().tolist()
    if not second > 1e-6 * max(first, 1e-300):
        return None
    variance = moved.square().sum()
    shares = (moved @ basis).square().sum(dim=0) / variance if float(variance) > 0 else torch.zeros(2).double()
    return Plane(directions, centre, shares)
