"""Large pages for the zygote: what a fork and an exit cost is counted in entries of the page table."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator

LARGE = 2 * 1024 * 1024
COLLAPSE = 25
PAGE = 4096
_OWN = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw.p \S+ \S+ 0 *(?:\[heap\])?$")
"""Private, anonymous memory."""


def gather_pages() -> int:
    """Let the kernel hold this process's own memory in large pages, as far as it can and will.

    A child still copies only the small pages that it writes to. Kernels before 6.1 do not know the request; nothing
    then changes.

    Returns:
        How many large pages there are now.
    """
    try:
        libc = ctypes.CDLL(None)
        libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        return sum(libc.madvise(address, LARGE, COLLAPSE) == 0 for address in list(large_stretches()))
    except (OSError, AttributeError):
        return 0


def large_stretches(mapping: re.Pattern[str] = _OWN) -> Iterator[int]:
    """Yield the addresses at which a large page could stand.

    Args:
        mapping: of the lines of `/proc/self/maps`, those to look at; its groups are where these begin and end.
    """
    for stretch in mapped(mapping):
        start, end = (int(address, 16) for address in stretch.groups())
        yield from range(-(-start // LARGE) * LARGE, end // LARGE * LARGE, LARGE)


def mapped(mapping: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the lines of `/proc/self/maps` that match, in the order of the addresses."""
    with open("/proc/self/maps") as lines:
        for line in lines:
            if found := mapping.match(line.rstrip("\n")):
                yield found


_BATCH_BYTES = 48 * 1024
_LARGEST_OBJECT = 512
_LARGEST_CHUNK = 4096
_MOST_BATCHES = 1_000


def plug_holes() -> int:
    """Take what is free between the objects of this process, and never give it back.

    What a child allocates would else lie in such holes, each on a page of its own that must be copied for it; now it
    lies together, on new pages.

    Returns:
        How many bytes were taken.
    """
    objects, chunks = ctypes.PyDLL(None).PyObject_Malloc, ctypes.PyDLL(None).malloc
    for allocate in (objects, chunks):
        allocate.argtypes, allocate.restype = (ctypes.c_size_t,), ctypes.c_void_p
    taken = sum(_fill(objects, size) for size in range(16, _LARGEST_OBJECT + 1, 16))
    return taken + sum(_fill(chunks, size) for size in range(_LARGEST_CHUNK - 8, 23, -16))


def _fill(allocate: Callable[[int], int], size: int) -> int:
    """Allocate pieces of one size until they lie together."""
    pieces, taken = _BATCH_BYTES // size, 0
    for _ in range(_MOST_BATCHES):
        pages = {allocate(size) // PAGE for _ in range(pieces)}
        taken += pieces * size
        if len(pages) <= _BATCH_BYTES // PAGE * 1.5:
            break
    return taken
