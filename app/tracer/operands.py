"""Operands: the arguments of one call as the program writes them, tied to the values that torch was given.

Torch hands on a call with the places of its own signature: what the program gives by name may arrive by place, and
`2.0 * x` asks `x`. An operand that cannot be tied for certain is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType, FunctionType, ModuleType
from typing import Any

import torch

from app.tracer.keywords import arguments_of, resolve
from app.tracer.source import Operand, Place
from app.tracer.unpacking import named, spread

_ARITHMETIC = """
    add clamp clamp_max clamp_min clip copysign div divide eq fill float_power floor_divide floordiv fmod full ge gt
    hypot index_fill ldexp le lerp lt masked_fill maximum minimum mod mul multiply ne pow remainder scatter setitem sub
    subtract true_divide truediv where xlogy
"""
ARITHMETIC = frozenset(_ARITHMETIC.split())
"""Functions that compute with a whole number; to any other one it is a size, a dimension or an index."""
OPTIONS = frozenset({"dropout_p", "eps", "momentum", "p", "training"})
"""Names of arguments that say how to compute, not with what."""

Slotted = list[tuple[int, Operand]]
"""Operands, each with its slot: its place among the arguments by place, or after these among those by name."""


def by_place(
    place: Place, func: Any, frame: FrameType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Slotted | None:
    """The operands that torch was given by place; None if they are not for certain those that the program wrote.

    Args:
        place: what the program says there.
        func: what torch was asked for.
        frame: of the program, where the call stands.
        args: what torch was given by place.
        kwargs: what it was given by name.
    """
    written = list(place.operands)
    first = _value(written[0], frame) if written else None
    is_module = type(first) is ModuleType
    if is_module:
        del written[0]  # what the function is called on: `torch` in torch.dot(a, b)
    if place.has_unpacking:
        is_given = is_module or (written and (written[0].item is not None or (args and first is args[0])))
        written = spread(written, frame, len(args) if is_given else None)
    if not is_module and len(written) == len(args) + 1:
        del written[0]
    keywords = named(place, frame, func, kwargs)
    moved = [(_own_place(func, name), one) for name, one in keywords if name not in kwargs]
    found = [*enumerate(written), *moved]
    if not found or sorted(slot for slot, _ in found) != list(range(len(args))):
        return None
    if len(written) == 2 and _is_reversed(written, frame, args):
        found = [*enumerate(reversed(written))]
    return [(slot, one) for slot, one in found if _is_operand(one, args[slot])]


def by_name(place: Place, func: Any, frame: FrameType, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Slotted:
    """The operands that torch was given by name, as the program gives them."""
    written = dict(named(place, frame, func, kwargs))
    return [
        (slot, written[name])
        for slot, (name, value) in enumerate(kwargs.items(), len(args))
        if name in written and name not in OPTIONS and _is_operand(written[name], value)
        if _may_be(written[name], value, frame)
    ]


def is_plumbing(func: Any, value: Any) -> bool:
    """Whether an operand is a whole number that the function does not compute with, as a size or a dimension."""
    return isinstance(value, int) and operation_of(func) not in ARITHMETIC


def operation_of(func: Any) -> str:
    """What a function computes: `__radd__` and `__iadd__` add."""
    name: str = getattr(func, "__name__", "").strip("_")
    return name[1:] if name not in ARITHMETIC and name[1:] in ARITHMETIC else name


def _own_place(func: Any, name: str) -> int:
    """Where a function written in Python takes an argument that was given by name; -1 where that is not known."""
    names = arguments_of(func.__code__) if type(func) is FunctionType else ()
    return names.index(name) if name in names else -1


def _is_operand(operand: Operand, value: Any) -> bool:
    return not operand.is_literal and operand.item is None and isinstance(value, torch.Tensor | float | int)


def _may_be(operand: Operand, value: Any, frame: FrameType) -> bool:
    """Whether a value may be what the program wrote: if that is a name, it is what the name holds."""
    known = _value(operand, frame)
    return known is None or known is value


def _value(operand: Operand, frame: FrameType) -> Any:
    """What a name of the program holds, looked up through modules only; None for anything else."""
    return resolve(operand.name.split("."), frame) if operand.name else None


def _is_reversed(written: list[Operand], frame: FrameType, args: tuple[Any, ...]) -> bool:
    """Whether Python asked the right operand (`2.0 * x` calls `x.__rmul__(2.0)`)."""
    if written[0].is_literal:
        return True
    first, second = (_value(one, frame) for one in written)
    if first is args[0]:
        return False
    return second is args[0] or (first is not None and first is args[1])
