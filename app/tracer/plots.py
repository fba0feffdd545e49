"""Plots: pasted tutorials draw with matplotlib, which has no screen here; its calls are noted and skipped."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

_PACKAGES = ("matplotlib", "matplotlib.pyplot", "matplotlib.animation", "matplotlib.cm", "matplotlib.colors", "seaborn")


class Absorber:
    """Accepts any attribute, call, item and `with` statement, and answers with itself."""

    def __init__(self, path: str, notes: list[str]) -> None:
        self._path = path
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        """Any attribute exists, but none of Python's protocols."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Absorber(f"{self._path}.{name}", self._notes)

    def __call__(self, *_args: Any, **_options: Any) -> Absorber:
        """Any call is noted and skipped."""
        if len(self._notes) < 1000:
            self._notes.append(self._path)
        return self

    def __getitem__(self, _key: Any) -> Absorber:
        """Any item."""
        return self

    def __iter__(self) -> Iterator[Absorber]:
        """Unpacks into two: `fig, ax = plt.subplots()`."""
        return iter((self, self))

    def __enter__(self) -> Absorber:
        """Any `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""


class AbsorberModule(types.ModuleType):
    """A module whose every name is an absorber."""

    def __init__(self, name: str, notes: list[str]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__spec__ = ModuleSpec(name, None, is_package=True)
        self.__dict__["_absorber"] = Absorber(name, notes)

    def __getattr__(self, name: str) -> Any:
        """Any name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["_absorber"], name)


_notes: list[str] = []
_modules = {name: AbsorberModule(name, _notes) for name in _PACKAGES}


def absorb_plots() -> list[str]:
    """Put absorbing modules where plotting packages would be imported from.

    Returns:
        A list that fills with the names of the calls that were skipped, from now on.
    """
    _notes.clear()
    if any(sys.modules.get(name) is not module for name, module in _modules.items()):
        for name, module in _modules.items():
            sys.modules[name] = module
            package, _, inner = name.rpartition(".")
            if package:
                setattr(sys.modules[package], inner, module)
    return _notes
