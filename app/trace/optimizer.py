"""Optimizers and schedulers as they are asked for: classes of `torch.optim` by name, with their keyword options."""

from __future__ import annotations

from typing import Literal

import msgspec

OptionValue = int | float | bool | str | tuple[int | float | None, ...] | None
OptionKind = Literal["float", "int", "bool", "text", "floats", "ints", "function", "schedulers"]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of these records: frozen, and strict about unknown fields."""


class Optimizer(Wish, frozen=True):
    """A class of `torch.optim` by name, and its keyword options."""

    name: str = "SGD"
    options: dict[str, OptionValue] = msgspec.field(default_factory=dict)


class Scheduler(Wish, frozen=True):
    """A class of `torch.optim.lr_scheduler` by name, its options, and the schedulers that it is made of, if any."""

    name: str
    options: dict[str, OptionValue] = msgspec.field(default_factory=dict)
    schedulers: tuple[Scheduler, ...] = ()


class Configuration(Wish, frozen=True):
    """How a loss is brought down: optimizer, scheduler, and what the gradient is clipped to (by norm, by value)."""

    optimizer: Optimizer = Optimizer()
    scheduler: Scheduler | None = None
    clip_norm: float | None = None
    clip_value: float | None = None

    def at_rate(self, rate: float) -> Configuration:
        """Make the same configuration with another learning rate."""
        optimizer = Optimizer(self.optimizer.name, self.optimizer.options | {"lr": rate})
        return msgspec.structs.replace(self, optimizer=optimizer)
