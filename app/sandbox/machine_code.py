"""The machine code that every run executes, held in large pages: a child then has it without asking page by page.

What is mapped from a file is not handed on by a fork: each child would fault its way through the libraries again, and
take down at its end what it mapped. Large pages of a process's own are handed on as one entry each.
"""

from __future__ import annotations

import ctypes
import mmap
import re
from array import array
from collections.abc import Callable
from io import FileIO

from app.sandbox.pages import COLLAPSE, LARGE, PAGE, large_stretches

_PRESENT = 63
_SMALLEST_SHARE = 48
"""Small pages that a run has of a stretch when it touched it in three places: the kernel maps 16 around each."""
_DONTNEED = 4
_MAYMOVE_FIXED = 1 | 2
_FAILED = ctypes.c_void_p(-1).value
_CODE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]\d* ")


class _Memory:
    """The calls that change what is mapped where."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        pointer, size, flags = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        self.map = _typed(libc.mmap, pointer, (pointer, size, flags, flags, flags, ctypes.c_long))
        self.unmap = _typed(libc.munmap, flags, (pointer, size))
        self.protect = _typed(libc.mprotect, flags, (pointer, size, flags))
        self.advise = _typed(libc.madvise, flags, (pointer, size, flags))
        self.move = _typed(libc.mremap, pointer, (pointer, size, size, flags, pointer))


def _typed(function: ctypes._NamedFuncPointer, result: object, arguments: tuple[object, ...]) -> Callable[..., int]:
    function.restype, function.argtypes = result, arguments  # type: ignore[assignment]
    return function


def gather_machine_code(run: Callable[[], object]) -> int:
    """Replace the code that a run executes by copies of the same bytes at the same places, in large pages.

    Nothing is ever writable and executable at once. Where the system has no large pages, or lets no memory be made
    executable, nothing changes. No other thread may run meanwhile.

    Returns:
        How many large pages hold code now.
    """
    try:
        memory = _Memory()
        stretches = _used(memory, run)
    except (OSError, AttributeError):
        return 0
    return sum(_replace(memory, address) for address in stretches)


def _used(memory: _Memory, run: Callable[[], object]) -> list[int]:
    """The addresses of the stretches, as long as a large page, of which a run uses more than a little."""
    stretches = list(large_stretches(_CODE))
    for address in stretches:
        memory.advise(address, LARGE, _DONTNEED)
    run()
    with FileIO("/proc/self/pagemap") as table:
        return [address for address in stretches if _present(table, address) >= _SMALLEST_SHARE]


def _present(table: FileIO, address: int) -> int:
    table.seek(address // PAGE * 8)
    return sum(entry >> _PRESENT for entry in array("Q", table.read(LARGE // PAGE * 8)))


def _replace(memory: _Memory, address: int) -> bool:
    room = memory.map(None, 2 * LARGE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if room == _FAILED:
        return False
    copy = -(-room // LARGE) * LARGE
    ctypes.memmove(copy, address, LARGE)
    held = (
        memory.advise(copy, LARGE, COLLAPSE) == 0
        and memory.protect(copy, LARGE, mmap.PROT_READ | mmap.PROT_EXEC) == 0
        and memory.move(copy, LARGE, LARGE, _MAYMOVE_FIXED, address) == address
    )
    for start, end in ((room, copy), (copy + LARGE, room + 2 * LARGE)) if held else ((room, room + 2 * LARGE),):
        if end > start:
            memory.unmap(start, end - start)
    return held
