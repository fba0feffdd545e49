"""Reads recorded values as numbers: whether they are zero or broken, how large they are, and how to write them."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

from app.trace.model import NonFinite, TensorValue, Value

NON_FINITE: dict[str, float] = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number(value: Value) -> float | None:
    """Read a scalar; None for anything else."""
    if type(value) is float or type(value) is int:
        return float(value)
    return NON_FINITE[value] if isinstance(value, str) else None


def broken(value: Value) -> NonFinite | None:
    """Find the first element that is no finite number."""
    if type(value) is float or value is None:
        return None
    if isinstance(value, str):
        return value
    if not isinstance(value, TensorValue):
        return None
    if value.statistics is not None:
        return "NaN" if value.statistics.nan else "Infinity" if value.statistics.inf else None
    found = elements(value)
    try:
        sum(found)  # type: ignore[arg-type]  # words cannot be added: quicker than a look at each element
    except TypeError:
        return next(one for one in found if isinstance(one, str))
    return None


def is_zero(value: Value) -> bool:
    """Tell whether every element is exactly 0; none is said of a tensor without any, or of one that shows none."""
    if not isinstance(value, TensorValue):
        return value is not None and not isinstance(value, str) and value == 0
    if value.statistics is not None:
        return value.statistics.zeros == 1.0
    return bool(value.data) and math.prod(value.shape) > 0 and not any(elements(value))


def is_even(value: Value) -> bool:
    """Tell whether a tensor has several elements, and all the same."""
    if not isinstance(value, TensorValue):
        return False
    if value.statistics is not None:
        return value.statistics.min == value.statistics.max
    found = elements(value)
    return len(found) > 1 and found.count(found[0]) == len(found)


def size(value: Value) -> float | None:
    """Root mean square of the elements; None where that is not known or not finite."""
    if not isinstance(value, TensorValue):
        scalar = number(value)
        return abs(scalar) if scalar is not None and math.isfinite(scalar) else None
    count = math.prod(value.shape)
    if value.statistics is not None:
        norm = number(value.statistics.norm)
        return norm / math.sqrt(count) if norm is not None and math.isfinite(norm) and count else None
    if broken(value) or value.dtype.startswith("complex") or not count:
        return None
    return math.sqrt(sum(float(one) ** 2 for one in elements(value) if not isinstance(one, str)) / count)


def elements(value: TensorValue) -> list[int | float | NonFinite]:
    """Flatten nested data; a complex element counts as two."""
    level: list[Any] = value.data or []
    while level and type(level[0]) is list:
        level = list(chain.from_iterable(level))
    return level


def show(value: Value) -> str:
    """Write a value for a sentence: four digits, small tensors in full, larger ones by their norm."""
    if isinstance(value, TensorValue):
        if value.data is not None and len(value.shape) == 1 and value.shape[0] <= 4:
            return "[" + ", ".join(show_number(one) for one in elements(value)) + "]"
        measure = size(value)
        return "‖…‖ = " + ("?" if measure is None else show_number(measure * math.sqrt(math.prod(value.shape))))
    return "None" if value is None else show_number(value)


def show_number(value: float | NonFinite) -> str:
    """Write a number with four digits."""
    return value if isinstance(value, str) else f"{value:.4g}"
