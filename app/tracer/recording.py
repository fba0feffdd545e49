"""What is taken down of one pass while the engine runs."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import Any, NamedTuple

import msgspec

from app.trace.model import Origin, Output, Value
from app.tracer.template import Laid, Template
from app.tracer.values import Reading, held_if_large, settled


class Options(NamedTuple):
    """How the program called the engine.

    `accumulate` is False for `autograd.grad`; `starts_with_one` tells that the only root is a scalar with gradient 1.
    """

    retain_graph: bool
    create_graph: bool
    accumulate: bool
    inputs: tuple[Any, ...]
    starts_with_one: bool

    @property
    def is_plain(self) -> bool:
        """Whether it is `loss.backward()`, with nothing special about it."""
        return self.starts_with_one and self.accumulate and not self.create_graph and not self.inputs


class Recording:
    """One pass while the engine runs: places for everything it will tell.

    `options` are None for a graph that is not differentiated.
    """

    def __init__(self, template: Template, laid: Laid, values: list[Reading], options: Options | None) -> None:
        self.template = template
        self.laid = laid
        self.values = values
        nodes, edges = template.size
        self.gradients: list[Reading] = [None] * nodes
        self.flows: list[Reading] = [None] * edges
        self.derivatives: list[Value] = [None] * edges
        self.accumulated: dict[str, Reading] = {}
        self.order: list[int] = []
        self.clean = frozenset(
            [index for index, one in zip(template.leaves, laid.variables, strict=True) if one.grad is None]
        )
        """Leaves that had no gradient before, by node."""
        self.freed: tuple[int, ...] = ()
        """Places of nodes that an earlier pass had freed, if the engine broke off."""
        self.is_open = True
        self.is_hooked = False
        """Whether a node's hook holds this."""
        self.starts_with_one = options is not None and options.starts_with_one
        self.is_plain = options is not None and options.is_plain
        self.others = template.others(laid) if template.outputs else {}
        self.arrived: dict[int, list[Reading]] = {}
        """Of the nodes with several outputs, what they gave and what arrived for it, one for each output."""
        self.saved = template.saved(laid)
        self._places: dict[Any, int] | None = None

    def summarise(self) -> None:
        """Hold what was kept in full before this graph was known to be too large for it."""
        full = self.template.full_elements
        self.values = [held_if_large(one, full) for one in self.values]
        self.others = {index: [held_if_large(one, full) for one in values] for index, values in self.others.items()}

    def origin_of(self, node: Any) -> Origin | None:
        """Which node of the graph one that runs is."""
        if self._places is None:
            self._places = {one: index for index, one in enumerate(self.laid.nodes)}
        index = self._places.get(node)
        return None if index is None else Origin(self.template.graph.id, self.template.graph.nodes[index].id)

    def release(self) -> None:
        """Let go of the nodes: a hook that stays on one of them holds this, and the two would hold each other."""
        if not self.is_hooked:
            return
        self.laid = Laid([], [], [], [])
        self.values = []
        self.gradients = []
        self.flows = []
        self.accumulated = {}
        self.others = {}
        self.arrived = {}
        self._places = None

    def readings(self) -> list[Reading]:
        """All that was taken down."""
        several = chain.from_iterable((*self.others.values(), *self.arrived.values()))
        return [*self.values, *self.gradients, *self.flows, *self.accumulated.values(), *several]

    def outputs(self) -> dict[str, tuple[Output, ...]] | msgspec.UnsetType:
        """What the nodes with several outputs gave and got."""
        if not self.others:
            return msgspec.UNSET
        nodes = self.template.graph.nodes
        return {
            nodes[index].id: tuple(
                Output(settled(value), settled(gradient))
                for value, gradient in zip_longest(values, self.arrived.get(index, ()))
            )
            for index, values in self.others.items()
        }
