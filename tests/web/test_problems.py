"""Problem documents: every one has its words, in every language, and its place in the source."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from app.errors import ExplorerError, LimitError
from app.program.optimizers import WORDS
from app.settings import Limits
from app.trace.model import Cut, EndEvent, Failure, Span
from app.web.outcomes import error_of, outcome_of
from app.web.problems import RunFailedError, describe
from app.web.service import problem_line
from app.web.texts import LANGUAGES, Language, fill, problem_text, problem_texts

WEB = Path(__file__).parents[2] / "app" / "web"
REFUSED_BEFORE_A_RUN = {"source_bytes", "expression_characters", "expression_depth", "expression_variables"}
CUTTING = set(Limits.__struct_fields__) - REFUSED_BEFORE_A_RUN - {"full_elements", "written_elements"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_these_rooms_has_words(language: Language) -> None:
    source = "\n".join(path.read_text() for path in WEB.glob("*.py"))
    slugs = set(re.findall(r'Error\(\s*"([a-z-]+)"', source)) | {"invalid-json", "invalid-request", "internal-error"}
    assert len(slugs) > 10
    assert slugs <= problem_texts(language).keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", sorted(CUTTING))
def test_every_limit_has_words_with_its_number(limit: str, language: Language) -> None:
    error = error_of(EndEvent(cut=Cut(limit, 12345, "units")), True, None)
    assert isinstance(error, LimitError)
    assert error.slug in problem_texts(language)
    problem = describe(error, language)
    assert (problem.status, problem.limit) == (422, 12345)
    assert "12345" in problem.title + problem.detail


def test_a_cut_after_the_first_pass_is_an_answer() -> None:
    assert error_of(EndEvent(cut=Cut("passes", 1, "passes")), False, None) is None
    assert error_of(EndEvent(), True, None) is None


def test_a_failure_keeps_its_place_and_what_was_recorded() -> None:
    end = EndEvent(failure=Failure("raised", {"type": "ValueError", "message": "{type}"}, Span(3, 5, 3, 9)))
    error = error_of(end, False, b'{"version":1}')
    assert isinstance(error, RunFailedError)
    problem = describe(error, "en")
    assert (problem.line, problem.column, problem.trace) == (3, 5, msgspec.Raw(b'{"version":1}'))
    line = msgspec.json.decode(problem_line(error, "en"))
    assert (line["event"], line["code"], line["trace"]) == ("problem", "raised", {"version": 1})


@pytest.mark.parametrize(
    ("cut", "failure", "outcome"),
    [
        (None, None, "finished"),
        (Cut("passes", 1, "passes"), None, "cut"),
        (None, Failure("raised"), "failed"),
        (None, Failure("run-died"), "died"),
    ],
)
def test_outcomes_are_few(cut: Cut | None, failure: Failure | None, outcome: str) -> None:
    assert outcome_of(cut, failure) == outcome


def test_a_sentence_is_filled_once_and_by_name_only() -> None:
    assert fill("{a} {b} {c} {a.b}", {"a": "{b}", "b": 2}) == "{b} 2 {c} {a.b}"


def test_names_are_listed_as_the_language_lists() -> None:
    named = {"known": "lr, betas", "value": "[1, 2]"}
    assert fill("{known}: {value}", named, "zh") == "lr、betas: [1, 2]"
    assert fill("{known}: {value}", named, "en") == "lr, betas: [1, 2]"
    assert all(kind[0] == kind[-1] == "`" for kind in WORDS.values()), "what an option may be is said in Python"


def test_a_slug_without_words_still_speaks() -> None:
    assert problem_text("brand-new", {}, "en") == ("Brand new", "")
    assert describe(ExplorerError("brand-new"), "zh").title == "Brand new"
