"""What goes into a closed group and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.layout.folded import Folded
from app.trace.model import Graph

_MOST = 2
"""More different shapes than this are not written out."""


@dataclass(slots=True)
class Ports:
    """Indices of the nodes whose values enter a group, parameters left out, and of those whose values leave it."""

    inputs: dict[int, None] = field(default_factory=dict)
    outputs: dict[int, None] = field(default_factory=dict)

    def shapes(self, graph: Graph) -> str:
        """The shapes in words, such as `[2, 8] → [2, 4]`; nothing where all are scalars, or where nothing passes."""
        sides = [_shapes(graph, side) for side in (self.inputs, self.outputs)]
        return " → ".join(sides) if all(sides) and any(side != "[]" for side in sides) else ""


def _shapes(graph: Graph, ports: dict[int, None]) -> str:
    shapes = [graph.nodes[at].shape for at in ports]
    different = list(dict.fromkeys(f"[{', '.join(map(str, shape))}]" for shape in shapes if shape is not None))
    return ", ".join(different[:_MOST]) + (", …" if len(different) > _MOST else "")


def find_ports(graph: Graph, folded: Folded) -> dict[str, Ports]:
    """The ports of every group, by its id."""
    index = {node.id: at for at, node in enumerate(graph.nodes)}
    found = {group.id: Ports() for group in folded.groups}
    for bundle in folded.bundles:
        for edge in bundle.edges:
            at = index[graph.edges[edge].target]
            if bundle.head in found and graph.nodes[at].kind != "leaf":
                found[bundle.head].inputs[at] = None
            if bundle.tail in found:
                found[bundle.tail].outputs[at] = None
    return found
