"""How numbers are printed: one rule for the server's pictures and the page (`static/format.js`).

`tests/numbers.json` holds cases that both sides must satisfy. The rule for one number:

1. `"NaN"` prints `NaN`, `"Infinity"` prints `∞`, `"-Infinity"` prints `-∞`; a boolean prints `True` or `False`, as
   Python does; no value (`null`) prints `—`. A float and an integer of the same size print alike, because JSON does not
   tell them apart in JavaScript: `16.0` prints `16`. Negative zero prints `0`.
2. From 0.001 up to 1,000 (exclusive) in size: four significant digits, trailing zeros dropped: `0.3333`, `0.1`.
3. From 1,000 up to 1,000,000 (exclusive): rounded to a whole number, so that no digit before the point is lost.
4. Else: an exponent of at least two digits with its sign, after a mantissa of four significant digits whose trailing
   zeros are dropped: `1.235e+06`, `1e-07`, `-9.999e-04`.

Ties round away from zero, taken on the exact binary value: that is what `toPrecision`, `toExponential` and
`Math.round` of the absolute value do in JavaScript. No text is longer than 11 characters.

The rule for a tensor: its elements in nested brackets, `[0.1, -2, 3]`, if that takes at most 25 characters; else, if
all elements are equal, `all 1`; else its smallest and largest element, `-0.5 … 2`, with `NaN!` in front of them when
any element is not a number (`NaN! -0.5 … 2`; only `NaN` when every element is); there, True counts as 1. A tensor
without elements prints `[]`; what has neither elements nor a smallest one prints as dtype and shape,
`complex64 [3, 4]`. A complex element prints `1+2j`. Whatever is then longer than 25 characters is cut to 24 and `…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from app.trace.model import Number, TensorValue, Value

WIDEST_NUMBER = "-0.0000e+00"
"""Box widths are reserved for this text; no number prints wider."""

WIDEST_TENSOR = "NaN! 0.000e+00 … 0.000e+…"
"""The same for tensors."""

TENSOR_CHARACTERS = 25
"""The longest text of a tensor."""

ABSENT = "—"
_SIGNS = {"NaN": "NaN", "Infinity": "∞", "-Infinity": "-∞"}
_FOUR_DIGITS = Context(prec=4, rounding=ROUND_HALF_UP)
_WHOLE = Context(rounding=ROUND_HALF_UP)


def format_share(share: float) -> str:
    """Print a part of a whole, between 0 and 1, in per cent: one digit after the point."""
    per_cent = Decimal(share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "< 0.1 %" if share > 0 and per_cent == 0 else f"{per_cent.normalize():f} %"


def square_of(value: Value) -> float:
    """The squared norm of a recorded value, as far as it is finite; 0 where there is none."""
    if value is None or isinstance(value, str):
        return 0.0
    if not isinstance(value, TensorValue):
        return float(value) ** 2
    if value.statistics is not None:
        return square_of(value.statistics.norm)
    return sum(square_of(element) for element in _flat(value.data or []))


def format_number(value: Number | None) -> str:
    """Print one number by the rule above.

    Args:
        value: a number as it stands in a trace, or None.

    Returns:
        At most 11 characters.
    """
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return _SIGNS[value]
    return _finite_or_not(value)


def _finite_or_not(value: int | float) -> str:
    try:
        number = float(value)
    except OverflowError:
        return "∞" if value > 0 else "-∞"
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "∞" if number > 0 else "-∞"
    return _finite(number)


def _finite(number: float) -> str:
    size = abs(number)
    if size == 0:
        return "0"
    if 1e3 <= size < 1e6:
        return str(Decimal(number).to_integral_value(context=_WHOLE))
    rounded = _FOUR_DIGITS.create_decimal(Decimal(number))
    if 1e-3 <= size < 1e3:
        return _without_zeros(f"{rounded:f}")
    mantissa, exponent = f"{rounded:e}".split("e")
    return f"{_without_zeros(mantissa)}e{exponent[0]}{exponent[1:]:0>2}"


def _without_zeros(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def format_value(value: Value) -> str:
    """Print a node's value or gradient, a scalar or a tensor, by the rules above.

    Args:
        value: as it stands in a trace; None where there is none.

    Returns:
        At most 25 characters.
    """
    if not isinstance(value, TensorValue):
        return format_number(value)
    text = _tensor(value)
    return text if len(text) <= TENSOR_CHARACTERS else text[: TENSOR_CHARACTERS - 1] + "…"


def _tensor(value: TensorValue) -> str:
    if value.data is None:
        return _range_of_statistics(value) or _shape(value)
    if 0 in value.shape:
        return "[]"
    if value.dtype.startswith("complex"):
        text = _complex_text(value.data, len(value.shape), TENSOR_CHARACTERS)
        return text if text is not None and len(text) <= TENSOR_CHARACTERS else _shape(value)
    # Every element takes three characters at least, so a longer list cannot fit.
    leaves = list(_flat(value.data))
    if 3 * len(leaves) <= TENSOR_CHARACTERS + 2 and 2 * len(value.shape) < TENSOR_CHARACTERS:
        text = _nested(value.data)
        if len(text) <= TENSOR_CHARACTERS:
            return text
    return _range(leaves) or _shape(value)


def _nested(data: object) -> str:
    if isinstance(data, list):
        return "[" + ", ".join(_nested(item) for item in data) + "]"
    return format_number(data)  # type: ignore[arg-type]


def _complex_text(data: object, depth: int, room: int) -> str | None:
    if not isinstance(data, list) or 3 * len(data) > room + 6:
        return None
    if depth > 0:
        parts = [_complex_text(item, depth - 1, room) for item in data]
        return "[" + ", ".join(part for part in parts if part) + "]" if all(parts) else None
    real, imaginary = (format_number(part) for part in data)
    sign = "" if imaginary.startswith("-") else "+"
    return f"{real}{sign}{imaginary}j"


def _flat(data: object) -> Iterator[Number]:
    stack = [iter([data])]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            yield item  # type: ignore[misc]
        else:
            stack.pop()


def _range(elements: Iterable[Number]) -> str:
    numbers = [float(element) for element in elements]
    known = [number for number in numbers if number == number]
    if not known:
        return "NaN" if numbers else ""
    return _between(min(known), max(known), len(known) < len(numbers))


def _range_of_statistics(value: TensorValue) -> str:
    statistics = value.statistics
    if statistics is None or statistics.min is None or statistics.max is None:
        return ""
    low, high = statistics.min, statistics.max
    if "NaN" in (low, high):
        return "NaN"
    return _between(low, high, statistics.nan > 0)


def _between(low: Number, high: Number, has_nan: bool) -> str:
    first, last = format_number(low), format_number(high)
    text = f"all {first}" if low == high and not has_nan else f"{first} … {last}"
    return f"NaN! {text}" if has_nan else text


def _shape(value: TensorValue) -> str:
    return f"{value.dtype} [{', '.join(map(str, value.shape))}]"
