"""The boxes of a picture: what each says, and how large it must be for the widest number it may ever show.

Sizes depend on the structure alone, so that a frame changes texts and nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.layout.folded import Folded, Group
from app.layout.numbers import WIDEST_NUMBER, WIDEST_TENSOR
from app.layout.palette import Look
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

    @property
    def rows(self) -> int:
        """How many numbers it shows."""
        return 0 if self.face is None else 1 + self.has_gradient

    @property
    def width(self) -> float:
        """Points, without the line around it."""
        return self.room + 2 * PADDING_X

    @property
    def height(self) -> float:
        """Points, without the line around it."""
        text = TITLE_HEIGHT + NAME_HEIGHT + self.rows * ROW_HEIGHT + (GAP if self.rows else 0)
        return text + 2 * PADDING_Y


def number_width(size: float, is_tensor: bool) -> float:
    """Points that a number, or the text of a tensor, takes at most."""
    return width(WIDEST_TENSOR if is_tensor else WIDEST_NUMBER, size, "bold")


def is_wide(node: Node) -> bool:
    """Whether a node's numbers may be more than one plain number."""
    return node.shape != () or (node.dtype or "").startswith("complex")


def build(graph: Graph, folded: Folded) -> tuple[Box, ...]:
    """Make a box for each visible node, then one for each group."""
    index = {node.id: at for at, node in enumerate(graph.nodes)}
    nodes = (_node_box(graph.nodes[at], at) for at in folded.nodes)
    groups = (_group_box(graph, group, index) for group in folded.groups)
    return (*nodes, *groups)


def _node_box(node: Node, at: int) -> Box:
    return _box((node.id, node.kind), (title(node), "", subtitle(node)), at, node)


def _group_box(graph: Graph, group: Group, index: dict[str, int]) -> Box:
    face = None if group.face is None else index[group.face]
    shown = None if face is None else graph.nodes[face]
    says = harmless(group.title), _rounds(group), _group_name(group)
    return _box((group.id, "group"), says, face, shown)


def _box(who: tuple[str, Look], says: tuple[str, str, str], face: int | None, node: Node | None) -> Box:
    """Measure a box; of what it says, the title may be cut, but not what follows it."""
    rows = 0.0 if node is None else KEY_WIDTH + number_width(NUMBER_SIZE, is_wide(node))
    most = max(TITLE_ROOM, rows)
    head, after, name = says
    head = shorten(head, most - width(after, TITLE_SIZE, "bold"), TITLE_SIZE, "bold") + after
    name = shorten(name, most, NAME_SIZE)
    room = max(rows, width(head, TITLE_SIZE, "bold"), width(name, NAME_SIZE))
    has_gradient = node is not None and node.kind != "constant"
    return Box(who[0], who[1], head, name, face, has_gradient, float(int(room + 1)))


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
    return f"{name} · [{', '.join(map(str, node.shape))}]" if node.shape else name


def _rounds(group: Group) -> str:
    """Which rounds of a loop a group holds, or how many."""
    if group.first is not None:
        return f" #{group.first:,}–{group.first + group.repeats - 1:,}"
    return f" × {group.repeats:,}" if group.repeats > 1 else ""


def _group_name(group: Group) -> str:
    others = len(group.members) - group.operations
    counts = ((group.operations, "operation"), (others, "input"))
    return ", ".join(f"{count:,} {noun}{'s' * (count != 1)}" for count, noun in counts if count)
