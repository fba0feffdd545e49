"""Chooses values for variables that have none: small, readable, and of shapes that fit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle

WEIGHTS = (0.5, -0.3, 0.8, -0.6, 0.2, 0.7, -0.4, 0.9, -0.1, 0.6, 0.3, -0.8)
"""Both signs, none too large: what a person invents for weights."""

Nested = int | float | list["Nested"]


class Defaults:
    """Hands out values in order of appearance: scalars 1.0, 2.0, 3.0; data counts; weights come from a table."""

    def __init__(self) -> None:
        self._scalars = count(1)
        self._weights = cycle(WEIGHTS)

    def choose(self, name: str, shape: tuple[int, ...]) -> Nested:
        """Choose a value of a shape."""
        if not shape:
            return float(next(self._scalars))
        is_weight = name[0].isupper() or name[0] in "bw"
        return fill(shape, self._weights if is_weight else map(float, count(1)))


def choose_classes(shape: tuple[int, ...]) -> Nested:
    """Choose class numbers: 0 and 1 in turn, 1 for a single one."""
    return fill(shape, cycle((0, 1))) if shape else 1


def fill(shape: tuple[int, ...], numbers: Iterator[float]) -> Nested:
    """Arrange the next numbers in nested lists."""
    if not shape:
        return next(numbers)
    return [fill(shape[1:], numbers) for _ in range(shape[0])]
