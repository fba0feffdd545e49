"""Histories: what a value was taken from that autograd followed up to there, and does not follow on.

`y.detach()` is a constant to autograd. Its author asks why no gradient passes it: the graph then shows the constant
together with a ghost of `y`, or with `y` itself where that is in the graph by another way.
"""

from __future__ import annotations

import re
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import torch

from app.trace.model import Edge, Graph, Node, Span
from app.tracer.cuts import HOW, node_of, said
from app.tracer.names import Names
from app.tracer.sites import Constant, Made, Site, constants
from app.tracer.source import MAX_LABEL
from app.tracer.walk import is_followed_leaf

Cut = Callable[[str, torch.Tensor, Span | None], None]

MAX_KNOWN = 512
"""Values whose history is remembered: the latest ones."""

RESULT = -1
"""In place of the slot of an operand."""
SHAPED = re.compile("_like$|^new_")
"""Calls whose result has only the shape of their first argument."""
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


class Mark(msgspec.Struct, frozen=True):
    """The history of a constant as the graph shows it: `place` is the index of its node, None for a ghost."""

    how: str
    span: Span | None
    place: int | None


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

    def taken(self, func: Any, result: Any, source: torch.Tensor, span: Span | None) -> None:
        """A call handed on the value of a followed tensor without its history."""
        name = getattr(func, "__name__", "")
        how = HOW["data" if name == "__get__" else name]
        self._told(how, source, span)
        self.note(result, how, source, span)

    def born(self, leaf: torch.Tensor, func: Any, args: Sequence[Any], site: Site) -> None:
        """A call made a leaf: remember what its value was taken from, if that was cut off."""
        if args and args[0] is leaf and getattr(func, "__name__", "") != "requires_grad_":
            return  # it was there before, and is written to
        known = self.find(leaf) or self._carried(func, args) or self._written(site)
        if known is not None:
            self._keep_leaf(leaf, known)

    def unfollowed(self, func: Any, args: Sequence[Any], result: Any, span: Callable[[], Span | None]) -> None:
        """A call made no node: under `no_grad` that is a cut."""
        if torch.is_grad_enabled():
            self.derive(func, args, result, span)
            return
        followed = [source for source in args if isinstance(source, torch.Tensor) and source.requires_grad]
        for source in followed:
            place = span()
            self._told("no_grad", source, place)
            self.note(result, "no_grad", source, place)
        if not followed:
            self._follow(func, args, result, span)

    def note(self, result: Any, how: str, source: torch.Tensor, span: Span | None) -> None:
        """Remember that a value was taken from a followed tensor and leaves its history behind."""
        is_leaf = isinstance(result, torch.Tensor) and result.requires_grad
        if is_leaf and not is_followed_leaf(result):
            return
        node = node_of(source)
        if node is None:
            return
        if source.is_leaf:
            name = self._names.known(source)
            history = History(how, span, name or "leaf", name, "AccumulateGrad", leaf=id(source))
        else:
            number = node._sequence_nr()
            label, variable = self._said(number)
            history = History(how, span, label or node.name(), variable, node.name(), number)
        if is_leaf:
            self._keep_leaf(result, history)
        else:
            self._keep(result, history, span)

    def freed(self, numbers: Sequence[int], graph: Graph) -> None:
        """What made the nodes of a graph is forgotten; a result of it may still be carried into the next round."""
        self._freed.append((numbers, graph))

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
        for source in args:
            if isinstance(source, torch.Tensor) and source.requires_grad:
                if isinstance(result, torch.Tensor) and not (result.is_floating_point() or result.is_complex()):
                    self.note(result, _written(func), source, span())
                return
        self._follow(func, args, result, span)

    def _follow(self, func: Any, args: Sequence[Any], result: Any, span: Callable[[], Span | None]) -> None:
        """What is computed from a value that was cut off has its history."""
        if not self._known or (isinstance(result, torch.Tensor) and result.requires_grad):
            return
        known = self._carried(func, args)
        if known is not None:
            self._keep(result, known, span())

    def _carried(self, func: Any, args: Sequence[Any]) -> History | None:
        """The history of the first of a call's arguments that has one, and whose values the result is made of."""
        shaped = 1 if SHAPED.search(getattr(func, "__name__", "")) else 0
        return next(filter(None, map(self.find, args[shaped:])), None)

    def find(self, value: Any) -> History | None:
        """The history of a value, if it is one that was cut off."""
        known = self._known.get(id(value))
        return known[1] if known is not None and known[0]() is value else None

    @property
    def has_any(self) -> bool:
        """Whether any value was cut off from what autograd followed."""
        return bool(self._places or self._leaves)

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
        if not _can_be_known(result):
            return
        while len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        # A tensor may be large, and is let go of; a number costs nothing, and its identity must not be given away.
        holder = weakref.ref(result) if isinstance(result, torch.Tensor) else lambda: result
        self._known[id(result)] = holder, history


def _can_be_known(value: Any) -> bool:
    """Whether a value has an identity of its own; `True` and small whole numbers do not."""
    return isinstance(value, torch.Tensor) or type(value) is float or type(value).__name__ == "ndarray"


def _written(func: Any) -> str:
    name = getattr(func, "__name__", "call").strip("_")
    return SIGNS.get(name, f"{name}()")


def marks(found: Sequence[History | None], nodes: Sequence[Any], leaves: Mapping[int, int]) -> tuple[Mark | None, ...]:
    """Place histories in a graph; `leaves` are indices by the identity of the leaf."""
    if not any(found):
        return (None,) * len(found)
    numbers = {node._sequence_nr(): index for index, node in enumerate(nodes)}
    return tuple([None if history is None else _mark(history, numbers, leaves) for history in found])


def _mark(history: History, numbers: Mapping[int, int], leaves: Mapping[int, int]) -> Mark:
    place = None if history.leaf is None else leaves.get(history.leaf)
    if history.number is not None:
        place = numbers.get(history.number)
    return Mark(history.how, history.span, place)


def add_ghosts(nodes: list[Node], edges: list[Edge], placed: Sequence[tuple[int, History | None, Mark | None]]) -> None:
    """Draw what constants and leaves were cut off from: a dashed way to the node itself, or to a ghost of it.

    Args:
        nodes: of the graph, its constants included; ghosts are added at the end.
        edges: of the graph; each gets its own.
        placed: the index of each constant or leaf with its history and its mark.
    """
    ghosts: dict[tuple[int | None, int | None], int] = {}
    drawn: set[int] = set()
    for at, history, mark in placed:
        if mark is None or history is None or at in drawn:
            continue
        drawn.add(at)
        nodes[at] = msgspec.structs.replace(nodes[at], cut=mark.how)
        target = mark.place
        if target is None:
            target = ghosts.setdefault((history.number, history.leaf), len(nodes))
            if target == len(nodes):
                nodes.append(_ghost(target, history))
        edges.append(Edge(f"e{len(edges)}", f"n{at}", f"n{target}", 0))


def _ghost(index: int, history: History) -> Node:
    return Node(
        id=f"n{index}",
        kind="ghost",
        name=history.function,
        label=history.label[:MAX_LABEL],
        variable=history.variable,
        span=history.span,
        cut=history.how,
    )
