"""What may be written in a picture: harmless characters, measured in the pinned font, cut to fit."""

from __future__ import annotations

import json
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

Face = Literal["regular", "bold"]

FONT_FAMILY = "DejaVu Sans"
FONT_STACK = "DejaVu Sans, Bitstream Vera Sans, Verdana, sans-serif"
"""Verdana is drawn on the same widths; it stands in where DejaVu is not installed."""

ELLIPSIS = "…"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST = 400
_MOST_MARKS = 2
# Control, format (bidi overrides among them), private, surrogate, unassigned: nobody sees what they do.
_HIDDEN = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))


@lru_cache(maxsize=4096)
def harmless(text: str) -> str:
    """Make one line of text that shows as it is: no control, bidi-override, private or unassigned character.

    Args:
        text: anything a program may contain.

    Returns:
        At most 400 characters; white space collapsed, hidden characters replaced by U+FFFD, piled-up accents cut.
    """
    line = " ".join(text[:_LONGEST].split())
    if line.isascii() and line.isprintable():
        return line
    shown: list[str] = []
    marks = 0
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            shown.append(_REPLACEMENT if category in _HIDDEN else character)
    return "".join(shown)


@cache
def _advances(face: Face) -> tuple[dict[int, float], float]:
    """Advance widths in em by code point, and that of a missing character: wide enough for any script."""
    table = json.loads((Path(__file__).parent / "fonts" / "advances.json").read_text())
    units = table["units"]
    widths = {int(low) + at: width / units for low, row in table[face].items() for at, width in enumerate(row)}
    return widths, 1.35


def width(text: str, size: float, face: Face = "regular") -> float:
    """Measure a line in points, as the pinned font draws it.

    Args:
        text: a line that went through `harmless`.
        size: the font size in points.
        face: the weight.
    """
    return size * _ems(text, face)


@lru_cache(maxsize=4096)
def _ems(text: str, face: Face) -> float:
    widths, missing = _advances(face)
    return sum(widths.get(ord(character), missing) for character in text)


def shorten(text: str, room: float, size: float, face: Face = "regular") -> str:
    """Cut a line to `room` points, with an ellipsis where something is left out."""
    if width(text, size, face) <= room:
        return text
    widths, missing = _advances(face)
    left = room - width(ELLIPSIS, size, face)
    for at, character in enumerate(text):
        left -= size * widths.get(ord(character), missing)
        if left < 0:
            return text[:at].rstrip() + ELLIPSIS
    return text
