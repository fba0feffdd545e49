"""Texts of strangers become one harmless line that fits."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layout.text import harmless, shorten, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a*x**2 +\n   b*x", "a*x**2 + b*x"),
        ("\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        ("admin\u202egnp.exe", "admin\ufffdgnp.exe"),
        ("\u2066x\u2069\u200b\ufeff\u00ad", "\ufffdx\ufffd\ufffd\ufffd\ufffd"),
        ("\ue000\ud800\uffff\U000e0001", "\ufffd" * 4),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("שלום", "שלום"),
        ("变量 = 1", "变量 = 1"),
        ("x" * 10_000, "x" * 400),
        ("", ""),
    ],
)
def test_hidden_characters_show(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text(alphabet=st.characters()))
def test_every_character_can_be_written_in_xml(text: str) -> None:
    for character in harmless(text):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")


def test_widths_are_those_of_the_font() -> None:
    # DejaVu Sans: a digit is 1,303 of 2,048 units wide, in bold 1,425.
    assert width("0000", 2048) == 4 * 1303
    assert width("0", 2048, "bold") == 1425
    assert width("中", 10) > width("W", 10)


@given(st.text(max_size=60), st.floats(20, 300))
def test_shortened_text_fits(text: str, room: float) -> None:
    line = harmless(text)
    short = shorten(line, room, 12, "bold")
    assert width(short, 12, "bold") <= room
    assert short == line or short.endswith("…")
