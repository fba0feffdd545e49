"""A plane through the space of all parameters: laid through paths, or at random, and what it hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from app.trace.study import Hidden, Real, real
from app.tracer.lab.course import Course


class Plane(NamedTuple):
    """Two directions through a centre, of shapes (2, parameters) and (parameters,), and the share that each (the second
    as far as it is square to the first) has in the paths' variance about their common start.
    """

    directions: torch.Tensor
    centre: torch.Tensor
    explained: torch.Tensor

    def project(self, rows: torch.Tensor) -> torch.Tensor:
        """Bring points into the plane, to their nearest place there; of shape (points, 2)."""
        products = self.directions @ self.directions.T
        places: torch.Tensor = torch.linalg.solve(products, self.directions @ (rows - self.centre).T)
        return places.T


def lay_plane(rows: torch.Tensor, centre: torch.Tensor) -> Plane | None:
    """Lay a plane through points by PCA about their common start; None where they span none."""
    moved = rows - centre
    # The points are few and the parameters many: their products are the smaller matrix.
    values, vectors = torch.linalg.eigh(moved @ moved.T)
    values, vectors = values.flip(0)[:2], vectors.flip(1)[:, :2]
    if len(values) < 2 or not float(values[1]) > 1e-12 * max(float(values[0]), 1e-300):
        return None
    directions = (vectors.T @ moved) / values.sqrt()[:, None]
    return Plane(directions, centre, values / moved.square().sum())


def points_of(centre: torch.Tensor, directions: torch.Tensor, lines: Sequence[torch.Tensor]) -> torch.Tensor:
    """Lay a grid in a plane, the last axis fastest; of shape (points, parameters)."""
    shares = torch.cartesian_prod(*lines).reshape(-1, len(lines))
    return centre + shares @ directions


def hidden_by(course: Course, plane: Plane, place: torch.Tensor | None = None) -> Hidden:
    """Say what a slice does not show; its centre is the start of all, or another `place`."""
    return hide(plane.directions, course.gradient(place).double(), real(float(plane.explained.sum())))


def hide(directions: torch.Tensor, gradient: torch.Tensor, explained: Real | None) -> Hidden:
    """Say what a slice does not show.

    Args:
        directions: of shape (1 or 2, parameters).
        gradient: at its centre, of shape (parameters,).
        explained: the share of the paths' variance in it, if that is known.
    """
    inside = torch.linalg.vector_norm(torch.linalg.qr(directions.T).Q.T @ gradient)
    length = torch.linalg.vector_norm(gradient)
    share = real(float(inside / length)) if float(length) > 0 else None
    unmoved = int((directions == 0).all(dim=0).sum())
    return Hidden(directions.shape[1], len(directions), explained, share, unmoved)


def explained_by(directions: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
    """The share that each direction (the second as far as it is square to the first) has in the squares of how far
    points moved, of shape (directions,); NaN where none did.
    """
    basis = torch.linalg.qr(directions.T).Q
    shares: torch.Tensor = (moved @ basis).square().sum(dim=0) / moved.square().sum()
    return shares
