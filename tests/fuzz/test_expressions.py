"""The grammar of expressions: whatever is typed is written into a program that Python can read, or explained."""

from __future__ import annotations

import ast
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ExplorerError
from app.program import known_names, write
from app.settings import Limits
from app.trace.job import Expression, Optimizer, Variable
from app.web.texts import problem_text, problem_texts
from tests.fuzz.searching import A_ROUND, search
from tests.strategies import formulas

LIMITS = Limits()
NAMES = known_names()
PIECES = (
    *"abxyzWλé_01259.+-*/%@^&|~<>=!?:;,()[]{}'\"\\#$` \n\t\0",
    *("**", "//", "==", "->", ":=", "...", " if ", " else ", " and ", " not ", " for ", " in ", " lambda ", " is "),
    *(
        "sin(",
        "relu(",
        "torch.",
        "F.",
        "math.",
        "nn.",
        ".sum()",
        ".T",
        "x.grad",
        "loss",
        "optim",
        "print(",
        "e1",
        "1e999",
    ),
    *("²", "×", "π", "∞", "√", "–", "（", "Σ", "𝒙", "\u200b", "\u202e", "\ud800", "0x", "1_0", "1j", "None", "True"),
    *("((((((((", "))))))))", "[[[[[[", "-" * 30, "x" * 300, "0" * 300, "__import__('os')", "__class__", "f'{x}'"),
)

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.text(max_size=60),
    formulas(),
    st.tuples(formulas(), st.integers(0, 80), st.integers(0, 5), st.sampled_from(PIECES)).map(
        lambda cut: cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :]
    ),
    st.sampled_from(sorted(NAMES.functions)).flatmap(lambda name: st.sampled_from([f"{name}(x)", name, f"x.{name}()"])),
)
values: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    texts,
    st.recursive(st.floats() | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=4), max_leaves=12),
)
optimizers = st.builds(
    Optimizer,
    st.sampled_from([*NAMES.optimizers, "sgd", "", "Adm"]),
    st.dictionaries(
        st.sampled_from(["lr", "momentum", "betas", "eps", "x", "lr=1); import os; ("]),
        st.floats() | st.integers() | st.booleans(),
        max_size=3,
    ),
)
expressions = st.builds(
    Expression,
    texts,
    st.dictionaries(
        st.sampled_from(["a", "b", "x", "y", "W", "loss", "for", "", "x y", "λ", "torch", "print"])
        | st.text(max_size=5),
        st.builds(Variable, values, st.booleans()),
        max_size=4,
    ),
    optimizers,
    st.sampled_from([0, 1, 3, 1000]),
    st.booleans(),
)


def check(expression: Expression) -> None:
    """Write one expression; a refusal must have its words, and a place that is in the text."""
    started = time.process_time()
    try:
        program = write(expression, LIMITS)
    except ExplorerError as error:
        check_refusal(error, expression.expression)
    else:
        tree = ast.parse(program)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "backward"]
        assert len(calls) == 1
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert imported <= {"torch", "torch.nn", "torch.nn.functional", "torch.optim", "math"}
    assert time.process_time() - started < 2


def check_refusal(error: ExplorerError, source: str) -> None:
    for language in ("en", "zh"):
        assert error.slug in problem_texts(language)
        detail = problem_text(error.slug, error.parameters, language)[1]
        names = set(re.findall(r"\{(\w+)\}", "".join(problem_sentences(error.slug, language))))
        assert names <= {*error.parameters, "line", "column"}, (error.slug, names, detail)
    if error.line is not None:
        lines = re.split(r"\r\n|\r|\n", source)
        assert 1 <= error.line <= len(lines)
        assert error.column is None or 1 <= error.column <= len(lines[error.line - 1]) + 1


def problem_sentences(slug: str, language: str) -> list[str]:
    text = problem_texts(language)[slug]
    return [text.title, text.what or "", text.why or "", text.instead or ""]


@pytest.mark.fuzz
def test_whatever_is_typed_is_written_or_explained() -> None:
    @A_ROUND
    @given(expressions)
    def one_round(expression: Expression) -> None:
        check(expression)

    print(search(one_round), "rounds")


def test_some_of_what_is_typed_is_written_or_explained() -> None:
    @A_ROUND
    @given(expressions)
    def one_round(expression: Expression) -> None:
        check(expression)

    one_round()
