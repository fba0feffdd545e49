"""Sites: the instructions of the program that call torch, and what each call left behind."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import torch

from app.trace.model import Origin, Span
from app.tracer.folds import Fold, is_fold
from app.tracer.metadata import dtype_name, shape_of
from app.tracer.names import Names
from app.tracer.operands import Slotted, by_name, by_place, is_plumbing
from app.tracer.source import Operand, Place, Sources
from app.tracer.unpacking import named
from app.tracer.values import Reading, number


class Site:
    """One instruction of the program calling one torch function; what the source says of it is looked up once."""

    __slots__ = ("depth", "fold", "function", "given", "index", "modules", "operands", "place", "plumbing")

    def __init__(self, index: int, place: Place | None, function: str, layers: list[str]) -> None:
        self.index = index
        self.place = place
        self.function = function
        self.modules = layers.count("forward")
        """Modules of torch between the program and the call: 0 for `relu(x)`, 1 for `self.linear(x)`."""
        self.depth = max(self.modules, min(1, len(layers)))
        """As `modules`, but 1 also where other code calls torch for the program."""
        self.given: frozenset[int] = frozenset()
        """Slots of what the outermost of these modules was given: another one's may be something else."""
        self.operands: tuple[tuple[int, Operand], ...] = ()
        self.plumbing: frozenset[int] = frozenset()
        """Slots of sizes, dimensions and the like: no operands, unless they were cut off from what autograd follows."""
        self.fold: Fold | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the call's result is what the source says there; inside an `nn.Sequential` it is a part of it."""
        return self.place is not None and self.depth <= 1

    @property
    def span(self) -> Span | None:
        """Where the call stands in the source."""
        return self.place.span if self.place else None


class Constant(msgspec.Struct):
    """An operand that autograd does not follow; `identity` tells the same one used twice."""

    slot: int
    operand: Operand
    identity: int
    value: Reading
    shape: tuple[int, ...] | None
    dtype: str
    tensor: torch.Tensor | None = None
    """Kept so that no other tensor takes its identity while the pass lasts."""
    history: Any = None
    """The `History` of a value that was cut off from it."""


class Made(msgspec.Struct):
    """How one `grad_fn` came to be; `kernel` names the operation inside a composite call, None for its result."""

    value: Reading
    shape: tuple[int, ...] | None
    """None where rows differ in length."""
    dtype: torch.dtype
    kernel: str | None = None
    site: Site | None = None
    module: torch.nn.Module | None = None
    constants: tuple[Constant, ...] = ()
    others: dict[int, Reading] | None = None
    """The values of further outputs, by `output_nr`."""
    origin: Origin | None = None
    """The node of an earlier graph that ran when this one was made: this is part of its gradient."""


MAX_MADE = 200_000
"""Nodes whose making is remembered: ten graphs of the largest size. Most are forgotten with their graph."""


CALLER = 4
"""Frames from a treatment out to whoever called a function that torch wrote in Python: between them stand the function
itself, its way to the mode, and the mode. Frames that are not looked at cost nothing.
"""


def bound(made: dict[int, Made]) -> None:
    """Forget half of what made nodes once it is too much: a program that never differentiates would fill the memory."""
    if len(made) > MAX_MADE:
        for sequence_number in list(islice(made, len(made) // 2)):
            del made[sequence_number]


Call = tuple[Any, tuple[Any, ...], Mapping[str, Any]]
"""A function, and what it is given by place and by name."""


class Sites:
    """Finds the site of a call from the frame that makes it."""

    def __init__(self, source: Sources, names: Names) -> None:
        self._source = source
        self._names = names
        self.known: dict[tuple[int, int, Any], Site] = {}
        """Sites by code, instruction and function."""
        self._unpacking: dict[tuple[int, int, Any, tuple[Any, ...]], Site] = {}
        """Those of calls that unpack what they give, also by how much that is and by its names."""
        self._spans: dict[tuple[int, int], Span | None] = {}
        self._folds: dict[tuple[int, int], Fold] = {}
        """By code and instruction: the first step may ask for another function than the others."""

    def span(self, frame: FrameType | None) -> Span | None:
        """Where a frame of the program stands."""
        if frame is None:
            return None
        key = (id(frame.f_code), frame.f_lasti)
        if key not in self._spans:
            place = self._source.place(frame.f_code, frame.f_lasti)
            self._spans[key] = place.span if place else None
        return self._spans[key]

    def find(self, func: Any, frame: FrameType, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Site:
        """The site at which `frame` calls `func`; the first call decides what its operands are called."""
        key = (id(frame.f_code), frame.f_lasti, func)
        site = self.known.get(key)
        if site is None:
            place = self._source.place(frame.f_code, frame.f_lasti)
            if place is not None and place.has_unpacking:  # the next call there may give something else
                given = (len(args), *(name for name, _ in named(place, frame, func, kwargs)))
                site = self._unpacking.get((*key, given))
                if site is None:
                    site = self._unpacking[*key, given] = self._new(place, frame, (func, args, kwargs))
            else:
                site = self.known[key] = self._new(place, frame, (func, args, kwargs))
        return site

    def _new(self, place: Place | None, frame: FrameType, call: Call) -> Site:
        func, args, kwargs = call
        name = getattr(func, "__name__", "call")
        if name == "__get__":
            name = func.__self__.__name__
        site = Site(len(self.known) + len(self._unpacking), place, name, _layers(frame))
        site.operands = tuple(self._operands(site, call, frame))
        given = (*args, *kwargs.values())
        site.plumbing = frozenset([slot for slot, _ in site.operands if is_plumbing(func, given[slot])])
        if place is not None and site.depth == 0 and is_fold(place, frame):
            site.fold = self._folds.setdefault((id(frame.f_code), frame.f_lasti), Fold(place.variable))
        return site

    def _operands(self, site: Site, call: Call, frame: FrameType) -> Slotted:
        """The operands as the program writes them where it makes the call itself, else by the program's names."""
        func, args, kwargs = call
        if site.place is None or site.depth > 0:
            handed = self._handed(site, args)
            site.given = frozenset([slot for slot, _ in handed])
            return handed + [one for one in self._named(site, frame, args) if one[0] not in site.given]
        found = by_place(site.place, func, frame, args, kwargs)
        found = self._named(site, frame, args) if found is None else found
        return found + by_name(site.place, func, frame, args, kwargs)

    def _handed(self, site: Site, args: tuple[Any, ...]) -> Slotted:
        """What a module of torch's hands on of what the program gave it, as the program writes that."""
        place, given = site.place, given_at(site, self._names)
        if place is None or place.has_unpacking or len(place.operands) < len(given):
            return []
        written = dict(zip(map(id, given), place.operands[len(place.operands) - len(given) :], strict=True))
        tensors = [(slot, value) for slot, value in enumerate(args) if isinstance(value, torch.Tensor)]
        return [(slot, written[id(value)]) for slot, value in tensors if id(value) in written]

    def _named(self, site: Site, frame: FrameType, args: tuple[Any, ...]) -> Slotted:
        span, written = site.span, site.place.operands if site.place else ()
        tensors = [(slot, value) for slot, value in enumerate(args) if isinstance(value, torch.Tensor)]
        names = [(slot, self._names.of(value, frame)) for slot, value in tensors if not value.requires_grad]
        derive = {operand.name: operand.derive for operand in written}
        return [
            (slot, Operand(name, name, span, False, derive.get(name, tuple))) for slot, name in names if name and span
        ]


def constants(site: Site, args: tuple[Any, ...], names: Names, full_elements: int) -> tuple[Constant, ...]:
    """The operands of one call that autograd does not follow, with their values."""
    found = []
    for slot, operand in site.operands:
        value = args[slot] if slot < len(args) else None
        if isinstance(value, torch.Tensor):
            is_other = slot in site.given and not any(one is value for one in given_at(site, names))
            if not value.requires_grad and not is_other:
                reading = names.snapshot(value, full_elements)
                shape, dtype = shape_of(value), dtype_name(value.dtype)
                found.append(Constant(slot, operand, id(value), reading, shape, dtype, value))
        elif isinstance(value, float | int):
            found.append(Constant(slot, operand, hash(operand.label), number(value), (), type(value).__name__))
    return tuple(found)


def program_frame(frame: FrameType | None, is_program: Mapping[str, bool]) -> FrameType | None:
    """The innermost frame of the program's own code, from `frame` outwards."""
    while frame is not None and not is_program[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def given_at(site: Site, names: Names) -> tuple[Any, ...]:
    """What the program gives, at a site, to the module of torch's that it calls there."""
    return names.given[-site.modules] if 0 < site.modules <= len(names.given) else ()


DIRECT = re.compile(r"/torch/(?:\w+|nn/functional|nn/init|nested/\w+|sparse/\w+)\.py$")
"""Code of torch's own that a program calls as torch. Any other that is not the program's calls torch for it: neither
the operands nor the result of such a call are those that the program wrote, as in `dist.log_prob(action)`.
"""
_HERE = str(Path(__file__).parent)


def _layers(frame: FrameType) -> list[str]:
    """The functions between the program and the call that call torch for it."""
    functions = []
    inner: FrameType | None = sys._getframe(3)
    while inner is not None and inner is not frame:
        filename = inner.f_code.co_filename
        if not filename.startswith(_HERE) and not DIRECT.search(filename):
            functions.append(inner.f_code.co_name)
        inner = inner.f_back
    return functions
