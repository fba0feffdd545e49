"""Optimizers of the program: the options they show, and those that were never asked for a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakValueDictionary

import torch

from app.program.optimizers import PARTS
from app.trace.model import Diagnostic, Parameter, Span

MAX_WAITING = 64
"""Places remembered at most."""


class Optimizers:
    """Remembers, for each place that constructs optimizers, the latest one, until one from there has stepped."""

    def __init__(self) -> None:
        self._all: WeakValueDictionary[int, torch.optim.Optimizer] = WeakValueDictionary()
        self._waiting: dict[Span, torch.optim.Optimizer] = {}
        self._stepped: set[Span] = set()
        self.has_updates_by_hand = False
        """Whether the program changes leaves itself: then it uses gradients without any optimizer."""

    def made(self, optimizer: torch.optim.Optimizer, span: Span | None) -> None:
        """The program constructed an optimizer; kept alive until its place is known to be used, so that its parameters
        can be asked for at the end.
        """
        self._all[id(optimizer)] = optimizer
        if span is not None and span not in self._stepped and len(self._waiting) < MAX_WAITING:
            self._waiting[span] = optimizer

    def stepped(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step."""
        if self._waiting:
            for span, waiting in list(self._waiting.items()):
                if waiting is optimizer:
                    self._stepped.add(span)
                    del self._waiting[span]

    def leave_alone(self) -> Callable[[torch.Tensor], bool]:
        """At the end: tell parameters that no optimizer holds, while there are optimizers."""
        groups = [group for optimizer in self._all.values() for group in optimizer.param_groups]
        held = {id(leaf) for group in groups for leaf in group["params"]}
        return lambda leaf: bool(held) and isinstance(leaf, torch.nn.Parameter) and id(leaf) not in held

    def idle(self, has_gradient: Callable[[torch.Tensor], bool]) -> Iterator[Diagnostic]:
        """At the end: optimizers that had gradients to use, and never stepped."""
        if self.has_updates_by_hand:
            return
        for span, optimizer in self._waiting.items():
            leaves = [leaf for group in optimizer.param_groups for leaf in group["params"]]
            if any(map(has_gradient, leaves)):
                yield Diagnostic("step-missing", "warning", span, {"optimizer": type(optimizer).__name__})


def options_of(group: dict[str, Any]) -> dict[str, Parameter]:
    """The numbers and switches of a parameter group, such as `lr`; a learning rate kept as a tensor counts as its
    number.
    """
    options: dict[str, Parameter] = {}
    for name, value in group.items():
        if isinstance(value, torch.Tensor) and value.numel() == 1:
            options[name] = value.item()
        elif isinstance(value, bool | int | float | str):
            options[name] = value
        elif isinstance(value, tuple) and name in PARTS:
            options |= {
                one: each for one, each in zip(PARTS[name], value, strict=False) if isinstance(each, int | float | None)
            }
    return options
