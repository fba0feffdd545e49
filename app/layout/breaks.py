"""Breaks: lines along which the program took a value out of autograd's sight, with the reason written on them.

A break runs from what made the value to the constant, or the new leaf, that the program went on with. It is there for
the data and not for the gradient, and says so in the middle of the line: `✂ detach()`.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.layout import boxes
from app.layout.folded import Bundle
from app.layout.text import harmless, shorten, width
from app.trace.model import Graph, Node

_ROOM = 120.0


def break_of(graph: Graph, nodes: Mapping[str, Node], bundle: Bundle) -> str:
    """What stands on a line all of whose edges are cut: the sign and the reasons; empty for every other line."""
    reasons: dict[str, None] = {}
    for at in bundle.edges:
        node = nodes[graph.edges[at].source]
        if node.kind not in ("constant", "leaf"):
            return ""
        reasons[harmless(str(node.cut or ""))] = None
    text = f"{boxes.BREAK} {', '.join(filter(None, reasons))}".rstrip()
    text = shorten(text, _ROOM, boxes.FLOW_SIZE, "bold")
    return f"{text} × {len(bundle.edges):,}" if len(bundle.edges) > 1 else text


def break_room(text: str) -> float:
    """Points that a break's text takes, with the gap before it."""
    return boxes.FLOW_GAP + float(int(width(text, boxes.FLOW_SIZE, "bold") + 1))
