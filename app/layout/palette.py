"""The colours of a picture: told apart by the colour-blind, readable on white and on black.

Blue, orange and green are neighbours of the Okabe-Ito palette; shape and line style repeat what colour says. Each ink
has a contrast of at least 4.5 on its fill (a test computes it).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Theme = Literal["light", "dark"]
Look = Literal["leaf", "operation", "constant", "output", "group", "ghost", "cut"]


@dataclass(frozen=True, slots=True)
class Colours:
    """One kind of box: its inside, its border and the ink of its title."""

    fill: str
    border: str
    ink: str


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of one theme; `value` and `gradient` are the inks of the numbers, `muted` that of small print,
    `cluster` the frames around what is inside an opened group.
    """

    background: str
    edge: str
    value: str
    gradient: str
    muted: str
    cluster: Colours
    boxes: MappingProxyType[Look, Colours]


PALETTES: MappingProxyType[Theme, Palette] = MappingProxyType(
    {
        "light": Palette(
            background="#ffffff",
            edge="#6b7480",
            value="#14181d",
            gradient="#8a2f87",
            muted="#59626d",
            cluster=Colours("#f7faf8", "#9fb8aa", "#2f5a43"),
            boxes=MappingProxyType(
                {
                    "leaf": Colours("#e5f0fb", "#0b62a8", "#0a3f6e"),
                    "operation": Colours("#ffffff", "#6b7480", "#14181d"),
                    "constant": Colours("#f2f3f5", "#6b7480", "#3a424c"),
                    "output": Colours("#fff0da", "#b35600", "#6a3300"),
                    "group": Colours("#e8f6ee", "#1a7446", "#0c4528"),
                    "ghost": Colours("#ffffff", "#b3361f", "#8f2412"),
                    "cut": Colours("#fdeeea", "#b3361f", "#8f2412"),
                }
            ),
        ),
        "dark": Palette(
            background="#12161b",
            edge="#8b95a1",
            value="#f1f4f7",
            gradient="#eba6e6",
            muted="#a5afba",
            cluster=Colours("#161d1b", "#3f5a4c", "#9cc7b0"),
            boxes=MappingProxyType(
                {
                    "leaf": Colours("#10304f", "#5db2f7", "#d5ebff"),
                    "operation": Colours("#20262d", "#8b95a1", "#f1f4f7"),
                    "constant": Colours("#191e24", "#8b95a1", "#c2cad3"),
                    "output": Colours("#48290a", "#ffb14d", "#ffe3c0"),
                    "group": Colours("#0f3320", "#49c488", "#cdf5de"),
                    "ghost": Colours("#12161b", "#f2836f", "#ffb5a6"),
                    "cut": Colours("#2e1613", "#f2836f", "#ffb5a6"),
                }
            ),
        ),
    }
)
