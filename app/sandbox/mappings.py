"""The libraries of the zygote in few mappings: each fork copies all of them, each exit takes all of them down."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from app.sandbox.pages import mapped

_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r[w-][x-])p \S+ \S+ [1-9]\d* +(/.*)")


class Mapping(NamedTuple):
    """A stretch of memory that stands for a part of a file: where it begins and ends, and what may be done with it."""

    start: int
    end: int
    rights: str
    path: str


def merge_mappings() -> int:
    """Give neighbouring parts of a library equal rights, so that the kernel keeps them as one.

    What a library only reads may be executed with its code, and what it wrote once, to place itself, may be written
    with its data: two mappings instead of five. Nothing becomes writable and executable at once, and to a program that
    calls whatever it likes it makes no difference. Where the system forbids it, nothing changes.

    Returns:
        How many mappings there are less.
    """
    try:
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        before = list(file_mappings())
        for one, rights in widened(before):
            protect(one.start, one.end - one.start, rights)
        return len(before) - len(list(file_mappings()))
    except (OSError, AttributeError):
        return 0


def file_mappings() -> Iterator[Mapping]:
    """Yield what is mapped from files, in the order of the addresses."""
    for found in mapped(_LINE):
        start, end, rights, path = found.groups()
        yield Mapping(int(start, 16), int(end, 16), rights, path)


def widened(mappings: Iterable[Mapping]) -> Iterator[tuple[Mapping, int]]:
    """Yield the parts of libraries that may get the rights of a neighbour, with these rights.

    Args:
        mappings: in the order of their addresses.
    """
    for _, group in groupby(mappings, lambda one: one.path):
        parts = list(group)
        if not any(one.rights == "r-x" for one in parts):
            continue  # data that somebody mapped is no library
        for one, following in zip(parts, [*parts[1:], None], strict=True):
            if one.rights != "r--":
                continue
            was_written_once = following is not None and following.rights == "rw-" and following.start == one.end
            yield one, mmap.PROT_READ | (mmap.PROT_WRITE if was_written_once else mmap.PROT_EXEC)
