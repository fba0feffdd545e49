"""Parts of a graph that may be shown as one box, and what is inside each.

A part holds items: indices of nodes, or smaller parts. Parts nest as modules do; where one holds more items than there
is room for, `repeats` finds structure in them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from math import gcd

from app.layout.folded import GroupKind
from app.trace.model import Graph, Node

INPUTS = frozenset({"leaf", "constant", "ghost"})
Path = tuple[str, ...]


@dataclass(slots=True)
class Part:
    """Several items under one name; of a part of a loop, `first` is the number of its first round."""

    key: str
    kind: GroupKind
    title: str
    items: list[int | Part]
    repeats: int = 1
    first: int | None = None
    members: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Collect the nodes of all items."""
        self.members = list(members_of(self.items))


def members_of(items: Iterable[int | Part]) -> Iterator[int]:
    """Indices of all nodes in some items."""
    for item in items:
        if isinstance(item, int):
            yield item
        else:
            yield from item.members


class Flow:
    """How data flows through a graph: inputs and consumers of each node by index, and an order of computation.

    Args:
        graph: its edges run against the data.
    """

    def __init__(self, graph: Graph) -> None:
        self.nodes: Sequence[Node] = graph.nodes
        index = {node.id: at for at, node in enumerate(graph.nodes)}
        self.edges = [(index[edge.target], index[edge.source]) for edge in graph.edges]
        self.inputs: list[list[int]] = [[] for _ in graph.nodes]
        self.consumers: list[list[int]] = [[] for _ in graph.nodes]
        for tail, head in self.edges:
            self.inputs[head].append(tail)
            self.consumers[tail].append(head)
        self.position = self._positions()

    def _positions(self) -> list[int]:
        """Place of each node in an order in which inputs come first and one round of a loop stays together."""
        position = [-1] * len(self.nodes)
        entered = [False] * len(self.nodes)
        placed = 0
        # Results without consumers first; what no result reaches (there should be nothing) comes last.
        starts = [at for at, users in enumerate(self.consumers) if not users]
        for start in (*starts, *range(len(self.nodes))):
            stack = [start]
            while stack:
                at = stack[-1]
                if not entered[at]:
                    entered[at] = True
                    stack.extend(tail for tail in reversed(self.inputs[at]) if not entered[tail])
                    continue
                stack.pop()
                if position[at] < 0:
                    position[at] = placed
                    placed += 1
        return position

    def place(self, item: int | Part) -> int:
        """Where an item's result stands in the order of computation."""
        return self.position[item] if isinstance(item, int) else max(map(self.position.__getitem__, item.members))


def homes(flow: Flow) -> list[Path]:
    """The module path of each node.

    Inputs have none of their own: a parameter lives in the innermost module that holds all its consumers. What the
    program calls by a plain name (`x`) stays outside, because its author looks for it; a name that several inputs have
    is one that each call of a module gives to its own (`mask`), and lives in there.
    """
    paths = [path(node.module) for node in flow.nodes]
    inputs = [(at, node) for at, node in enumerate(flow.nodes) if node.kind in INPUTS and node.module is None]
    named = Counter(node.variable for _, node in inputs)
    for at, node in inputs:
        is_outside = node.variable and "." not in node.variable and named[node.variable] == 1
        if flow.consumers[at] and not is_outside:
            paths[at] = _shared([paths[user] for user in flow.consumers[at]])
    return paths


def path(module: str | None) -> Path:
    """Split a module's path: `layers.0` is two steps."""
    return tuple(module.split(".")) if module else ()


def _shared(paths: Sequence[Path]) -> Path:
    low, high = min(paths), max(paths)
    return tuple(step for step, _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))


def by_module(members: Iterable[int], part: Part | None, where: Sequence[Path]) -> list[int | Part]:
    """Sort the nodes of a module, or of the whole graph, into submodules; a submodule of one node stays that node.

    A path that does not branch is one step: `encoder.layers` when `encoder` holds nothing else. One call of a module
    that is called again and again passes its number on to what is inside.
    """
    inside = path(part.title) if part else ()
    call = part.key[part.key.index("#") :] if part and "#" in part.key else ""
    children: dict[str, list[int]] = {}
    items: list[int | Part] = []
    for at in members:
        if len(where[at]) > len(inside):
            children.setdefault(where[at][len(inside)], []).append(at)
        else:
            items.append(at)
    for nodes in children.values():
        if len(nodes) == 1:
            items.extend(nodes)
            continue
        name = ".".join(_shared([where[at] for at in nodes]))
        items.append(Part(f"module:{name}{call}", "module", name, list(nodes)))
    return items


def repeats_of(flow: Flow, part: Part, where: Sequence[Path]) -> int:
    """How many equal blocks follow each other in a module (`layers.0`, `layers.1`, …), or how often it was called."""
    depth = len(path(part.title))
    blocks: dict[str, Counter[Hashable]] = defaultdict(Counter)
    ran: Counter[Hashable] = Counter()
    calls = 0
    for at in part.members:
        node, inner = flow.nodes[at], where[at][depth:]
        if node.kind in ("constant", "ghost"):
            continue  # the blocks may share one, which then lies beside them
        block = blocks[inner[0] if inner else ""]
        if node.kind == "leaf":
            # Blocks are alike by their parameters: the first one often runs less, as its input needs no gradient.
            block[inner[1:], node.shape] += 1
            calls = gcd(calls, len(flow.consumers[at]))
        else:
            ran[inner, node.name] += 1
    first, *others = blocks.values()
    if others and all(name.isdecimal() for name in blocks):
        return len(blocks) if first and all(block == first for block in others) else 1
    # Each call leaves the same operations, and uses each parameter as often.
    return gcd(calls, *ran.values()) if calls else 1
