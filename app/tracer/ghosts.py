"""Ghosts: what constants and leaves were cut off from, placed in the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.trace.model import Edge, Node, Span
from app.tracer.histories import History
from app.tracer.source import MAX_LABEL


class Mark(msgspec.Struct, frozen=True):
    """The history of a constant as the graph shows it: `place` is the index of its node, None for a ghost."""

    how: str
    span: Span | None
    place: int | None


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
