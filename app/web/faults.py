"""What is wrong with a field of a request, in the language of the client.

The words come from elsewhere as well: msgspec says which type it expected, Python's `json` where a comma is missing.
They are English, and known by their form; `static/texts/<language>/faults.json` has each form under the English one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from app.web.texts import TEXTS, Language, fill


def say(fault: str, language: Language) -> str:
    """Say in a language what is wrong; words of no known form are left as they are.

    Args:
        fault: what is wrong, in English.
        language: of the answer.
    """
    for form, words in _forms(language):
        found = form.fullmatch(fault)
        if found is not None:
            parts = {
                name: say(part, language) if name == "reason" else part for name, part in found.groupdict().items()
            }
            return fill(words, parts, language)
    return fault


@cache
def _forms(language: Language) -> Sequence[tuple[re.Pattern[str], str]]:
    """Each form, and what is said for it; the first that fits is meant."""
    if language == "en":
        return ()
    texts = msgspec.json.decode((TEXTS / language / "faults.json").read_bytes(), type=dict[str, str])
    return [(_form(english), words) for english, words in texts.items()]


def _form(english: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
