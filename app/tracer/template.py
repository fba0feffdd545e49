"""Templates: a loop builds the same graph again and again; after the first time it is only compared, not walked anew.

PyTorch makes new nodes in every pass. A template holds what one structure looks like, and lays it over a new root: if
every node has the type, the targets, the origin and the shape that are expected, the graph is the one that is known.
"""

from __future__ import annotations

import sys
from functools import cached_property
from math import prod
from operator import is_
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node as Function

from app.trace.model import Graph, Saved, SavedTensor
from app.tracer.ghosts import marks
from app.tracer.histories import Histories
from app.tracer.kernels import MAX_OUTPUTS
from app.tracer.metadata import shape_of
from app.tracer.names import Names
from app.tracer.sites import Constant, Made
from app.tracer.structure import Parts, aliases, handed, marks_of, place_constants, saved_value
from app.tracer.values import Reading, read_all

MAX_TRIES = 4
"""Templates of one root site that are compared before the graph is walked."""


class Target(NamedTuple):
    """What an entry of a node's `next_functions` must be: the place of a node, and which of its outputs."""

    place: int
    """-1 for none."""
    number: int
    is_new: bool
    """Whether no entry before this one leads to that place."""


class Expected(NamedTuple):
    """What a node of the template must look like."""

    kind: Any  # a type; declared as Any, or mypy takes every compared node for an `object`
    targets: tuple[Target, ...] | None
    """None for a leaf, which has none."""


class Around(NamedTuple):
    """What a template asks of the run."""

    names: Names
    histories: Histories
    frame: FrameType | None
    """Where the program stands: it knows the names of new leaves."""


class Laid(NamedTuple):
    """A template laid over one pass: this pass's nodes and what made them."""

    nodes: list[Function]
    made: list[Made | None]
    variables: list[torch.Tensor]
    """The leaves, aligned with `Template.leaves`."""
    numbers: list[int]
    """The nodes' sequence numbers."""
    has_own_leaves: bool = True
    """Whether the leaves are those that the template was made with, and holds."""


class Template:
    """One distinct graph of the run, with all that can be known of it once."""

    def __init__(self, graph: Graph, parts: Parts, full_elements: int) -> None:
        self.graph = graph
        self.full_elements = full_elements
        self.roots = parts.roots
        self.leaves = [index for index, leaf in enumerate(parts.leaves) if leaf is not None]
        self.size = (len(graph.nodes), len(graph.edges))
        self.leaf_ids = [graph.nodes[index].id for index in self.leaves]
        self.links = parts.walk.links
        self._kinds = list(map(type, parts.walk.nodes))
        self._slots = parts.walk.slots
        self.edges_of: list[list[tuple[int, int]]] = [[] for _ in parts.walk.nodes]
        for edge, link in enumerate(self.links):
            self.edges_of[link.source].append((link.slot, edge))
        self.handed = handed(parts)
        self.is_small = all(prod(node.shape or ()) <= full_elements for node in graph.nodes)
        self.is_scalar = all(node.shape == () for node in graph.nodes)
        self.runs_programs = any(issubclass(kind, BackwardCFunction) for kind in set(self._kinds))
        """Whether a `torch.autograd.Function` is in it, whose backward pass may do anything."""
        self.can_run_again = not any(
            isinstance(one, SavedTensor) for node in graph.nodes for one in node.saved.values()
        )
        """Whether the engine can run it again without having been asked to retain it."""
        self.outputs = {
            index: min(MAX_OUTPUTS, len(node.outputs)) for index, node in enumerate(graph.nodes) if node.outputs
        }
        """How many outputs a node has, for those with several."""
        self.most_readings = sys.maxsize if self.outputs else 3 * len(graph.nodes) + len(graph.edges)
        """How many values a pass takes down at most."""
        self._kept = [
            (index, name, value) for index, kept in enumerate(parts.kept) for name, value in kept.plain.items()
        ]
        self._placed = [target - len(parts.walk.nodes) for _, target, _ in place_constants(parts)]
        self._marks = marks_of(parts)
        self._has_cuts = any(self._marks)
        self._constant_count = len(graph.nodes) - len(parts.walk.nodes)
        self._made = parts.made
        self._aliases = aliases(parts)
        leaves = [leaf for leaf in parts.leaves if leaf is not None]
        self._variables = [leaf.variable for leaf in leaves]
        self._names = [leaf.name for leaf in leaves]

    @cached_property
    def _expected(self) -> list[Expected]:
        """What each node must look like; most programs build a graph once, and are never asked."""
        seen, leaves = {-1, *self.roots}, frozenset(self.leaves)
        links = iter(self.links)
        link = next(links, None)
        expected = []
        for source, (kind, slots) in enumerate(zip(self._kinds, self._slots, strict=True)):
            own = []
            for slot in range(slots):
                place, number = -1, 0
                if link is not None and (link.source, link.slot) == (source, slot):
                    place, number, link = link.target, link.input, next(links, None)
                own.append(Target(place, number, place not in seen))
                seen.add(place)
            expected.append(Expected(kind, tuple(own) if source not in leaves else None))
        return expected

    def lay(self, roots: list[Function], table: dict[int, Made], around: Around) -> Laid | None:
        """Lay the template over the graph under `roots`; None if it is another graph."""
        if len(roots) != len(self.roots):
            return None
        count = len(self._kinds)
        nodes: list[Any] = [None] * (count + 1)  # the last one stays None, for entries that lead nowhere
        for index, root in zip(self.roots, roots, strict=True):
            nodes[index] = root
        for index, (kind, targets) in enumerate(self._expected):
            node = nodes[index]  # by now put in place: its source comes before it
            if type(node) is not kind:
                return None
            if targets is not None:
                functions = node.next_functions
                if len(functions) != len(targets):
                    return None
                for (function, output), (place, expected_output, is_new) in zip(functions, targets, strict=True):
                    if output != expected_output:
                        return None
                    if is_new:
                        nodes[place] = function
                    elif nodes[place] is not function:
                        return None
        del nodes[count]
        if len(set(nodes)) != count:
            return None
        numbers = [node._sequence_nr() for node in nodes]
        made = list(map(table.get, numbers))
        variables = [nodes[index].variable for index in self.leaves]
        has_own_leaves = all(map(is_, variables, self._variables))
        if not self._is_made_alike(made, around.names) or not (
            has_own_leaves or self._has_same_leaves(variables, around)
        ):
            return None
        found = _constants(made)
        if (found or self._placed) and not self._has_same_constants(found):
            return None
        laid = Laid(nodes, made, variables, numbers, has_own_leaves)
        return laid if self._has_same_cuts(laid, around.histories) else None

    def _is_made_alike(self, made: list[Made | None], names: Names) -> bool:
        for how, expected in zip(made, self._made, strict=True):
            if how is not expected and (
                how is None
                or expected is None
                or how.site is not expected.site
                or how.kernel != expected.kernel
                or how.shape != expected.shape
                or how.dtype is not expected.dtype
                or how.origin != expected.origin
                or not (how.module is expected.module or names.are_called_alike(how.module, expected.module))
            ):
                return False
        return True

    def _has_same_leaves(self, variables: list[torch.Tensor], around: Around) -> bool:
        return all(
            variable is known
            or (
                shape_of(variable) == shape_of(known)
                and variable.dtype == known.dtype
                and around.names.of(variable, around.frame) == name
            )
            for variable, known, name in zip(variables, self._variables, self._names, strict=True)
        )

    def _has_same_constants(self, found: list[Constant]) -> bool:
        if len(found) != len(self._placed):
            return False
        first: dict[int, int] = {}
        placed = [first.setdefault(constant.identity, len(first)) for constant in found]
        shapes = [self.graph.nodes[len(self._kinds) + target].shape for target in placed]
        return placed == self._placed and all(one.shape == shape for one, shape in zip(found, shapes, strict=True))

    def _has_same_cuts(self, laid: Laid, histories: Histories) -> bool:
        if not (histories.has_any or self._has_cuts):
            return True
        found = [constant.history for constant in _constants(laid.made)]
        found += map(histories.of_leaf, laid.variables)
        leaves = {id(variable): index for variable, index in zip(laid.variables, self.leaves, strict=True)}
        return marks(found, laid.nodes, leaves) == self._marks

    def values(self, laid: Laid, full_elements: int) -> list[Reading]:
        """The forward values of a pass, aligned with the graph's nodes."""
        values = [how.value if how is not None else None for how in laid.made]
        for index, value in zip(self.leaves, read_all(laid.variables, full_elements), strict=True):
            values[index] = value
        for index, target in self._aliases:
            values[index] = values[target]
        if self._constant_count:
            constants: list[Reading] = [None] * self._constant_count
            for target, constant in zip(self._placed, _constants(laid.made), strict=True):
                constants[target] = constant.value
            values += constants
        return values

    def others(self, laid: Laid) -> dict[int, list[Reading]]:
        """The forward values of the nodes with several outputs: one for each output."""
        found = {}
        for index, count in self.outputs.items():
            how = laid.made[index]
            others = (how.others if how is not None else None) or {}
            found[index] = [how.value if how is not None else None, *map(others.get, range(1, count))]
        return found

    def saved(self, laid: Laid) -> dict[str, dict[str, Saved]]:
        """What the nodes of a pass keep other than those that the graph was made from: an exponent, a dimension."""
        found: dict[str, dict[str, Saved]] = {}
        for index, name, first in self._kept:
            try:
                value = getattr(laid.nodes[index], name)
            except RuntimeError:  # freed by an earlier backward
                continue
            if value != first:
                kept = found.setdefault(self.graph.nodes[index].id, {})
                kept[name.removeprefix("_saved_")] = saved_value(value)
        return found


class Templates:
    """All templates of a run, found by where their root was made."""

    def __init__(self, names: Names, histories: Histories) -> None:
        self.count = 0
        self._names = names
        self._histories = histories
        self._by_origin: dict[Any, list[Template]] = {}

    def find(
        self, roots: list[Function], table: dict[int, Made], frame: FrameType | None
    ) -> tuple[Template, Laid] | None:
        """The template that fits, and its nodes in this pass; `frame` is where the program stands."""
        around = Around(self._names, self._histories, frame)
        known = self._by_origin.get(_origin(roots, table), ())
        for position, template in enumerate(known):
            laid = template.lay(roots, table, around)
            if laid is not None:
                if position > 0:  # the next pass is likely to be like this one
                    known.remove(template)  # type: ignore[union-attr]
                    known.insert(0, template)  # type: ignore[union-attr]
                return template, laid
        return None

    def add(self, template: Template, roots: list[Function], table: dict[int, Made]) -> None:
        """Keep a template."""
        self.count += 1
        self._by_origin.setdefault(_origin(roots, table), []).insert(0, template)


def _origin(roots: list[Function], table: dict[int, Made]) -> Any:
    made = table.get(roots[0]._sequence_nr())
    return (made.site.index if made is not None and made.site is not None else None, type(roots[0]), len(roots))


def _constants(made: list[Made | None]) -> list[Constant]:
    return [constant for how in made if how is not None for constant in how.constants]


def kept_elements(graph: Graph, full_elements: int) -> int:
    """How many elements one pass keeps of a graph's values, if each value of up to `full_elements` is kept in full."""
    return sum([count for node in graph.nodes if (count := prod(node.shape or ())) <= full_elements])
