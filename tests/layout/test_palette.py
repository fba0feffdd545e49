"""The colours by arithmetic: readable, and told apart by eyes that miss a cone."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from app.layout.palette import PALETTES, Theme

Colour = tuple[float, float, float]

# Machado, Oliveira, Fernandes (2009), severity 1: linear light as a deuteranope and a protanope see it.
BLIND = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
}


def linear(colour: str) -> Colour:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def distance(one: Colour, other: Colour) -> float:
    return math.dist([part ** (1 / 2.4) for part in one], [part ** (1 / 2.4) for part in other])


def seen(colour: str, matrix: tuple[Colour, Colour, Colour]) -> Colour:
    red, green, blue = (max(0.0, sum(m * c for m, c in zip(row, linear(colour), strict=True))) for row in matrix)
    return red, green, blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_can_be_read(theme: Theme) -> None:
    palette = PALETTES[theme]
    for look, box in palette.boxes.items():
        for ink in (box.ink, palette.value, palette.gradient, palette.muted):
            assert contrast(ink, box.fill) >= 4.5, (look, ink)
        assert contrast(box.border, palette.background) >= 3, look
    assert contrast(palette.gradient, palette.background) >= 4.5
    assert contrast(palette.edge, palette.background) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", BLIND)
def test_borders_differ_for_the_colour_blind(theme: Theme, kind: str) -> None:
    # Operations and constants share a grey border; solid and dashed lines tell them apart, and group and leaf their
    # shapes, where the colours come close.
    borders: dict[str, str] = {look: box.border for look, box in PALETTES[theme].boxes.items()}
    for one, other in combinations(("leaf", "operation", "output"), 2):
        assert distance(seen(borders[one], BLIND[kind]), seen(borders[other], BLIND[kind])) > 0.12, (one, other)
