"""The sentences of `static/texts/`, in the language that a client asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import msgspec

from app.resources import Language as Language
from app.resources import folder

LANGUAGES: tuple[Language, ...] = ("en", "zh")
LISTS = frozenset({"known", "available"})
"""Parameters in which names are listed, with English commas between them; `static/i18n.js` knows the same."""
TEXTS = folder("static") / "texts"


class Text(msgspec.Struct, frozen=True):
    """What is said about one problem: the fact, the reason, and what to do instead."""

    title: str
    what: str = ""
    why: str = ""
    instead: str = ""


@cache
def problem_texts(language: Language) -> Mapping[str, Text]:
    """Read the texts of every problem, by slug.

    Raises:
        FileNotFoundError: the dictionary is not installed beside the package.
    """
    return msgspec.json.decode((TEXTS / language / "problems.json").read_bytes(), type=dict[str, Text])


def problem_text(slug: str, parameters: Mapping[str, object], language: Language) -> tuple[str, str]:
    """Say what happened in one language.

    Returns:
        Title and detail; a slug without a text is its own title, so that a new failure is never hidden by a gap in a
        dictionary.
    """
    texts = problem_texts(language)
    text = texts.get(slug) or Text(title=slug.replace("-", " ").capitalize())
    filled = (fill(sentence, parameters, language) for sentence in (text.what, text.why, text.instead) if sentence)
    sentences = (close(sentence, language) for sentence in filled)
    joint = "" if language == "zh" else " "
    return fill(text.title, parameters, language), joint.join(sentences)


def close(sentence: str, language: Language) -> str:
    """End a sentence that ends with words of others, such as Python's own."""
    is_closed = sentence.rstrip("`)”\"'").endswith(tuple(".。!！?？…:：;；"))
    return sentence if is_closed else sentence + ("。" if language == "zh" else ".")


def fill(sentence: str, parameters: Mapping[str, object], language: Language = "en") -> str:
    """Put parameters in the place of `{name}`, lists as the language lists; any other brace stands for itself.

    `str.format` would follow attributes of what it is given, and stumble over code in a sentence.
    """

    def worded(found: re.Match[str]) -> str:
        value = str(parameters.get(found[1], found[0]))
        return value.replace(", ", "、") if language == "zh" and found[1] in LISTS else value

    return re.sub(r"\{(\w+)\}", worded, sentence)


def choose_language(accepted: str) -> Language:
    """Choose the language that `Accept-Language` prefers among those there are; English if it names none."""
    best: Language = "en"
    best_quality = 0.0
    for entry in accepted[:1000].split(","):
        tag, _, weight = entry.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        for language in LANGUAGES:
            if primary == language and quality > best_quality:
                best, best_quality = language, quality
    return best


def _quality(weight: str) -> float:
    """Read `q=0.8`; an absent weight is 1, an unreadable one 0."""
    name, _, number = weight.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
