"""What is looked at after each attack: who opened a file, and who is in the process table."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_EVENT = struct.Struct("iIII")
_NAMES = {0x1: "access", 0x2: "modify", 0x4: "attrib", 0x20: "open", 0x40: "move", 0x80: "move", 0x100: "create"}
_NAMES |= {0x200: "delete", 0x400: "delete", 0x800: "move"}


class Watch:
    """Sees every opening of a file or folder, also one that shows nowhere else (inotify)."""

    def __init__(self, *places: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._descriptor >= 0
        for place in places:
            assert libc.inotify_add_watch(self._descriptor, os.fsencode(place), sum(_NAMES)) >= 0

    def seen(self) -> list[str]:
        """What happened since it was last asked."""
        try:
            data = os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return []
        found = []
        while data:
            _, mask, _, length = _EVENT.unpack_from(data)
            found += [name for bit, name in _NAMES.items() if mask & bit]
            data = data[_EVENT.size + length :]
        return found

    def close(self) -> None:
        os.close(self._descriptor)


class Entry(NamedTuple):
    """One line of the process table."""

    state: str
    parent: int
    session: int
    nice: int
    threads: int
    started: int


def entry(pid: int) -> Entry | None:
    """Read one line of the process table; None if there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return Entry(fields[0], *(int(fields[at]) for at in (1, 3, 16, 17, 19)))


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Table:
    """The process table around a zygote, as it was before the first attack.

    Args:
        zygote: who bears all children.
        bystanders: processes that must neither end, nor stop, nor be slowed down.
    """

    def __init__(self, zygote: int, bystanders: Iterable[int]) -> None:
        self._zygote = zygote
        self._command = command(zygote)
        self._bystanders = {pid: entry(pid) for pid in bystanders}
        self._known = self._pids()

    @staticmethod
    def _pids() -> set[int]:
        return {int(name) for name in os.listdir("/proc") if name.isdigit()}

    def harm(self, gone: set[int]) -> str | None:
        """What is wrong with it, now that the processes `gone` must have ended."""
        for pid, before in self._bystanders.items():
            now = entry(pid)
            if before is None or now is None or now.started != before.started:
                return "another process was ended"
            if now.state in "TtZ" or now.nice != before.nice:
                return "another process was touched"
        if any(map(entry, gone)):
            return "a process was left"
        return next(filter(None, map(self._fault, self._pids() - self._known)), None)

    def _fault(self, pid: int) -> str | None:
        found = entry(pid)
        if found is None:
            return None
        if found.parent == self._zygote:
            return "a thread was made" if found.threads > 1 else None
        return "a process was made" if self._is_ours(pid, found) else None

    def _is_ours(self, pid: int, found: Entry) -> bool:
        """Whether a process that the zygote did not bear comes from one of its children."""
        return found.session == self._session or (found.parent == 1 and command(pid) == self._command)

    @property
    def _session(self) -> int:
        zygote = self._bystanders[self._zygote]
        return zygote.session if zygote else -1
