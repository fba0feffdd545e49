"""The boxes of a picture: what each says, and how large it must be for the widest number it may ever show.

Sizes depend on the structure alone, so that a frame changes texts and nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.layout.folded import Cluster, Folded, Group
from app.layout.numbers import WIDEST_NUMBER, WIDEST_TENSOR
from app.layout.palette import Look
from app.layout.ports import Ports, find_ports
from app.layout.text import harmless, shorten, width
from app.trace.model import Graph, Node

TITLE_SIZE = 12.5
NAME_SIZE = 9.0
KEY_SIZE = 9.5
NUMBER_SIZE = 12.0
FLOW_SIZE = 10.0

PADDING_X = 10.0
PADDING_Y = 8.0
TITLE_HEIGHT = 17.0
NAME_HEIGHT = 13.0
GAP = 4.0
ROW_HEIGHT = 17.0
KEY_WIDTH = 40.0
TITLE_ROOM = 190.0
FLOW_HEIGHT = 16.0
FLOW_ARROW = 12.0
FLOW_GAP = 3.0
CLUSTER_SIZE = 10.5
CLUSTER_HEIGHT = 15.0
CLUSTER_ROOM = 300.0
BREAK = "✂"
"""The sign of a cut of the graph."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box; `face` is the index of the node whose value and gradient it shows, None where it shows none."""

    id: str
    look: Look
    title: str
    name: str
    face: int | None
    has_gradient: bool
    room: float
    """Points between the paddings, left to right."""
    note: str = ""
    """A second line of small print; none where it is empty."""
    share: int | None = None
    """The place of its group among the groups, where it shows what share of the gradient its parameters have."""

    @property
    def rows(self) -> int:
        """How many numbers it shows."""
        return (0 if self.face is None else 1 + self.has_gradient) + (self.share is not None)

    @property
    def width(self) -> float:
        """Points, without the line around it."""
        return self.room + 2 * PADDING_X

    @property
    def height(self) -> float:
        """Points, without the line around it."""
        small = NAME_HEIGHT * (2 if self.note else 1)
        text = TITLE_HEIGHT + small + self.rows * ROW_HEIGHT + (GAP if self.rows else 0)
        return text + 2 * PADDING_Y


def number_width(size: float, is_tensor: bool) -> float:
    """Points that a number, or the text of a tensor, takes at most."""
    return width(WIDEST_TENSOR if is_tensor else WIDEST_NUMBER, size, "bold")


def is_wide(node: Node) -> bool:
    """Whether a node's numbers may be more than one plain number."""
    return node.shape != () or (node.dtype or "").startswith("complex")


def build(graph: Graph, folded: Folded) -> tuple[Box, ...]:
    """Make a box for each visible node, then one for each group."""
    around = {box: cluster.title for cluster in folded.clusters for box in cluster.boxes}
    nodes = (_node_box(graph.nodes[at], at, around) for at in folded.nodes)
    if not folded.groups:
        return tuple(nodes)
    index = {node.id: at for at, node in enumerate(graph.nodes)}
    ports = find_ports(graph, folded)
    groups = (
        _group_box(graph, (place, group), ports[group.id], (index, around)) for place, group in enumerate(folded.groups)
    )
    return (*nodes, *groups)


def _node_box(node: Node, at: int, around: dict[str, str]) -> Box:
    says = within(title(node), around.get(node.id)), "", subtitle(node), ""
    # A ghost is not in the pass: it has no numbers to show.
    look: Look = "cut" if node.cut and node.kind == "constant" else node.kind
    return _box((node.id, look), says, *((None, None) if node.kind == "ghost" else (at, node)))


def _group_box(
    graph: Graph, placed: tuple[int, Group], ports: Ports, names: tuple[dict[str, int], dict[str, str]]
) -> Box:
    place, group = placed
    index, around = names
    face = None if group.face is None else index[group.face]
    shown = None if face is None else graph.nodes[face]
    head = within(harmless(group.title), around.get(group.id))
    inside = (graph.nodes[index[member]] for member in group.members)
    cuts = sum(bool(node.cut) and node.kind != "ghost" for node in inside)
    says = head, rounds(group), _group_name(group, cuts), ports.shapes(graph)
    return _box((group.id, "group"), says, face, shown, place if group.parameters else None)


def _box(
    who: tuple[str, Look],
    says: tuple[str, str, str, str],
    face: int | None,
    node: Node | None,
    share: int | None = None,
) -> Box:
    """Measure a box; of what it says, the title may be cut, but not what follows it."""
    rows = 0.0 if node is None else KEY_WIDTH + number_width(NUMBER_SIZE, is_wide(node))
    if share is not None:
        rows = max(rows, KEY_WIDTH + number_width(NUMBER_SIZE, False))
    most = max(TITLE_ROOM, rows)
    head, after, name, note = says
    head = shorten(head, most - width(after, TITLE_SIZE, "bold"), TITLE_SIZE, "bold") + after
    name, note = (shorten(text, most, NAME_SIZE) for text in (name, note))
    room = max(rows, width(head, TITLE_SIZE, "bold"), width(name, NAME_SIZE), width(note, NAME_SIZE))
    has_gradient = node is not None and node.kind != "constant"
    return Box(who[0], who[1], head, name, face, has_gradient, float(int(room + 1)), note, share)


def within(name: str, module: str | None) -> str:
    """Leave out of a name what the frame around it says already: `linear1` in `encoder.layers.3`."""
    if not module or not name.startswith(f"{module}."):
        return name
    rest = name[len(module) + 1 :]
    # `layers.0` says more than `0`.
    return f"{module.rpartition('.')[2]}.{rest}" if rest[:1].isdecimal() else rest


def title(node: Node) -> str:
    """Say what a node is, in the program's words where it has any: `y = a*x**2`, `x`, or torch's own name."""
    label, variable = harmless(node.label), harmless(node.variable or "")
    if variable and label and variable != label:
        return f"{variable} = {label}"
    return variable or label or torch_name(node)


def torch_name(node: Node) -> str:
    """Torch's name for the operation without its ending: `Pow` for `PowBackward0`."""
    return harmless(node.name).split("Backward")[0] or harmless(node.name)


def subtitle(node: Node) -> str:
    """Torch's name, and the shape of a tensor that is not a scalar."""
    name = "constant" if node.kind == "constant" else harmless(node.name)
    if node.cut and node.kind != "leaf":
        name = f"cut: {harmless(str(node.cut))}"
    return f"{name} · [{', '.join(map(str, node.shape))}]" if node.shape else name


def cluster_titles(clusters: Sequence[Cluster]) -> dict[str, str]:
    """What stands at the head of each frame, by its id."""
    around = {box: cluster.title for cluster in clusters for box in cluster.boxes}
    titles = {}
    for cluster in clusters:
        after = rounds(cluster)
        room = CLUSTER_ROOM - width(after, CLUSTER_SIZE, "bold")
        title = within(harmless(cluster.title), around.get(cluster.id))
        titles[cluster.id] = shorten(title, room, CLUSTER_SIZE, "bold") + after
    return titles


def rounds(group: Group | Cluster) -> str:
    """Which rounds of a loop a group holds, which call of a module, or how many there are."""
    if group.first is not None and group.repeats == 1:
        return f" #{group.first:,}"
    if group.first is not None:
        return f" #{group.first:,}–{group.first + group.repeats - 1:,}"
    return f" × {group.repeats:,}" if group.repeats > 1 else ""


def _group_name(group: Group, cuts: int) -> str:
    inputs = len(group.members) - group.operations if not group.parameters else 0
    counts = ((group.parameters, "parameter"), (group.operations, "operation"), (inputs, "input"))
    said = [f"{count:,} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
    return " · ".join([*said, f"{BREAK} {cuts:,}"] if cuts else said)
