"""`GET /api/examples`: the programs and expressions to start from, read once from `app/examples/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from app.web.replies import Reply, pack

FOLDER = Path(__file__).parents[1] / "examples"


class Example(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One entry of the gallery; `title` and `about` by language, and either a program or the body of an expression
    call.
    """

    id: str
    title: dict[str, str]
    about: dict[str, str] = {}
    program: str | None = None
    expression: dict[str, Any] | None = None


def read_gallery(folder: Path = FOLDER) -> tuple[Example, ...]:
    """Read `examples.json`, in which `program` names a file beside it."""
    entries = msgspec.json.decode((folder / "examples.json").read_bytes(), type=tuple[Example, ...])
    return tuple(
        entry if entry.program is None
        else msgspec.structs.replace(entry, program=(folder / entry.program).read_text())
        for entry in entries
    )  # fmt: skip


@cache
def gallery_reply() -> Reply:
    """Write the gallery as an answer, once."""
    return pack(msgspec.json.encode(read_gallery()), "application/json", 9)
