"""The code that every run executes, laid side by side: what a child touches of it is then few pages, all of them full.

CPython counts references in the objects themselves, so to call a function is to write to its code, and a child must
copy the page that this lies on. What is imported lies in the order of the imports: hot code among cold.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType

_REPEATS = 20
"""Runs after which the interpreter has adapted the copies to what they do, as it had the code they were made of."""


def gather_code(run: Callable[[], object]) -> int:
    """Replace the code that a run executes by copies that lie together; nothing that it does changes.

    Args:
        run: what is repeated in each child.

    Returns:
        How many functions have another code object now.
    """
    used = _executed(run)
    copies: dict[int, CodeType] = {}
    moved = 0
    for function in gc.get_objects():
        if type(function) is FunctionType and id(function.__code__) in used:
            function.__code__ = _copy(function.__code__, used, copies)
            moved += 1
    # What the warm-up looked up on types is forgotten: a child would drive it out, and write to its names page by page.
    sys._clear_type_cache()
    for _ in range(_REPEATS):
        run()
    return moved


def _executed(run: Callable[[], object]) -> dict[int, CodeType]:
    """The code objects of Python that a run enters, by their ids."""
    used: dict[int, CodeType] = {}

    def see(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            used[id(frame.f_code)] = frame.f_code

    sys.setprofile(see)
    try:
        run()
    finally:
        sys.setprofile(None)
    return used


def _copy(code: CodeType, used: dict[int, CodeType], copies: dict[int, CodeType]) -> CodeType:
    """Copy a code object and those of the functions within it, each once."""
    if id(code) not in copies:
        inner = (
            _copy(one, used, copies) if isinstance(one, CodeType) and id(one) in used else one for one in code.co_consts
        )
        # Each function made within another one holds the name: as an identifier it lies among those of all others.
        copies[id(code)] = code.replace(co_consts=tuple(inner), co_qualname=sys.intern(code.co_qualname))
    return copies[id(code)]
