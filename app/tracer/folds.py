"""Folds: one call of Python's that asks torch again and again, as `sum(losses)` does for each of its losses.

Only the last result is what the program wrote there; those before it are steps on the way.
"""

from __future__ import annotations

import builtins
import functools
import math
from collections.abc import Mapping
from types import FrameType
from typing import Any

from app.tracer.keywords import resolve
from app.tracer.operands import operation_of
from app.tracer.source import Place
from app.tracer.walk import function_of

FOLDS = (builtins.sum, math.prod, functools.reduce)


class Fold:
    """The results of one such call, as they come.

    Args:
        variable: what the program calls the last one.
    """

    def __init__(self, variable: str | None) -> None:
        self._variable = variable
        self._latest: int | None = None
        """The number of the latest result's node."""

    def follow(self, number: int, func: Any, given: tuple[Any, ...], frame: FrameType, made: Mapping[int, Any]) -> None:
        """Take the next result.

        Args:
            number: of its node.
            func: what torch was asked for.
            given: what it was given.
            frame: of the program, where the call stands.
            made: what made the nodes: a result that goes into the next one is no more than that.
        """
        latest, self._latest = self._latest, number
        known = made.get(latest) if latest is not None else None
        if known is None or func.__name__.startswith("__r"):  # `0 + losses[0]` begins
            return
        node = function_of(given[0])
        if node is not None and node._sequence_nr() == latest and not self._is_done(given[0], frame):
            known.kernel = operation_of(func)

    def _is_done(self, result: Any, frame: FrameType) -> bool:
        """Whether the program holds a result already, as in `h = sum([h, x])` the next time around."""
        return self._variable is not None and resolve(self._variable.split("."), frame) is result


def is_fold(place: Place, frame: FrameType) -> bool:
    """Whether what stands at a place is a call that folds."""
    path = place.label.partition("(")[0].split(".")
    function = resolve(path, frame)
    if function is None and len(path) == 1:
        function = vars(builtins).get(path[0])
    return any(function is one for one in FOLDS)
