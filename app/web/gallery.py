"""`GET /api/examples`: the programs to start from."""

from __future__ import annotations

from functools import cache

import msgspec

from app.examples import examples
from app.web.replies import Reply, pack


class Example(msgspec.Struct, frozen=True):
    """One entry of the gallery; `title` and `about` by language, `lesson` the code of the remark or problem that its
    program leads to.
    """

    id: str
    group: str
    title: dict[str, str]
    about: dict[str, str]
    lesson: str | None
    program: str


@cache
def gallery_reply() -> Reply:
    """Write the gallery as an answer, once."""
    entries = [
        Example(entry.id, entry.group, entry.title, entry.description, entry.lesson, entry.program)
        for entry in examples()
    ]
    return pack(msgspec.json.encode(entries), "application/json", 9)
