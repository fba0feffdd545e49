"""What a visitor may choose about a picture."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.layout.palette import Theme
from app.resources import Language

Direction = Literal["TB", "LR"]
Phase = Literal["blank", "forward", "backward"]
"""How much of a pass is filled in: nothing, the values, the values and the gradients."""


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a graph is to be shown.

    `expanded` and `collapsed` are keys of groups (`Group.key`) that the visitor opened or closed by hand; groups that
    are neither open by themselves while the picture stays easy to read; or, with `depth`, so many levels of groups are
    on show: 1 opens none. `max_nodes` bounds what is visible, up to `Settings.layout_nodes`. `language` is that of the
    words on boxes; names are the program's.
    """

    direction: Direction = "TB"
    theme: Theme = "light"
    expanded: frozenset[str] = frozenset()
    collapsed: frozenset[str] = frozenset()
    max_nodes: int | None = None
    depth: int | None = None
    language: Language = "en"
