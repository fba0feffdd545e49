"""The sentences: the same keys and parameters in every language, and one for each slug and code that is raised."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.tracer.failure_rules import RULES
from app.tracer.refusals import BY_CALL, BY_MODULE

ROOT = Path(__file__).parents[1]
SENTENCES = {"title", "what", "why", "instead"}
Texts = dict[str, dict[str, str]]


def read(language: str, table: str) -> Texts:
    texts: Texts = json.loads((ROOT / "static" / "texts" / language / f"{table}.json").read_text("utf-8"))
    return texts


def parameters(entry: dict[str, str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", " ".join(entry.values())))


@pytest.mark.parametrize("table", ["problems", "diagnostics"])
def test_both_languages_say_the_same_things(table: str) -> None:
    english, chinese = read("en", table), read("zh", table)
    assert english.keys() == chinese.keys()
    for key, entry in english.items():
        assert set(entry) == set(chinese[key]) == SENTENCES, key
        assert parameters(entry) == parameters(chinese[key]), key
        assert all(entry.values()), key
        assert all(re.search(r"[\u4e00-\u9fff]", text) for name, text in chinese[key].items() if "{" not in text), key


@pytest.mark.parametrize("table", ["problems", "diagnostics"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_braces_hold_names_only(language: str, table: str) -> None:
    for key, entry in read(language, table).items():
        rest = re.sub(r"\{\w+\}", "", " ".join(entry.values()))
        assert "{" not in rest, key
        assert "}" not in rest, key


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff`}）][,;:!?](?!\w)|[,;:!?(][\u4e00-\u9fff]|[\u4e00-\u9fff][()]")


def chinese(texts: object) -> Iterator[str]:
    """Yield every sentence of a table, without the code in it: that keeps its own punctuation."""
    if isinstance(texts, str):
        yield re.sub(r"`[^`]*`", "`", texts)
    elif isinstance(texts, dict):
        for text in texts.values():
            yield from chinese(text)


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "texts" / "zh").glob("*.json")), ids=lambda path: path.stem)
def test_chinese_sentences_have_chinese_punctuation(path: Path) -> None:
    assert [text for text in chinese(json.loads(path.read_text("utf-8"))) if HALF_WIDTH.search(text)] == []


def test_chinese_lessons_have_chinese_punctuation() -> None:
    lessons = json.loads((ROOT / "app" / "examples" / "gallery.json").read_text("utf-8"))
    entries = [entry for lesson in lessons for entry in (lesson, *(lesson["steps"] or []))]
    sentences = [
        text
        for entry in entries
        for name in ("title", "description", "text")
        for text in chinese(entry.get(name, {}).get("zh", ""))
    ]
    assert len(sentences) > 100
    assert [text for text in sentences if HALF_WIDTH.search(text)] == []


RAISING = re.compile(r"Error$|^refuse$|^Failure$|^rule$|^limit$")
NOTING = re.compile(r"^Diagnostic$|^remark$|^diagnose$")
SLUG = re.compile(r"[a-z]+(?:-[a-z]+)*")


def calls(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the literal slug of each call in `app/` whose function's name matches."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if not pattern.search(name):
                continue
            for found in ast.walk(node.args[0]):
                if isinstance(found, ast.Constant) and isinstance(found.value, str) and SLUG.fullmatch(found.value):
                    yield found.value, str(path.relative_to(ROOT))


def test_every_problem_that_is_raised_has_its_sentences() -> None:
    known = read("en", "problems")
    builtin = {"text", "x"}
    missing = {(slug, path) for slug, path in calls(RAISING) if slug not in known and slug not in builtin}
    assert missing == set()
    assert {rule.slug for rule in RULES} <= known.keys()
    assert {slug for slug, _ in (*BY_CALL, *BY_MODULE)} <= known.keys()


def test_every_remark_has_its_sentences() -> None:
    known = read("en", "diagnostics")
    assert {(code, path) for code, path in calls(NOTING) if code not in known} == set()


def test_every_rule_gives_the_parameters_of_its_sentence() -> None:
    known = read("en", "problems")
    for rule in RULES:
        assert parameters(known[rule.slug]) <= set(rule.pattern.groupindex), rule.slug


def test_every_limit_has_its_sentences() -> None:
    limits = {"wall-seconds", "cpu-seconds", "memory-bytes", "output-bytes", "passes", "graphs", "nodes", "values"}
    assert {f"limit-{name}" for name in (*limits, "steps", "reply-bytes")} <= read("en", "problems").keys()
