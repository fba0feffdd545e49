"""`GET /api/examples`: the lessons to start from, in order."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from app.examples import Step, examples
from app.web.replies import Reply, pack


class Example(msgspec.Struct, frozen=True):
    """One entry of the gallery; `title` and `about` by language, `lesson` the code of the remark or problem that its
    program leads to, `steps` what to look at and what to try, `lab` what it prepares in the page's optimizer lab.
    """

    id: str
    group: str
    title: dict[str, str]
    about: dict[str, str]
    lesson: str | None
    program: str
    steps: tuple[Step, ...]
    lab: dict[str, Any] | None


@cache
def gallery_reply() -> Reply:
    """Write the gallery as an answer, once."""
    entries = [
        Example(
            entry.id, entry.group, entry.title, entry.description, entry.lesson, entry.program, entry.steps, entry.lab
        )
        for entry in examples()
    ]
    return pack(msgspec.json.encode(entries), "application/json", 9)
