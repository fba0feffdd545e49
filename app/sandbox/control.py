"""What the server and its zygote say to each other, on one Unix stream socket.

The server sends `FORK` with one descriptor, the new child's end of a socket pair, and whether the child is to rehearse
(1 or 0), or `KILL` with a process id where the system has no process descriptors. The zygote sends records of one
size: `WARM` once, then a `BORN` (with the child's process descriptor where there is one), `DIED` or `BARREN` for each
child. First of all it reads its configuration.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import msgspec

from app.settings import Limits

LAYERS = ("landlock", "descriptors", "rlimits", "parent-death", "undumpable", "no-new-privs", "seccomp")
"""All that can stand around a child, in the order in which it is taken on."""

COMMAND = struct.Struct(">ci")
RECORD = struct.Struct(">cii")

FORK = b"f"
KILL = b"k"

WARM = b"w"
"""The zygote is ready to fork; `number` is how many threads it has."""
BORN = b"b"
DIED = b"d"
"""`number` is the status, as `os.waitstatus_to_exitcode` gives it."""
BARREN = b"x"
"""No child could be made; `number` is the error."""


class Record(NamedTuple):
    """One thing the zygote says."""

    kind: bytes
    pid: int
    number: int


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a zygote must know to confine its children."""

    limits: Limits
    layers: tuple[str, ...]


class Greeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a spare says once it is confined: which layers hold, whether it has rehearsed, and what went wrong then."""

    layers: tuple[str, ...]
    rehearsed: bool = False
    fault: str | None = None
