"""What a child is asked to do: a program, or an expression that it writes into one."""

from __future__ import annotations

import msgspec

from app.settings import Limits
from app.trace.model import Struct
from app.trace.study import Check, Landscape


class Variable(Struct, frozen=True):
    """A variable of an expression: a number, nested lists of numbers, or the text of a torch expression; None asks
    for a default.
    """

    value: int | float | list | str | None = None  # type: ignore[type-arg]
    requires_grad: bool = True


class Optimizer(Struct, frozen=True):
    """The optimizer that an expression's program uses: a class of `torch.optim` by name, and its keyword options."""

    name: str = "SGD"
    options: dict[str, int | float | bool] = msgspec.field(default_factory=dict)


class Expression(Struct, frozen=True):
    """An expression to be written into a program; `steps` counts optimizer steps, 0 asks for one bare `backward()`."""

    expression: str
    variables: dict[str, Variable] = msgspec.field(default_factory=dict)
    optimizer: Optimizer = Optimizer()
    steps: int = 0
    sum: bool = False


class Job(Struct, frozen=True):
    """What a child is asked to do."""

    source: str | Expression
    seed: int = 0
    limits: Limits = Limits()
    study: Landscape | Check | None = None
    """What is asked about an expression instead of its trace."""
