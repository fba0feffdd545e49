"""Unpacking: what `f(x, *bounds, **options)` gives, item by item, as the program could have written it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType, FunctionType, ModuleType
from typing import Any

import torch

from app.tracer.source import UNPACKED, Operand, Place

SEQUENCES = (list, tuple, torch.Size)
"""Types whose items can be looked at without running code of the program."""


def spread(written: Sequence[Operand], frame: FrameType, most: int | None) -> list[Operand]:
    """Put in the place of each `*values` its items; one that cannot be looked at stays as it is.

    Args:
        written: operands by place.
        frame: of the program, where the call stands.
        most: how many there must be in all; None if that is not known.
    """
    lengths = {id(one): _length(one, frame) for one in written if one.item is not None}
    unknown = [key for key, length in lengths.items() if length is None]
    if len(unknown) == 1 and most is not None:
        rest = len(written) - len(lengths) + sum(length or 0 for length in lengths.values())
        lengths[unknown[0]] = max(0, most - rest)
    found: list[Operand] = []
    for one in written:
        length = lengths.get(id(one))
        found += [one] if one.item is None or length is None else map(one.item, range(length))
    return found


def named(place: Place, frame: FrameType, func: Any, kwargs: Mapping[str, Any]) -> list[tuple[str, Operand]]:
    """The arguments by name that the program gives, those of each `**options` among them.

    Args:
        place: what the program says.
        frame: of the program, where the call stands.
        func: what torch was asked for.
        kwargs: what it was given by name.
    """
    plain = [(name, one) for name, one in place.keywords if name != UNPACKED]
    mappings = [one for name, one in place.keywords if name == UNPACKED]
    if not mappings:
        return plain
    found = dict(plain)
    for one in mappings:
        found |= {name: item for name, item in _items(one, frame, kwargs) if name not in found}
    # A function written in Python hands on its defaults, too: these were not given.
    if len(mappings) == 1 and type(func) is not FunctionType and type(held(mappings[0], frame)) is not dict:
        item = mappings[0].item
        assert item is not None
        found |= {name: item(name) for name in kwargs if name not in found}
    return list(found.items())


def held(operand: Operand, frame: FrameType) -> Any:
    """What a dotted name of the program holds, looked up without running its code; None for anything else."""
    if operand.name is None:
        return None
    first, *rest = operand.name.split(".")
    owner = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in rest:
        owner = vars(owner).get(name) if type(owner) is ModuleType else inspect.getattr_static(owner, name, None)
    return owner


def _length(operand: Operand, frame: FrameType) -> int | None:
    values = held(operand, frame)
    return len(values) if type(values) in SEQUENCES else None


def _items(operand: Operand, frame: FrameType, kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Operand]]:
    mapping = held(operand, frame)
    if type(mapping) is dict and operand.item is not None:
        for name, value in mapping.items():
            if type(name) is str and kwargs.get(name, value) is value:
                yield name, operand.item(name)
