"""One rule for numbers: the table that the page must satisfy too, and what holds for every number."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layout.numbers import (
    TENSOR_CHARACTERS,
    WIDEST_NUMBER,
    WIDEST_TENSOR,
    format_number,
    format_share,
    format_value,
    square_of,
)
from app.layout.text import width
from app.trace.model import Statistics, TensorValue

CASES = json.loads((Path(__file__).parents[1] / "numbers.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_case(case: dict[str, Any]) -> None:
    value = case["value"]
    assert format_value(msgspec.convert(value, TensorValue) if isinstance(value, dict) else value) == case["text"]


def test_shares() -> None:
    cases = json.loads((Path(__file__).parents[1] / "shares.json").read_text())
    assert [format_share(case["share"]) for case in cases] == [case["text"] for case in cases]


def test_squared_norms_of_all_that_is_recorded() -> None:
    whole = TensorValue((2, 2), "float32", data=[[1, 2], ["NaN", -2.0]])
    known = TensorValue((300,), "float32", statistics=Statistics(0, 1, 0.5, 0.1, 3.0, 0.0, 0, 0))
    assert [square_of(value) for value in (None, -3.0, "Infinity", whole, known)] == [0, 9, 0, 9, 9]


@pytest.mark.parametrize(
    ("value", "text"),
    [(float("nan"), "NaN"), (float("inf"), "∞"), (-float("inf"), "-∞"), (10**400, "∞"), (-(10**400), "-∞")],
)
def test_what_json_does_not_carry_prints_as_well(value: float, text: str) -> None:
    assert format_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_four_digits_of_every_number_are_right(value: float) -> None:
    text = format_number(value)
    assert len(text) <= len(WIDEST_NUMBER)
    assert width(text, 12, "bold") <= width(WIDEST_NUMBER, 12, "bold")
    exact = Decimal(value)
    assert abs(Decimal(text) - exact) <= abs(exact) * Decimal("5.001e-4")


@given(
    st.lists(st.floats(width=32) | st.integers(-(10**9), 10**9) | st.booleans(), max_size=40),
    st.sampled_from(["float32", "bool", "int64"]),
)
def test_tensors_fit_the_room_that_boxes_reserve(elements: list[float], dtype: str) -> None:
    json_safe = [repr_of(element) for element in elements]
    text = format_value(TensorValue((len(elements),), dtype, data=json_safe))
    assert len(text) <= TENSOR_CHARACTERS
    assert width(text, 12, "bold") <= width(WIDEST_TENSOR, 12, "bold")


def repr_of(element: float) -> float | str:
    if isinstance(element, float) and not math.isfinite(element):
        return "NaN" if math.isnan(element) else "Infinity" if element > 0 else "-Infinity"
    return element


def test_deep_nesting_is_no_trouble() -> None:
    data: Any = 1.0
    for _ in range(500):
        data = [data]
    assert format_value(TensorValue((1,) * 500, "float32", data=data)) == "all 1"
