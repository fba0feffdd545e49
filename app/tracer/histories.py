"""Histories: what a value was taken from that autograd followed up to there, and does not follow on.

`y.detach()` is a constant to autograd. Its author asks why no gradient passes it: the graph then shows the constant
together with a ghost of `y`, or with `y` itself where that is in the graph by another way.
"""

from __future__ import annotations

import re
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import torch

from app.trace.model import Graph, Span
from app.tracer.cuts import HOW, node_of, said
from app.tracer.names import Names
from app.tracer.sites import Constant, Made, Site, constants
from app.tracer.walk import is_followed_leaf

Cut = Callable[[str, torch.Tensor, Span | None], None]

MAX_KNOWN = 512
"""Values whose history is remembered: the latest ones."""

RESULT = -1
"""In place of the slot of an operand."""
SHAPED = re.compile("_like$|^new_")
"""Calls whose result has only the shape of their first argument."""
MAX_LISTED = 64
"""Items of a list that are looked at for what is followed."""
_LEAVES = 2**64 - 1
"""The sequence number of every `AccumulateGrad`: the engine takes the highest first."""
MAX_FREED = 4
"""Graphs that are gone and whose nodes' names are remembered."""
SIGNS = {"eq": "==", "ge": ">=", "gt": ">", "le": "<=", "lt": "<", "ne": "!="}
"""How a program writes calls that compare."""


class History(msgspec.Struct, frozen=True):
    """What was cut off: `number` is the sequence number of its node, `leaf` the identity of a leaf."""

    how: str
    span: Span | None
    label: str
    variable: str | None
    function: str
    number: int | None = None
    leaf: int | None = None


class Histories:
    """Remembers which values were cut off from what.

    Args:
        names: the program's names.
        made: what made the nodes, by sequence number.
        told: is told of each cut: how, of which tensor, and where.
    """

    def __init__(self, names: Names, made: Mapping[int, Made], told: Cut) -> None:
        self._names = names
        self._made = made
        self._told = told
        self._known: dict[int, tuple[Callable[[], Any], History]] = {}
        self._leaves: dict[int, tuple[weakref.ref[torch.Tensor], History]] = {}
        self._places: dict[Span, History] = {}
        """What was cut off last at each place of the program."""
        self._freed: deque[tuple[Sequence[int], Graph]] = deque(maxlen=MAX_FREED)
        """The latest graphs that are gone: the numbers of their nodes, and what these are called."""
        self._derivations: dict[tuple[int, int], tuple[Span, ...]] = {}

    def leaving(self, func: Any, source: torch.Tensor, span: Span | None) -> Callable[[Any], None]:
        """A call is about to hand on the value of a followed tensor without its history; the answer is told what it
        gave.
        """
        name = getattr(func, "__name__", "")
        how = HOW["data" if name == "__get__" else name]
        self._told(how, source, span)
        history = self._history(how, source, span)
        return partial(self._left, history, span)

    def born(self, leaf: torch.Tensor, func: Any, args: Sequence[Any], site: Site) -> None:
        """A call made a leaf: remember what its value was taken from, if that was cut off."""
        if args and args[0] is leaf and getattr(func, "__name__", "") != "requires_grad_":
            return  # it was there before, and is written to
        known = self.find(leaf) or self._carried(func, args) or self._written(site)
        if known is not None:
            self._keep_leaf(leaf, known)

    def parameter(self, result: torch.Tensor, data: Any, site: Callable[[Any, tuple[Any, ...]], Site | None]) -> None:
        """The program made a parameter, which no mode sees.

        Args:
            result: the parameter.
            data: what it was made of.
            site: finds where.
        """
        if not isinstance(data, torch.Tensor) or not (data.requires_grad or self.has_any):
            return
        func = torch.nn.Parameter
        place = site(func, (data,))
        if place is None or place.depth:
            return  # torch makes one parameter of another for a layer of its own
        if data.requires_grad:
            if not data.is_leaf or self._names.known(data) is not None:
                self.leaving(func, data, place.span)(result)
        elif result.requires_grad:
            self.born(result, func, (data,), place)
        else:
            self.derive(func, (data,), result, lambda: place.span)

    def unfollowed(self, func: Any, args: Sequence[Any], result: Any, span: Callable[[], Span | None]) -> None:
        """A call made no node: under `no_grad` that is a cut."""
        if torch.is_grad_enabled():
            self.derive(func, args, result, span)
            return
        sources = _sources(func, args)
        for source in _followed(sources):
            self._told("no_grad", source, span())
        for source in sources:  # the first one that has a history tells it
            if isinstance(source, torch.Tensor) and source.requires_grad:
                self.note(result, "no_grad", source, span())
                return
            known = self.find(source)
            if known is not None:
                self._keep(result, known, span())
                return

    def note(self, result: Any, how: str, source: torch.Tensor, span: Span | None) -> None:
        """Remember that a value was taken from a followed tensor and leaves its history behind."""
        self._left(self._history(how, source, span), span, result)

    def _left(self, history: History | None, span: Span | None, result: Any) -> None:
        if history is None:
            return
        if not isinstance(result, torch.Tensor) or not result.requires_grad:
            self._keep(result, history, span)
        elif is_followed_leaf(result):
            self._keep_leaf(result, history)

    def _history(self, how: str, source: torch.Tensor, span: Span | None) -> History | None:
        node = node_of(source)
        if node is None:
            return None
        if source.is_leaf:
            name = self._names.known(source)
            return History(how, span, name or "leaf", name, "AccumulateGrad", leaf=id(source))
        number = node._sequence_nr()
        label, variable = self._said(number)
        return History(how, span, label or node.name(), variable, node.name(), number)

    def freed(self, numbers: Sequence[int], graph: Graph) -> None:
        """What made the nodes of a graph is forgotten; a result of it may still be carried into the next round."""
        self._freed.append((numbers, graph))

    def has_freed(self, number: int) -> bool:
        """Whether a node is one of a graph that is gone; leaves never are, and all have one number."""
        return number != _LEAVES and any(number in numbers for numbers, _ in self._freed)

    def differentiated(self, gradients: Iterable[Any], root: Any, span: Span | None) -> None:
        """`autograd.grad` gave gradients that have no graph of their own."""
        if isinstance(root, torch.Tensor):
            for gradient in gradients:
                self.note(gradient, "autograd.grad()", root, span)

    def _said(self, number: int) -> tuple[str | None, str | None]:
        made = self._made.get(number)
        if made is not None:
            return said(made)
        nodes = (graph.nodes[numbers.index(number)] for numbers, graph in reversed(self._freed) if number in numbers)
        return next(((node.label, node.variable) for node in nodes), (None, None))

    def derive(self, func: Any, args: Sequence[Any], result: Any, span: Callable[[], Span | None]) -> None:
        """A call made no node: its result is cut off if whole numbers came of a followed tensor, or if what it was
        computed from is cut off.
        """
        source = next(_followed(_sources(func, args)), None)
        if source is None:
            self._follow(func, args, result, span)
        elif isinstance(result, torch.Tensor) and not (result.is_floating_point() or result.is_complex()):
            self.note(result, _written(func), source, span())

    def _follow(self, func: Any, args: Sequence[Any], result: Any, span: Callable[[], Span | None]) -> None:
        """What is computed from a value that was cut off has its history."""
        if not self._known or (isinstance(result, torch.Tensor) and result.requires_grad):
            return
        known = self._carried(func, args)
        if known is not None:
            self._keep(result, known, span())

    def _carried(self, func: Any, args: Sequence[Any]) -> History | None:
        """The history of the first of a call's arguments that has one, and whose values the result is made of."""
        return next(filter(None, map(self.find, _sources(func, args))), None)

    def find(self, value: Any) -> History | None:
        """The history of a value, if it is one that was cut off."""
        known = self._known.get(id(value))
        return known[1] if known is not None and known[0]() is value else None

    @property
    def has_any(self) -> bool:
        """Whether any value was cut off from what autograd followed."""
        return bool(self._places or self._leaves)

    @property
    def copied(self) -> set[Span | None]:
        """Where the values of leaves were taken of which others were made."""
        return {history.span for _, history in self._leaves.values() if history.leaf is not None}

    def of_leaf(self, leaf: torch.Tensor) -> History | None:
        """The history of a leaf whose value was cut off from what autograd followed."""
        known = self._leaves.get(id(leaf))
        return known[1] if known is not None and known[0]() is leaf else self.find(leaf)

    def constants(self, site: Site, args: tuple[Any, ...], full_elements: int) -> tuple[Constant, ...]:
        """The operands of one call that autograd does not follow, with their values and where they come from.

        Args:
            site: of the call.
            args: what torch was given by place, and after that by name.
            full_elements: values of up to so many are read in full.
        """
        found = constants(site, args, self._names, full_elements)
        if self._places:
            for one in found:
                one.history = self.find(args[one.slot]) or self._derived(site, one.slot, one.operand.derive)
        if site.plumbing:
            return tuple([one for one in found if one.history is not None or one.slot not in site.plumbing])
        return found

    def _derived(self, site: Site, slot: int, derive: Callable[[], tuple[Span, ...]]) -> History | None:
        """The history of what Python or numpy computed an operand from, where the text proves that they did."""
        key = (site.index, slot)
        spans = self._derivations.get(key)
        if spans is None:
            spans = self._derivations[key] = derive()
        return next((self._places[span] for span in spans if span in self._places), None)

    def _written(self, site: Site) -> History | None:
        """The history of what a call computes its result from, as the program writes it."""
        if not self._places or site.place is None or site.depth > 0:
            return None
        return self._derived(site, RESULT, site.place.derive)

    def _keep_leaf(self, leaf: torch.Tensor, history: History) -> None:
        while len(self._leaves) >= MAX_KNOWN:
            del self._leaves[next(iter(self._leaves))]
        self._leaves[id(leaf)] = weakref.ref(leaf), history

    def _keep(self, result: Any, history: History, span: Span | None) -> None:
        if span is not None:
            self._places[span] = history
        if isinstance(result, list | tuple):
            for one in result[:MAX_LISTED]:
                self._left(history, None, one)
        if not _can_be_known(result):
            return
        while len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        # A tensor may be large, and is let go of; a number costs nothing, and its identity must not be given away.
        holder = weakref.ref(result) if isinstance(result, torch.Tensor) else lambda: result
        self._known[id(result)] = holder, history


def _sources(func: Any, args: Sequence[Any]) -> Sequence[Any]:
    """The arguments whose values a result is made of, and what is in their lists."""
    given = args[1:] if SHAPED.search(getattr(func, "__name__", "")) else args
    if not any(isinstance(one, list | tuple) for one in given):
        return given
    return [item for one in given for item in (one[:MAX_LISTED] if isinstance(one, list | tuple) else (one,))]


def _followed(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    return (one for one in values if isinstance(one, torch.Tensor) and one.requires_grad)


def followed_in(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Tensor | None:
    """The followed tensor whose value a call hands on without its history: what is asked, or given, or in a list."""
    given = _sources(func, (*args, *kwargs.values()))
    return next(_followed(given), None)


def _can_be_known(value: Any) -> bool:
    """Whether a value has an identity of its own; `True` and small whole numbers do not."""
    return isinstance(value, torch.Tensor) or type(value) is float or type(value).__name__ == "ndarray"


def _written(func: Any) -> str:
    name = getattr(func, "__name__", "call").strip("_")
    return SIGNS.get(name, f"{name}()")
