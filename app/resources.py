"""Where the files are that are not Python: beside the package in a checkout, inside of it where it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]
"""Those that there is a dictionary for."""

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Find `static` or `templates`."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
