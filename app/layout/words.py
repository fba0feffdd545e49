"""The words on boxes in the language that a picture is asked for in.

Boxes are made, and measured, in English; what is written on them is said anew here, by the rule of `wordOf` in
`static/view/picture.js` and from the same dictionary. Names and shapes are the program's, and stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache

from app.resources import Language, folder

_COUNTED = re.compile(r"([0-9,]+) (parameters?|operations?|inputs?)")
_CUT = re.compile(r"cut: (.+)")
_PLAIN = frozenset(("value", "grad", "share", "constant"))
_BETWEEN = " · "


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Read what a dictionary says about pictures, by the part of the key after `picture.`."""
    table: dict[str, str] = json.loads((folder("static") / "texts" / language / "page.json").read_text("utf-8"))
    return {key.removeprefix("picture."): text for key, text in table.items() if key.startswith("picture.")}


@lru_cache(maxsize=4096)
def word(said: str, language: Language) -> str:
    """Say in a language what a box says in English, such as `12 parameters · 3 operations`."""
    if language == "en":
        return said
    known = sentences(language)
    return _BETWEEN.join(_piece(piece, known) for piece in said.split(_BETWEEN))


def _piece(piece: str, known: Mapping[str, str]) -> str:
    if piece in _PLAIN:
        return known[piece]
    if counted := _COUNTED.fullmatch(piece):
        return known[counted[2]].replace("{count}", counted[1])
    if cut := _CUT.fullmatch(piece):
        return known["cut"].replace("{how}", cut[1])
    return piece
