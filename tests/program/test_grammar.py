"""Expressions that cannot be read, and what their authors are told: slug, line, column, parameters."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ExplorerError, LimitError, ProgramError
from app.program import known_names, write
from app.settings import Limits
from app.trace.job import Expression, Optimizer, Variable
from app.tracer.vocabulary import read_names

TABLE = [
    ("", "empty-source", 1, 1),
    ("x^2", "caret-power", 1, 2),
    ("x**2 +\n  y ^ 2", "caret-power", 2, 5),
    ("sinn(x)", "misspelt-function", 1, 1),
    ("y + qqqq(x)", "unknown-function", 1, 5),
    ("sin + x", "function-not-called", 1, 1),
    ("sin x", "function-not-called", 1, 1),
    ("x.sum", "function-not-called", 1, 3),
    ("2x", "implied-product", 1, 1),
    ("y + 2x", "implied-product", 1, 5),
    ("2(x+1)", "implied-product", 1, 1),
    ("(a+b)(c+d)", "implied-product", 1, 1),
    ("x y", "implied-product", 1, 1),
    ("x × y", "character-meant", 1, 3),
    ("x²", "character-meant", 1, 2),
    ("（x）", "character-meant", 1, 1),
    ("x\u200b", "character", 1, 2),
    ("\x1b[31m", "character", 1, 1),
    ("x\0", "null-byte", 1, 2),
    ("y = x**2", "not-an-expression", 1, 1),
    ("import os", "not-an-expression", 1, 1),
    ("import torch\nx = torch.ones(3)\n", "not-an-expression", 1, 1),
    ("x = 2\ny = x**2", "not-an-expression", 1, 1),
    ("import torch\nx = torch.ones(3", "not-an-expression", 1, 1),
    ("lambda x: x", "construct", 1, 1),
    ("[a for a in x]", "construct", 1, 1),
    ("f'{x}'", "construct", 1, 1),
    ("(x := 2)", "construct", 1, 2),
    ("sin(*x)", "construct", 1, 5),
    ("x # c", "construct", 1, 3),
    ("x << 2", "construct", 1, 1),
    ("x.__class__", "private-attribute", 1, 3),
    ("x +", "syntax", 1, 4),
    ("\n\n x +* 2", "syntax", 3, 5),
    ("é +* 2", "syntax", 1, 4),
    ("sin(x", "syntax", 1, 4),
    ("x" * 3000, "expression-too-long", 1, 1),
    ("(" * 300 + "x" + ")" * 300, "expression-too-deep", 1, 201),
    ("-" * 150 + "x", "expression-too-deep", 1, 101),
    ("torch", "reserved-name", 1, 1),
    ("3**2", "no-variable", 1, 1),
    ("+".join(f"x{n}" for n in range(60)), "too-many-variables", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "slug", "line", "column"), TABLE)
def test_each_problem_has_its_slug_and_place(text: str, slug: str, line: int | None, column: int | None) -> None:
    with pytest.raises(ProgramError) as caught:
        write(Expression(text))
    assert (caught.value.slug, caught.value.line, caught.value.column) == (slug, line, column)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("sinn(x)", {"name": "sinn", "nearest": "sin"}),
        ("2x + 3y", {"text": "2x", "suggestion": "2*x"}),
        ("(a+b)(c+d)", {"text": "(a+b)(c+d)", "suggestion": "(a+b)*(c+d)"}),
        ("x ÷ y", {"character": "÷", "replacement": "/"}),
        ("x³", {"character": "³", "replacement": "**3"}),
        ("é +* 2", {"message": "invalid syntax", "text": "é +* 2", "caret": "   ^"}),
    ],
)
def test_parameters_say_what_to_write(text: str, parameters: dict[str, object]) -> None:
    with pytest.raises(ProgramError) as caught:
        write(Expression(text))
    assert caught.value.parameters == parameters


@pytest.mark.parametrize("piece", ["0", "1_", "a", "1.", "a ", "1 ", ") ", "(", " "])
def test_a_long_text_is_refused_at_once(piece: str) -> None:
    text = "/" + piece * (998 // len(piece))
    started = time.process_time()
    with pytest.raises(ProgramError):
        write(Expression(text))
    assert time.process_time() - started < 1, "the search for what was meant grows faster than the text"


@pytest.mark.parametrize(
    ("options", "slug"),
    [
        ({"variables": {"x": Variable([[1, 2], [3]])}}, "ragged-value"),
        ({"variables": {"x": Variable([[1, 2], 3])}}, "ragged-value"),
        ({"variables": {"x": Variable([])}}, "empty-value"),
        ({"variables": {"x": Variable([[], []])}}, "empty-value"),
        ({"variables": {"x": Variable([[1] * 64] * 64)}}, "value-too-large"),
        ({"variables": {"x": Variable([True])}}, "bad-value"),
        ({"variables": {"x": Variable(10**400)}}, "bad-value"),
        ({"variables": {"x": Variable("y + 1")}}, "bad-value"),
        ({"variables": {"x": Variable("[1, 2")}}, "bad-value"),
        ({"variables": {"x": Variable("randnn(3)")}}, "misspelt-function"),
        ({"variables": {"1x": Variable(1)}}, "reserved-name"),
        ({"variables": {"lambda": Variable(1)}}, "reserved-name"),
        ({"variables": {"torch": Variable(1)}}, "reserved-name"),
        ({"variables": {"x": Variable(1, requires_grad=False)}}, "nothing-followed"),
        ({"steps": -1}, "negative-steps"),
        ({"steps": 1, "optimizer": Optimizer("adam")}, "misspelt-optimizer"),
        ({"steps": 1, "optimizer": Optimizer("qqqq")}, "unknown-optimizer"),
        ({"steps": 1, "optimizer": Optimizer("SGD", {"betas": 1})}, "unknown-option"),
        ({"steps": 1, "optimizer": Optimizer("SGD", {"lr": float("inf")})}, "bad-option"),
    ],
)
def test_values_and_options_are_checked(options: dict[str, Any], slug: str) -> None:
    with pytest.raises(ProgramError) as caught:
        write(Expression("x*x", **options))
    assert caught.value.slug == slug


def test_a_thousand_million_steps_are_refused_with_the_limit() -> None:
    with pytest.raises(LimitError) as caught:
        write(Expression("x*x", steps=10**9), Limits(steps=1000))
    assert caught.value.slug == "limit-steps"
    assert caught.value.parameters == {"steps": 10**9, "limit": "steps", "value": 1000, "unit": "steps"}


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="xyab012.+-*/^()[],@ =sincoexp\n\0é²'\"#:{}λ", max_size=40))
def test_any_text_is_written_or_refused_with_a_place(text: str) -> None:
    place, program = (1, 1), ""
    try:
        program = write(Expression(text))
    except ExplorerError as error:
        place = error.line or 1, error.column or 1
    assert min(place) >= 1
    compile(program, "<program>", "exec")


def test_the_names_kept_in_the_file_are_those_of_the_installed_torch() -> None:
    assert known_names() == read_names()
