"""What a child is asked to do: a program, or an expression that it writes into one."""

from __future__ import annotations

import msgspec

from app.settings import Limits
from app.trace.model import Struct
from app.trace.optimizer import Configuration, Optimizer, Scheduler
from app.trace.study import Check, Landscape, NodeCheck, Slice
from app.trace.trials import Bend, Explain, Race, Sweep

__all__ = ["Configuration", "Expression", "Job", "Optimizer", "Scheduler", "Variable"]


class Variable(Struct, frozen=True):
    """A variable of an expression: a number, nested lists of numbers, or the text of a torch expression; None asks
    for a default.
    """

    value: int | float | list | str | None = None  # type: ignore[type-arg]
    requires_grad: bool = True


class Expression(Struct, frozen=True):
    """An expression to be written into a program; `steps` counts optimizer steps, 0 asks for one bare `backward()`."""

    expression: str
    variables: dict[str, Variable] = msgspec.field(default_factory=dict)
    optimizer: Optimizer = Optimizer()
    steps: int = 0
    sum: bool = False
    scheduler: Scheduler | None = None
    clip_norm: float | None = None
    clip_value: float | None = None

    @property
    def configuration(self) -> Configuration:
        """How its loss is brought down."""
        return Configuration(self.optimizer, self.scheduler, self.clip_norm, self.clip_value)


class Job(Struct, frozen=True):
    """What a child is asked to do."""

    source: str | Expression
    seed: int = 0
    limits: Limits = Limits()
    study: Landscape | Slice | Check | NodeCheck | Sweep | Race | Bend | Explain | None = None
    """What is asked about the source instead of its trace."""
