"""A walk and what the calls left → a Graph: nodes with names, labels, places, shapes and saved tensors, but no
values.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, NamedTuple

import msgspec
import torch
from torch.autograd.graph import Node as Function

from app.trace.model import Edge, Graph, Kind, Node, OutputType, Saved, SavedTensor
from app.tracer.ghosts import Mark, add_ghosts, marks
from app.tracer.histories import History
from app.tracer.metadata import dtype_name, shape_of
from app.tracer.names import Names
from app.tracer.rules import rule_of
from app.tracer.sites import Constant, Made
from app.tracer.source import MAX_LABEL
from app.tracer.values import number
from app.tracer.walk import Walk

MAX_SAVED_ITEMS = 32
_PLAIN = frozenset({bool, int, float, complex, str})
_INTEGERS = frozenset({int})
_saved_names: dict[type, tuple[tuple[str, str], ...]] = {}


class Leaf(NamedTuple):
    """A leaf of the graph, the program's name for it, and what its value was cut off from."""

    variable: torch.Tensor
    name: str | None
    history: History | None = None


class Kept(NamedTuple):
    """What a node keeps for the backward pass, by name."""

    saved: dict[str, Saved]
    plain: dict[str, Any]
    """By attribute, what is no tensor and may differ where nothing else does: an exponent, a dimension."""


class Parts(NamedTuple):
    """All that one pass knows of its graph, aligned: `made`, `leaves` and `kept` belong to the walk's nodes."""

    walk: Walk
    made: list[Made | None]
    leaves: list[Leaf | None]
    kept: list[Kept]
    constants: list[tuple[int, Constant]]
    """Source node and constant, in the order of the walk; one for each edge to a constant."""
    roots: tuple[int, ...]


class Builder:
    """Builds the graphs of one run."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def build(self, parts: Parts, graph_id: str, frame: FrameType | None) -> Graph:
        """Make the graph of a pass whose structure was not seen before."""
        results = self._names.results(frame)
        nodes = [self._node(parts, index, frame, results) for index in range(len(parts.walk.nodes))]
        edges = [
            Edge(f"e{number}", nodes[source].id, nodes[target].id, slot, input_number)
            for number, (source, slot, target, input_number) in enumerate(parts.walk.links)
        ]
        placed = place_constants(parts)
        for source, target, constant in placed:
            if target == len(nodes):
                nodes.append(_constant_node(target, constant))
            edges.append(Edge(f"e{len(edges)}", f"n{source}", f"n{target}", constant.slot))
        cut = [(target, constant.history) for _, target, constant in placed]
        cut += [(at, leaf.history) for at, leaf in enumerate(parts.leaves) if leaf is not None]
        add_ghosts(
            nodes, edges, [(at, history, mark) for (at, history), mark in zip(cut, marks_of(parts), strict=True)]
        )
        return Graph(graph_id, tuple(nodes), tuple(edges))

    def _node(self, parts: Parts, index: int, frame: FrameType | None, results: dict[Function, str]) -> Node:
        function = parts.walk.nodes[index]
        made, leaf = parts.made[index], parts.leaves[index]
        name = function.name()
        kind: Kind = "output" if index in parts.roots else "operation"
        if leaf is not None:
            return _leaf_node(index, leaf, "leaf" if kind == "operation" else kind)
        saved = parts.kept[index].saved
        outputs = _outputs(function, made is not None and made.site is not None)
        shape, dtype = outputs[0] if outputs else (None, None)
        several = tuple(OutputType(*one) for one in outputs) if len(outputs) > 1 else msgspec.UNSET
        if made is None or made.site is None:
            return Node(f"n{index}", kind, name, _plain(name), None, None, shape, dtype, None, saved, {}, several)
        own = made.kernel is None
        place = made.site.place
        is_whole = own and made.site.is_whole
        label = place.label if is_whole and place else made.kernel or made.site.function
        return Node(
            id=f"n{index}",
            kind=kind,
            name=name,
            label=label[:MAX_LABEL].strip("_") or _plain(name),
            variable=(place.variable if is_whole and place else None) or results.get(function),
            span=made.site.span,
            shape=None if made.shape is None else tuple(made.shape),
            dtype=dtype_name(made.dtype),
            module=self._names.of_module(made.module, frame) if made.module is not None else None,
            saved=saved,
            rule=rule_of(name),
            outputs=several,
            origin=made.origin or msgspec.UNSET,
        )


def place_constants(parts: Parts) -> list[tuple[int, int, Constant]]:
    """Source index, target index and constant of each edge to a constant; constants are numbered after all other
    nodes.
    """
    targets: dict[int, int] = {}
    start = len(parts.walk.nodes)
    return [
        (source, start + targets.setdefault(constant.identity, len(targets)), constant)
        for source, constant in parts.constants
    ]


def marks_of(parts: Parts) -> tuple[Mark | None, ...]:
    """Where the constants of a graph were cut off, and after them its leaves."""
    leaves = {id(leaf.variable): index for index, leaf in enumerate(parts.leaves) if leaf is not None}
    histories = [constant.history for _, constant in parts.constants]
    histories += [leaf.history for leaf in parts.leaves if leaf is not None]
    return marks(histories, parts.walk.nodes, leaves)


def handed(parts: Parts) -> list[int | None]:
    """For each node the edge on which all comes that arrives there; None where several meet, or a pass begins."""
    ways: list[list[int]] = [[] for _ in parts.walk.nodes]
    for edge, link in enumerate(parts.walk.links):
        ways[link.target].append(edge)
    return [own[0] if len(own) == 1 and index not in parts.roots else None for index, own in enumerate(ways)]


def aliases(parts: Parts) -> list[tuple[int, int]]:
    """The nodes that hand on their input under another type, which torch tells no mode of, the innermost first."""
    nodes = parts.walk.nodes
    found = [
        (link.source, link.target)
        for link in parts.walk.links
        if parts.made[link.source] is None and nodes[link.source].name() == "AliasBackward0"
    ]
    return sorted(found, key=lambda pair: nodes[pair[0]]._sequence_nr())


def _leaf_node(index: int, leaf: Leaf, kind: Kind) -> Node:
    tensor = leaf.variable
    return Node(
        id=f"n{index}",
        kind=kind,
        name="AccumulateGrad",
        label=leaf.name or "leaf",
        variable=leaf.name,
        shape=shape_of(tensor),
        dtype=dtype_name(tensor.dtype),
    )


def _constant_node(index: int, constant: Constant) -> Node:
    operand = constant.operand
    return Node(
        id=f"n{index}",
        kind="constant",
        name="Constant",
        label=operand.label,
        variable=operand.name,
        span=operand.span,
        shape=constant.shape,
        dtype=constant.dtype,
    )


def _plain(name: str) -> str:
    """`MmBackward0` → `mm`, for nodes whose source is not known."""
    return name.split("::")[-1].rstrip("0123456789").removesuffix("Backward").lower() or name


def _outputs(function: Any, was_seen: bool) -> list[tuple[tuple[int, ...], str]]:
    """Shape and dtype of the gradient that a node expects for each of its outputs, which are those of the output; none
    where it has but one that `was_seen`.
    """
    try:
        found = function._input_metadata
        if was_seen and len(found) == 1:
            return []
        return [(tuple(map(int, one.shape)), dtype_name(one.dtype)) for one in found]
    except (RuntimeError, AttributeError, TypeError):
        return []


def _saved_names_of(function: Function) -> tuple[tuple[str, str], ...]:
    """The attributes through which a node shows what it keeps, and what a trace calls them."""
    kind = type(function)
    names = _saved_names.get(kind)
    if names is None:
        own = [name for name in dir(kind) if name.startswith("_saved_")]
        names = tuple([(name, name.removeprefix("_saved_")) for name in own])
        # A class of the program's own must not be kept alive here.
        if not issubclass(kind, torch.autograd.function.BackwardCFunction):
            _saved_names[kind] = names
    return names


def kept_by(function: Function) -> Kept:
    """Ask a node what it keeps: attributes as they are, tensors by shape, dtype and size in bytes."""
    kept = Kept({}, {})
    saved, plain = kept
    for name, called in _saved_names_of(function):
        try:
            value = getattr(function, name)
        except RuntimeError:  # freed by an earlier backward, or never saved
            continue
        kind = type(value)
        if kind is torch.Tensor:  # the usual case
            saved[called] = _saved_tensor(value)
        elif kind is tuple and _INTEGERS.issuperset(map(type, value)):  # a shape
            saved[called], plain[name] = value[:MAX_SAVED_ITEMS], value
        else:
            saved[called] = saved_value(value)
            if kind in _PLAIN or (kind is tuple and not _has_tensor(value)):
                plain[name] = value
    if isinstance(function, torch.autograd.function.BackwardCFunction):
        kept.saved.update(_saved_by_hand(function))
    return kept


def _has_tensor(values: tuple[Any, ...]) -> bool:
    return any(issubclass(kind, torch.Tensor) for kind in set(map(type, values)))


def _saved_by_hand(function: Any) -> dict[str, Saved]:
    """What a `torch.autograd.Function` saved through `ctx.save_for_backward`."""
    try:
        return {f"saved_tensors[{i}]": saved_value(tensor) for i, tensor in enumerate(function.saved_tensors)}
    except RuntimeError:
        return {}


def _saved_tensor(value: torch.Tensor) -> SavedTensor:
    return SavedTensor(shape_of(value) or (), dtype_name(value.dtype), value.numel() * value.element_size())


def saved_value(value: Any) -> Saved:
    """One thing that a node keeps, as a trace holds it."""
    if isinstance(value, torch.Tensor):
        return _saved_tensor(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value - 2**64 if value >= 2**63 else value  # negative dimensions are kept unsigned
    if isinstance(value, float):
        return number(value)
    if isinstance(value, tuple | list) and all(issubclass(kind, int | float) for kind in set(map(type, value))):
        return tuple(number(one) for one in value[:MAX_SAVED_ITEMS])
    return str(value)[:MAX_LABEL]
