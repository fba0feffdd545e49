"""The gallery: programs that each show one thing, with their titles in every language."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `gallery.json` says of a program: texts by language, and the code of the remark or problem it leads to."""

    id: str
    group: str
    title: dict[str, str]
    description: dict[str, str]
    lesson: str | None


class Example(Entry, frozen=True, forbid_unknown_fields=True):
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
