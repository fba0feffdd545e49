"""The program as it stands in a user's own process: code of many files, each read when it first matters.

A trace has one text. The first file that matters stands at its head, line for line; each further one follows below a
comment with its name, so that every span finds its place in that one text.
"""

from __future__ import annotations

import linecache
import sysconfig
from functools import cache
from pathlib import Path
from types import CodeType

import torch

from app.tracer.source import Place, Source

_TYPED_IN = ("<stdin>", "<ipython-input", "<python-input")
"""What interpreters call code that was typed into them."""


class Files(dict[str, bool]):
    """Which files hold the program: all but Python's own library, installed packages, torch, and this package.

    Args:
        own: a file that is the program's wherever it lies; None for none.
    """

    def __init__(self, own: str | None) -> None:
        super().__init__()
        if own is not None:
            self[own] = True

    def __missing__(self, filename: str) -> bool:
        """Look at a name for the first time."""
        self[filename] = answer = _is_own(filename)
        return answer


def _is_own(filename: str) -> bool:
    if filename.startswith("<"):
        return filename.startswith(_TYPED_IN)
    path = Path(filename)
    if not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in _foreign_folders())


@cache
def _foreign_folders() -> tuple[Path, ...]:
    """Where code lies that is not the user's."""
    paths = sysconfig.get_paths()
    libraries = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return (*map(Path, libraries), Path(torch.__file__).parent, Path(__file__).parents[1])


class FileSources:
    """The texts of the program's files, in the order in which they first mattered.

    Args:
        main: the file that the trace's text begins with; None lets the first one that matters be it.
    """

    def __init__(self, main: str | None) -> None:
        self.is_program = Files(main)
        self._sources: dict[str, Source | None] = {}
        self._parts: list[str] = []
        self._lines = 0
        if main is not None:
            self._read(main)

    @property
    def text(self) -> str:
        """All texts that mattered, one below the other."""
        return "\n".join(self._parts)

    def place(self, code: CodeType, instruction: int) -> Place | None:
        """What stands at an instruction; None where the file's text is not known or not the one that was compiled."""
        name = code.co_filename
        if name not in self._sources:
            self._read(name)
        source = self._sources[name]
        return source.place(code, instruction) if source is not None else None

    def _read(self, name: str) -> None:
        self._sources[name] = None
        lines = [line.rstrip("\r\n") for line in linecache.getlines(name)]
        if not lines:
            return
        head = ["", f"# -- {Path(name).name} --"] if self._parts else []
        try:
            # CPython counts lines by its own ends of line, which `splitlines` would outnumber.
            self._sources[name] = Source("\n".join(lines), self._lines + len(head))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        self._parts += [*head, *lines]
        self._lines = len(self._parts)
