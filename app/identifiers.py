"""The identifiers of the code that a run executes, made before all else, so that they lie side by side.

CPython counts references in the strings themselves: to look an attribute up, or to make a function, writes to its name,
and a child must copy the page that this lies on. Made by the imports, the names lie among all else that these make.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from sys import intern
from types import CodeType

_OPTIMIZED = 0x1
"""The flag of functions' code, which may run more than once; that of modules and classes lacks it."""


def gather_identifiers(folders: Iterable[Path]) -> list[str]:
    """Make the identifiers in the functions of some folders' modules; they stay while the list does.

    Another process looks for them, so that of what it makes nothing lies between them.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, "\n".join(_identifiers_of(folders)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as names:
        found = [intern(name.rstrip("\n")) for name in names]
    os.waitpid(pid, 0)
    return found


def _identifiers_of(folders: Iterable[Path]) -> list[str]:
    paths = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    codes = (SourceFileLoader(path.stem, str(path)).get_code(path.stem) for path in paths)
    return list(dict.fromkeys(name for code in codes if code for name in _identifiers(code)))


def _identifiers(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _identifiers(constant)
        elif isinstance(constant, str) and constant.isidentifier():
            yield constant
    if code.co_flags & _OPTIMIZED:
        yield from (*code.co_names, code.co_name, code.co_qualname)
