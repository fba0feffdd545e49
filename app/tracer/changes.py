"""Changes: what leaves and their gradients hold before they are written, and how far a leaf went."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import torch

from app.trace.model import Number
from app.tracer.metadata import shape_of
from app.tracer.summaries import settle
from app.tracer.values import Held, Reading, number, read_all, unwatched

MOST_COPIED = 2_000_000
"""A leaf of more elements is not copied to see how far it goes."""


class Change(NamedTuple):
    """A leaf that is about to change."""

    leaf: torch.Tensor
    before: Reading
    gradient: Reading
    copy: torch.Tensor | None = None
    """What it was, where the reading does not say it element by element."""
    step_norm: Number | msgspec.UnsetType = msgspec.UNSET

    def measured(self) -> Change:
        """The change after it was made: how far the leaf went."""
        if self.copy is None or shape_of(self.copy) != shape_of(self.leaf):
            return self._replace(copy=None)
        with unwatched(), torch.no_grad():
            norm = torch.linalg.vector_norm(self.leaf.detach() - self.copy).item()
        return self._replace(copy=None, step_norm=number(norm))


def changes_of(leaves: list[torch.Tensor], full_elements: int) -> list[Change]:
    """Remember leaves that are about to be written.

    Args:
        leaves: any leaves.
        full_elements: up to so many elements are kept in full.
    """
    before = read_all(leaves, full_elements)
    gradients = gradients_of(leaves, full_elements)
    held = [reading for reading in before if type(reading) is Held]
    if not held:
        return list(map(Change, leaves, before, gradients))
    settle(held)
    copies = [_copied(leaf) if type(one) is Held else None for leaf, one in zip(leaves, before, strict=True)]
    return list(map(Change, leaves, before, gradients, copies))


def gradients_of(leaves: list[torch.Tensor], full_elements: int) -> list[Reading]:
    """Read the `.grad` of each leaf; None where there is none."""
    gradients = [leaf.grad for leaf in leaves]
    given = [one for one in gradients if one is not None]
    readings = read_now(given, full_elements)
    if len(given) == len(gradients):
        return readings
    rest = iter(readings)
    return [None if one is None else next(rest) for one in gradients]


def read_now(tensors: list[torch.Tensor], full_elements: int) -> list[Reading]:
    """Read tensors that are written in place: their statistics cannot wait."""
    readings = read_all(tensors, full_elements)
    held = [reading for reading in readings if type(reading) is Held]
    if held:
        settle(held)
    return readings


def _copied(leaf: torch.Tensor) -> torch.Tensor | None:
    """A copy of a leaf whose reading does not say what it is element by element."""
    if not leaf.is_floating_point() or leaf.numel() > MOST_COPIED:
        return None
    with unwatched():
        return leaf.detach().clone()
