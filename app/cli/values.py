"""Values as they are written on the command line."""

from __future__ import annotations

import argparse
import json

Value = int | float | list  # type: ignore[type-arg]


def assignment(text: str) -> tuple[str, Value | str]:
    """Read `NAME=VALUE`.

    Raises:
        ArgumentTypeError: it is not of this form.
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), read_value(value)


def read_value(text: str) -> Value | str:
    """Read a number or a list; anything else is a torch expression."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value if isinstance(value, int | float | list) and not isinstance(value, bool) else text
