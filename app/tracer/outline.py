"""What a graph's structure alone tells, worked out once for each distinct graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property

from app.trace.model import Diagnostic, Graph, Node, Parameter, Pass, Value

LINEAR = frozenset({
    "Add", "Sub", "Rsub", "Neg", "Sum", "Mean", "View", "ReshapeAlias", "UnsafeView", "T", "Transpose", "Permute",
    "Expand", "Squeeze", "Unsqueeze", "Select", "Slice", "Index", "Stack", "Cat", "Clone", "ToCopy", "Alias", "Trace",
})  # fmt: skip
PRODUCTS = frozenset({"Mul", "Dot", "Mm", "Mv", "Bmm", "Addmm", "Div", "Linear"})
STEPS = frozenset({"Round", "Sign", "Floor", "Ceil", "Trunc", "Sgn", "Heaviside"})
NORMALIZING = frozenset({"NativeLayerNorm", "NativeBatchNorm", "NativeGroupNorm", "Softmax"})
PARAMETER_LIKE = re.compile(r"(?:[wWb]|weights?|bias(?:es)?|theta|θ)_?\d*")
LARGEST_PROOF = 2_000
"""Nodes of the largest graph in which linear paths are looked for."""


def operation(node: Node) -> str:
    """Torch's name without its ending: `Pow` for `PowBackward0`; a custom function's name has no number."""
    return _plain(node.name)


@cache
def _plain(name: str) -> str:
    return re.sub(r"Backward\d+$", "", name)


class Outline:
    """The parts of a graph that diagnostics look at."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.index = {node.id: index for index, node in enumerate(graph.nodes)}
        self.leaves = [index for index, node in enumerate(graph.nodes) if node.kind == "leaf"]
        self.relus = [index for index, node in enumerate(graph.nodes) if operation(node) in {"Relu", "Threshold"}]
        self.steps = [index for index, node in enumerate(graph.nodes) if operation(node) in STEPS]
        self.is_scalar = all(node.shape in {(), None} for node in graph.nodes)
        self.inputs: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.users: dict[int, list[int]] = defaultdict(list)
        self._edges: dict[int, list[int]] = defaultdict(list)
        for number, edge in enumerate(graph.edges):
            source, target = self.index[edge.source], self.index[edge.target]
            self._edges[source].append(number)
            if graph.nodes[target].kind != "constant" and graph.nodes[source].kind != "constant":
                self.inputs[source].append((edge.slot, target))
                self.users[target].append(source)
        self._linear: frozenset[str] | None = None

    @property
    def linear(self) -> frozenset[str]:
        """Ids of leaves that reach the root through linear operations only: along them the loss is a straight slope."""
        if self._linear is None:
            small = len(self.graph.nodes) <= LARGEST_PROOF and len(self.leaves) <= 64
            found = [leaf for leaf in self.leaves if self._is_linear(leaf)] if small else []
            self._linear = frozenset(self.graph.nodes[leaf].id for leaf in found)
        return self._linear

    def _is_linear(self, leaf: int) -> bool:
        above = self._above(leaf)
        for index in above - {leaf}:
            name = operation(self.graph.nodes[index])
            slots = [slot for slot, target in self.inputs[index] if target in above]
            if name in PRODUCTS and (len(slots) > 1 or (name == "Div" and slots != [0])):
                return False
            if name not in LINEAR and name not in PRODUCTS:
                return False
        return True

    def _above(self, leaf: int) -> set[int]:
        """The leaf and every node whose value depends on it."""
        found, stack = {leaf}, [leaf]
        while stack:
            for user in self.users[stack.pop()]:
                if user not in found:
                    found.add(user)
                    stack.append(user)
        return found

    def flows_from(self, index: int, passed: Pass) -> Iterator[Value]:
        """Yield what a node passed on to each of its inputs."""
        return (passed.flows[number] for number in self._edges[index])

    @cached_property
    def depths(self) -> list[int]:
        """Longest way from the root to each node, counted in operations."""
        waiting = {index: len(users) for index, users in self.users.items()}
        depth = [0] * len(self.graph.nodes)
        ready = [index for index in range(len(depth)) if not waiting.get(index)]
        while ready:
            index = ready.pop()
            for _, target in self.inputs[index]:
                depth[target] = max(depth[target], depth[index] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return depth

    def remarks(self) -> Iterable[Diagnostic]:
        """Yield what can be said before any number is known."""
        for index, node in enumerate(self.graph.nodes):
            if operation(node) == "LogSoftmax" and self._loss_follows(index):
                for _, target in self.inputs[index]:
                    softmax = self.graph.nodes[target]
                    if operation(softmax) == "Softmax":
                        yield Diagnostic("softmax-before-cross-entropy", "warning", softmax.span, {}, None, softmax.id)
            if self._looks_like_parameter(node):
                parameters: dict[str, Parameter] = {"variable": node.variable}
                yield Diagnostic("constant-like-parameter", "info", node.span, parameters, None, node.id)

    def _loss_follows(self, index: int) -> bool:
        return any(operation(self.graph.nodes[user]).startswith("NllLoss") for user in self.users[index])

    @staticmethod
    def _looks_like_parameter(node: Node) -> bool:
        is_real = node.dtype is None or "float" in node.dtype
        return node.kind == "constant" and is_real and bool(PARAMETER_LIKE.fullmatch(node.variable or ""))
