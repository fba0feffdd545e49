"""Fold a graph until what is left can be read.

Modules close from the outside in; where that is not enough, or there are none, loops, chains and slices of the
computation become one box each (`repeats`). Groups open by themselves level by level while the picture stays easy to
read, to a depth that the visitor asks for, and one by one by hand up to the most that may be visible. All of it takes
near-linear time, so that 10,000 nodes fold in a moment; and whatever is folded, no box feeds itself (`circles`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from math import prod

from app.layout.circles import cut_circles, in_order
from app.layout.folded import Bundle, Cluster, Folded, Group
from app.layout.parts import Flow, Part, Path, by_module, homes, repeats_of
from app.layout.repeats import absorb, fold_chains, fold_inputs, fold_loops, fold_slices, rounds, slices
from app.layout.view import View
from app.trace.model import Graph

EASY_NODES = 60
"""What a picture without modules shows without being asked to show more, if anything can be folded."""

EASY_MODULES = 24
"""Modules open by themselves while the picture has no more boxes than this."""

_SLICES = 10
"""Into how many runs a loop or chain is cut when it is opened."""

_DEEPEST = 8
"""Frames in more frames than this are not drawn: they would take more room than what they hold."""

_MOST_PARALLEL = 4
"""More edges between the same two nodes are drawn as one."""


def fold(graph: Graph, view: View, max_nodes: int) -> Folded:
    """Choose what is visible of a graph.

    Args:
        graph: of any size.
        view: which groups are to be open or closed, or how deep; its own `max_nodes` is not looked at.
        max_nodes: the most boxes in the picture; at least 1.

    Returns:
        Every node in exactly one place; leaves and results stay visible as long as there is room.
    """
    has_modules = any(node.module for node in graph.nodes)
    if not has_modules and len(graph.nodes) <= min(EASY_NODES, max_nodes) and not view.collapsed:
        return whole(graph)
    folder = Folder(graph, max_nodes)
    if view.depth is None:
        folder.open_levels(view.collapsed)
    else:
        folder.open_depth(view.depth, view.collapsed)
    folder.open_chosen(view.expanded)
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
        self._opened: dict[str, tuple[Part, list[int | Part]]] = {}
        top = self._modules(range(len(graph.nodes)))
        self.items = self._fit(top, "", max_nodes)

    def _modules(self, members: Collection[int], part: Part | None = None) -> list[int | Part]:
        return cut_circles(self._flow, by_module(members, part, self._homes))

    def _fit(self, items: list[int | Part], key: str, room: int) -> list[int | Part]:
        """Fold items until they fit in the room, gently first."""
        if len(items) > min(EASY_NODES, room):
            items = fold_loops(self._flow, items, key)
            if len(items) > min(EASY_MODULES, room):
                items = absorb(self._flow, items, ("leaf", "constant", "ghost"))
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
            return self._fit(self._modules(part.members, part), f"{part.key}/", room)
        if len(part.items) <= min(room, EASY_NODES):
            return part.items
        if part.kind == "loop":
            return rounds(self._flow, part, min(room, _SLICES))
        return slices(self._flow, in_order(self._flow, part.items), f"{part.key}/", min(room, _SLICES))

    def open_levels(self, collapsed: frozenset[str]) -> None:
        """Open modules level by level, all of a level or none, while the picture stays easy to read."""
        easy = min(EASY_MODULES, self._most)
        level = [part for part in _parts(self.items, collapsed) if part.kind == "module"]
        while level:
            insides = [(part, self._modules(part.members, part)) for part in level]
            if len(self.items) + sum(len(inside) - 1 for _, inside in insides) > easy:
                return
            for part, inside in insides:
                self._open(part, inside)
            inner = [item for _, inside in insides for item in inside]
            level = [part for part in _parts(inner, collapsed) if part.kind == "module"]

    def open_depth(self, depth: int, collapsed: frozenset[str]) -> None:
        """Open so many levels of groups, as far as there is room; the first level is what is seen with none open."""
        level = _parts(self.items, collapsed)
        for _ in range(depth - 1):
            inner: list[int | Part] = []
            for part in level:
                room = self._most - len(self.items) + 1
                inside = self._inside(part, room) if room > 1 else []
                if inside:
                    self._open(part, inside)
                    inner += inside
            level = _parts(inner, collapsed)
            if not level:
                return

    def open_chosen(self, expanded: frozenset[str]) -> None:
        """Open the parts that the visitor chose, as far as there is room; what opens may hold further ones."""
        while True:
            chosen = [part for part in _parts(self.items, frozenset()) if part.key in expanded]
            part = next((part for part in chosen if part.key not in self._opened), None)
            room = self._most - len(self.items) + 1
            if part is None or room < 2:
                return
            self._open(part, self._inside(part, room))

    def _open(self, part: Part, inside: list[int | Part]) -> None:
        self._opened[part.key] = part, inside
        at = next(at for at, item in enumerate(self.items) if item is part)
        self.items[at : at + 1] = inside

    def folded(self, graph: Graph) -> Folded:
        """Name what is visible."""
        nodes = sorted(item for item in self.items if isinstance(item, int))
        parts = sorted(_parts(self.items, frozenset()), key=lambda part: min(part.members))
        owner = [node.id for node in graph.nodes]
        for at, part in enumerate(parts):
            for member in part.members:
                owner[member] = f"m{at}"
        groups = tuple(self._group(f"m{at}", part) for at, part in enumerate(parts))
        leaves = tuple(tuple(filter(self._is_leaf, part.members)) for part in parts)
        return Folded(
            nodes=tuple(nodes),
            groups=groups,
            bundles=_bundles(graph, owner),
            opened=tuple(self._opened),
            clusters=self._clusters({group.key: group.id for group in groups}),
            leaves=(*leaves, tuple(filter(self._is_leaf, range(len(graph.nodes))))),
        )

    def _is_leaf(self, at: int) -> bool:
        return self._flow.nodes[at].kind == "leaf"

    def _clusters(self, names: dict[str, str]) -> tuple[Cluster, ...]:
        """The frames of what is open; frames that lie too deep in others leave what they hold to those."""
        depths: dict[str, int] = {}
        for key, (_, inside) in self._opened.items():
            depths.setdefault(key, 1)
            depths |= {part.key: depths[key] + 1 for part in _parts(inside, frozenset())}
        names |= {key: f"c{at}" for at, key in enumerate(self._opened)}
        boxes: dict[str, tuple[str, ...]] = {}
        for key, (_, inside) in reversed(self._opened.items()):
            boxes[key] = tuple(box for item in inside for box in self._boxes(item, (names, depths, boxes)))
        return tuple(
            Cluster(names[key], key, part.kind, part.title, boxes[key], self._repeats(part), part.first)
            for key, (part, _) in self._opened.items()
            if depths[key] <= _DEEPEST
        )

    def _boxes(
        self, item: int | Part, known: tuple[dict[str, str], dict[str, int], dict[str, tuple[str, ...]]]
    ) -> tuple[str, ...]:
        names, depths, boxes = known
        if isinstance(item, int):
            return (self._flow.nodes[item].id,)
        return boxes[item.key] if item.key in boxes and depths[item.key] > _DEEPEST else (names[item.key],)

    def _repeats(self, part: Part) -> int:
        return repeats_of(self._flow, part, self._homes) if part.kind == "module" else part.repeats

    def _group(self, name: str, part: Part) -> Group:
        nodes, inside = self._flow.nodes, set(part.members)
        operations = [at for at in part.members if nodes[at].kind in ("operation", "output")]
        exits = [at for at in operations if any(user not in inside for user in self._flow.consumers[at])]
        results = exits or [at for at in operations if nodes[at].kind == "output"]
        return Group(
            id=name,
            key=part.key,
            kind=part.kind,
            title=part.title,
            members=tuple(nodes[at].id for at in sorted(part.members)),
            operations=len(operations),
            repeats=self._repeats(part),
            face=nodes[results[0]].id if len(results) == 1 else None,
            first=part.first,
            parameters=sum(prod(nodes[at].shape or ()) for at in part.members if nodes[at].kind == "leaf"),
        )


def _parts(items: Sequence[int | Part], closed: frozenset[str]) -> list[Part]:
    """The parts among some items that need not stay closed."""
    return [item for item in items if isinstance(item, Part) and item.key not in closed]


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
