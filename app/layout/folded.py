"""What is left to draw of a graph once parts of it are folded."""

from __future__ import annotations

from typing import Literal

import msgspec

GroupKind = Literal["module", "loop", "chain", "part", "leaves", "constants"]


class Group(msgspec.Struct, frozen=True):
    """Several nodes shown as one box.

    `key` names the group whatever else is folded; `View.expanded` and `View.collapsed` take it. `face` is the one
    member whose value leaves the group, shown as the group's own; None where several do. `repeats` counts the rounds
    of a loop, the equal blocks of a module, or its calls; of a part of a loop, `first` is the number of its first
    round, of a module the number of the call. `parameters` counts the elements of the leaves inside.
    """

    id: str
    key: str
    kind: GroupKind
    title: str
    members: tuple[str, ...]
    operations: int
    repeats: int = 1
    face: str | None = None
    first: int | None = None
    parameters: int = 0


class Cluster(msgspec.Struct, frozen=True):
    """An opened group: a frame around what is inside, `boxes` (ids of nodes, closed groups and further frames)."""

    id: str
    key: str
    kind: GroupKind
    title: str
    boxes: tuple[str, ...]
    repeats: int = 1
    first: int | None = None


class Bundle(msgspec.Struct, frozen=True):
    """One drawn edge, in the direction data flows: from `tail` to `head`, ids of nodes or groups.

    `edges` are the indices of the graph's edges that it stands for; the id is the edge's own when it is one.
    """

    id: str
    tail: str
    head: str
    edges: tuple[int, ...]


Leaves = tuple[tuple[int, ...], ...]
"""Indices of the leaves in each group of a picture, and at last of all leaves of the graph."""


class Folded(msgspec.Struct, frozen=True):
    """The visible part of a graph; every node is in exactly one of `nodes` (by index) and `groups`.

    `opened` are the keys of groups that are unfolded here, outermost first; `clusters` their frames, in that order.
    """

    nodes: tuple[int, ...]
    groups: tuple[Group, ...]
    bundles: tuple[Bundle, ...]
    opened: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    leaves: Leaves = ()
