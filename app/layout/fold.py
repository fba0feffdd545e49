"""Fold a graph until what is left can be read.

Modules close from the outside in; where that is not enough, or there are none, loops, chains and slices of the
computation become one box each (`repeats`). Groups open by themselves level by level while the picture stays easy to
read, and by hand up to `max_nodes`. All of it takes near-linear time, so that 10,000 nodes fold in a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from app.layout.folded import Bundle, Folded, Group
from app.layout.parts import Flow, Part, Path, by_module, homes, path
from app.layout.repeats import fold_chains, fold_inputs, fold_loops, fold_slices, rounds, slices
from app.trace.model import Graph

EASY_NODES = 60
"""What a picture shows without being asked to show more, if anything can be folded."""

_SLICES = 10
"""Into how many runs a loop or chain is cut when it is opened."""

_MOST_PARALLEL = 4
"""More edges between the same two nodes are drawn as one."""


def fold(graph: Graph, expanded: frozenset[str], collapsed: frozenset[str], max_nodes: int) -> Folded:
    """Choose what is visible of a graph.

    Args:
        graph: of any size.
        expanded: keys of groups to open, if they fit.
        collapsed: keys of groups to keep closed.
        max_nodes: the most boxes in the picture; at least 1.

    Returns:
        Every node in exactly one place; leaves and results stay visible as long as there is room.
    """
    if len(graph.nodes) <= min(EASY_NODES, max_nodes) and not collapsed:
        return whole(graph)
    folder = Folder(graph, max_nodes)
    folder.open_levels(collapsed)
    folder.open_chosen(expanded)
    return folder.folded(graph)


def whole(graph: Graph) -> Folded:
    """Show every node; parallel edges are all kept, unless there are many."""
    return Folded(tuple(range(len(graph.nodes))), (), _bundles(graph, [node.id for node in graph.nodes]))


class Folder:
    """What is visible so far: nodes and closed parts.

    Args:
        graph: of any size.
        max_nodes: the most items that may be visible.
    """

    def __init__(self, graph: Graph, max_nodes: int) -> None:
        self._flow = Flow(graph)
        self._homes: list[Path] = homes(self._flow)
        self._most = max_nodes
        self._opened: list[str] = []
        top = by_module(range(len(graph.nodes)), (), self._homes)
        self.items = self._fit(top, "", max_nodes)

    def _fit(self, items: list[int | Part], key: str, room: int) -> list[int | Part]:
        """Fold items until they fit in the room, gently first."""
        if len(items) > min(EASY_NODES, room):
            items = fold_loops(self._flow, items, key)
        if len(items) > room:
            items = fold_chains(self._flow, items, key)
        if len(items) > room:
            items = fold_inputs(self._flow, items, key)
        if len(items) > room:
            items = fold_slices(self._flow, items, key, room)
        if len(items) > room:
            items = [Part(f"{key}all", "part", "…", items)]
        return items

    def _inside(self, part: Part, room: int) -> list[int | Part]:
        """What is seen of a part once it is open."""
        if part.kind == "module":
            return self._fit(by_module(part.members, path(part.title), self._homes), f"{part.key}/", room)
        if len(part.items) <= min(room, EASY_NODES):
            return part.items
        if part.kind == "loop":
            return rounds(self._flow, part, min(room, _SLICES))
        return slices(self._flow, sorted(part.items, key=self._flow.place), f"{part.key}/", min(room, _SLICES))

    def open_levels(self, collapsed: frozenset[str]) -> None:
        """Open modules level by level, all of a level or none, while the picture stays easy to read."""
        easy = min(EASY_NODES, self._most)
        level = self._closed_modules(self.items, collapsed)
        while level:
            insides = {part.key: by_module(part.members, path(part.title), self._homes) for part in level}
            if len(self.items) + sum(len(inside) - 1 for inside in insides.values()) > easy:
                return
            self._replace(insides)
            level = self._closed_modules([item for inside in insides.values() for item in inside], collapsed)

    def _closed_modules(self, items: Sequence[int | Part], collapsed: frozenset[str]) -> list[Part]:
        parts = [item for item in items if isinstance(item, Part)]
        return [part for part in parts if part.kind == "module" and part.key not in collapsed]

    def open_chosen(self, expanded: frozenset[str]) -> None:
        """Open the parts that the visitor chose, as far as there is room; what opens may hold further ones."""
        while True:
            chosen = [item for item in self.items if isinstance(item, Part) and item.key in expanded]
            part = next((item for item in chosen if item.key not in self._opened), None)
            room = self._most - len(self.items) + 1
            if part is None or room < 2:
                return
            self._replace({part.key: self._inside(part, room)})

    def _replace(self, insides: dict[str, list[int | Part]]) -> None:
        self._opened.extend(insides)
        self.items = [
            shown
            for item in self.items
            for shown in (insides.get(item.key, [item]) if isinstance(item, Part) else [item])
        ]

    def folded(self, graph: Graph) -> Folded:
        """Name what is visible."""
        nodes = sorted(item for item in self.items if isinstance(item, int))
        parts = sorted((item for item in self.items if isinstance(item, Part)), key=lambda part: min(part.members))
        owner = [node.id for node in graph.nodes]
        for at, part in enumerate(parts):
            for member in part.members:
                owner[member] = f"m{at}"
        groups = tuple(self._group(f"m{at}", part) for at, part in enumerate(parts))
        return Folded(tuple(nodes), groups, _bundles(graph, owner), tuple(self._opened))

    def _group(self, name: str, part: Part) -> Group:
        nodes, inside = self._flow.nodes, set(part.members)
        operations = [at for at in part.members if nodes[at].kind in ("operation", "output")]
        exits = [at for at in operations if any(user not in inside for user in self._flow.consumers[at])]
        results = exits or [at for at in operations if nodes[at].kind == "output"]
        face = nodes[results[0]].id if len(results) == 1 else None
        members = tuple(nodes[at].id for at in sorted(part.members))
        return Group(name, part.key, part.kind, part.title, members, len(operations), part.repeats, face, part.first)


def _bundles(graph: Graph, owner: Sequence[str]) -> tuple[Bundle, ...]:
    index = {node.id: at for at, node in enumerate(graph.nodes)}
    pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, edge in enumerate(graph.edges):
        tail, head = owner[index[edge.target]], owner[index[edge.source]]
        if tail != head or tail == edge.target:
            pairs[tail, head].append(at)
    return tuple(_named(graph, list(_split(pairs))))


def _split(pairs: dict[tuple[str, str], list[int]]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    for (tail, head), edges in pairs.items():
        if tail[0] == head[0] == "n" and len(edges) <= _MOST_PARALLEL:
            yield from ((tail, head, (edge,)) for edge in edges)
        else:
            yield tail, head, tuple(edges)


def _named(graph: Graph, drawn: list[tuple[str, str, tuple[int, ...]]]) -> Iterator[Bundle]:
    merged = 0
    for tail, head, edges in sorted(drawn, key=lambda bundle: bundle[2]):
        if len(edges) == 1:
            yield Bundle(graph.edges[edges[0]].id, tail, head, edges)
        else:
            yield Bundle(f"f{merged}", tail, head, edges)
            merged += 1
