"""The gallery: lessons in order, each a program with a few steps of what to look at, in every language."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

Moment = Literal["forward", "backward", "end"]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing to look at or to try; `select` is the variable or label of a node, `at` a moment of the run: the end
    of the first forward or backward pass, or of everything.
    """

    text: dict[str, str]
    select: str | None = None
    at: Moment | None = None


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `gallery.json` says of a program: texts by language, and the code of the remark or problem it leads to."""

    id: str
    group: str
    title: dict[str, str]
    description: dict[str, str]
    lesson: str | None
    steps: tuple[Step, ...]
    lab: dict[str, Any] | None = None
    """What the lesson prepares in the optimizer lab of the page: `source`, `bench`, and the bench's own fields."""


class Example(Entry, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry with its program."""

    program: str


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """Read the gallery.

    Returns:
        The examples in the order in which they are shown.
    """
    room = files(__package__)
    entries = msgspec.json.decode((room / "gallery.json").read_bytes(), type=tuple[Entry, ...])
    return tuple(
        Example(**msgspec.structs.asdict(entry), program=(room / "gallery" / f"{entry.id}.txt").read_text("utf-8"))
        for entry in entries
    )
