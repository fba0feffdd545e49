"""What stands in for torch's optimizers while a program runs with another one."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from app.errors import ProgramError
from app.tracer.lab.making import OPTIMIZERS


class Enough(BaseException):
    """The program has shown what was asked for; not an `Exception`, so that no `except` of its own keeps it."""


class Stand:
    """What stands in for the program's optimizers in one run.

    Args:
        make: makes an optimizer over what the program gave.
        saw: told each loss on which `backward()` is called.
    """

    def __init__(self, make: Callable[[Any], Any], saw: Callable[[torch.Tensor], None]) -> None:
        self.make = make
        self.saw = saw


def parameters_of(given: Any) -> list[torch.Tensor]:
    """List the parameters that an optimizer is given: tensors, tensors with names, or groups of them.

    Raises:
        ProgramError: there are none.
    """
    if isinstance(given, torch.Tensor):
        return [given]
    tensors: list[torch.Tensor] = []
    for item in given:
        part = item["params"] if isinstance(item, dict) else item[1] if isinstance(item, tuple) else item
        tensors += [part] if isinstance(part, torch.Tensor) else parameters_of(part)
    if not tensors:
        raise ProgramError("no-parameters")
    return tensors


@contextmanager
def standing_in(stand: Stand) -> Iterator[None]:
    """Put the stand-in into the place of every optimizer, and listen for losses, until the block ends."""

    class Swapped(type):
        def __call__(cls, params: Any, *_options: Any, **_named: Any) -> Any:
            return stand.make(params)

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, torch.optim.Optimizer)

    backward: Callable[..., Any] = torch.Tensor.backward

    def heard(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        stand.saw(self)
        return backward(self, *arguments, **named)

    homes = {name: sys.modules[kind.__module__] for name, kind in OPTIMIZERS.items()}
    torch.Tensor.backward = heard  # type: ignore[method-assign]
    for name, home in homes.items():
        swapped = Swapped(name, (), {})
        setattr(torch.optim, name, swapped)
        setattr(home, name, swapped)
    try:
        yield
    finally:
        torch.Tensor.backward = backward  # type: ignore[method-assign]
        for name, home in homes.items():
            setattr(torch.optim, name, OPTIMIZERS[name])
            setattr(home, name, OPTIMIZERS[name])


class Silence(io.TextIOBase):
    """Standard output of a program whose prints nobody asked for."""

    def write(self, text: str) -> int:
        """Take a text and drop it."""
        return len(text)
