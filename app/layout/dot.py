"""Write DOT: an allow-list of attributes, the visitor's text only as escaped text of a label.

Labels are HTML-like: a table with one row for each line. For the page the
same boxes are written without text (`texts` None): positions are all that is wanted, and no font needs to be asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import log2
from types import MappingProxyType
from typing import Any

import graphviz  # type: ignore[import-untyped]

from app.layout import boxes
from app.layout.boxes import Box
from app.layout.drawing import Texts
from app.layout.folded import Bundle, Cluster
from app.layout.palette import PALETTES, Look, Palette
from app.layout.text import FONT_FAMILY, width
from app.layout.view import View
from app.layout.words import word

SHAPES: MappingProxyType[Look, MappingProxyType[str, str]] = MappingProxyType(
    {
        "leaf": MappingProxyType({"shape": "box", "style": "rounded,filled", "penwidth": "1.6"}),
        "operation": MappingProxyType({"shape": "box", "style": "filled", "penwidth": "1.2"}),
        "constant": MappingProxyType({"shape": "note", "style": "filled,dashed", "penwidth": "1.2"}),
        "output": MappingProxyType({"shape": "box", "style": "filled", "penwidth": "1.4", "peripheries": "2"}),
        "cut": MappingProxyType({"shape": "note", "style": "filled,dashed", "penwidth": "1.4"}),
        "ghost": MappingProxyType({"shape": "box", "style": "rounded,dashed", "penwidth": "1.4"}),
        "group": MappingProxyType({"shape": "box3d", "style": "filled", "penwidth": "1.4"}),
    }
)
_ID = re.compile(r"[nmefc][0-9]{1,9}", re.ASCII)
_WIDEST_LINE = 4.0
_TABLE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one picture shows, before it has a place."""

    boxes: tuple[Box, ...]
    bundles: tuple[Bundle, ...]
    flows: tuple[float, ...]
    """For each bundle the points its flow or break takes; 0 where none is shown."""
    view: View
    clusters: tuple[Cluster, ...] = ()
    breaks: tuple[str, ...] = ()
    """For each bundle what its break says; empty where it is none. Empty altogether where there is no break."""

    @property
    def lines(self) -> Iterator[tuple[Bundle, float, str]]:
        """The bundles with the room of their texts, and what their breaks say."""
        return zip(self.bundles, self.flows, self.breaks or ("",) * len(self.bundles), strict=True)


def write(plan: Plan, texts: Texts | None = None) -> str:
    """Write a picture as DOT.

    Args:
        plan: the boxes and edges; ids must be `n`, `m`, `e`, `f` or `c` and a number.
        texts: what the numbers are; None leaves every label out, for a template.

    Raises:
        ValueError: an id is not one of ours.
    """
    palette = PALETTES[plan.view.theme]
    graph = graphviz.Digraph("G", graph_attr=_graph_attributes(plan, palette))
    graph.attr("node", fontname=FONT_FAMILY, fixedsize="true", margin="0")
    graph.attr("edge", fontname=FONT_FAMILY, arrowsize="0.7", penwidth="1.2", color=palette.edge)
    constants = constants_of(plan)
    nodes = {checked(box.id): _node_attributes(box, plan.view, texts) for box in plan.boxes}
    for cluster in plan.clusters:
        if cluster.id not in inner_clusters(plan.clusters):
            _write_cluster(graph, cluster, (plan, nodes, texts))
    inside = {box for cluster in plan.clusters for box in cluster.boxes}
    for name, attributes in nodes.items():
        if name not in inside:
            graph.node(name, **attributes)
    for bundle, room, said in plan.lines:
        style = {"style": "dashed"} if bundle.tail in constants else {}
        style = {"style": "dotted", "color": palette.boxes["cut"].border} if said else style
        if len(bundle.edges) > 1:
            style["penwidth"] = f"{min(_WIDEST_LINE, 1.2 + 0.4 * log2(len(bundle.edges))):.1f}"
        label = {"label": _flow_label(bundle, (room, said), texts, plan.view)} if room else {}
        graph.edge(checked(bundle.tail), checked(bundle.head), id=checked(bundle.id), **style, **label)
    return str(graph.source)


def geometry_key(plan: Plan) -> bytes:
    """Name all that `write` puts into a template: plans with equal keys are placed alike, whatever their boxes say."""
    sizes = [(box.id, box.look, box.width, box.height) for box in plan.boxes]
    lines = [(line.id, line.tail, line.head, len(line.edges), bool(said)) for line, _, said in plan.lines]
    titles = boxes.cluster_titles(plan.clusters)
    frames = [(cluster.id, cluster.boxes, titles[cluster.id]) for cluster in plan.clusters]
    view = (plan.view.direction, plan.view.theme)
    return hashlib.blake2b(repr((view, sizes, lines, plan.flows, frames)).encode(), digest_size=16).digest()


def constants_of(plan: Plan) -> frozenset[str]:
    """Ids of the boxes of constants; no gradient runs along an edge at one."""
    return frozenset(box.id for box in plan.boxes if box.look in ("constant", "cut"))


def inner_clusters(clusters: Sequence[Cluster]) -> frozenset[str]:
    """Ids of the frames that lie in another one."""
    return frozenset(box for cluster in clusters for box in cluster.boxes if box.startswith("c"))


def _write_cluster(graph: Any, cluster: Cluster, drawn: tuple[Plan, dict[str, dict[str, str]], Texts | None]) -> None:
    plan, nodes, texts = drawn
    known = {one.id: one for one in plan.clusters}
    palette = PALETTES[plan.view.theme]
    with graph.subgraph(name=f"cluster_{checked(cluster.id)}") as inner:
        inner.attr(
            id=cluster.id,
            label=_cluster_label(boxes.cluster_titles(plan.clusters)[cluster.id], palette, texts),
            labeljust="l",
            style="rounded,filled",
            fillcolor=palette.cluster.fill,
            color=palette.cluster.border,
            penwidth="1",
            margin="10",
        )
        for box in cluster.boxes:
            if box in known:
                _write_cluster(inner, known[box], drawn)
            else:
                inner.node(box, **nodes[box])


def _cluster_label(title: str, palette: Palette, texts: Texts | None) -> str:
    """The title of a frame; without texts, the room for it."""
    room = f'WIDTH="{width(title, boxes.CLUSTER_SIZE, "bold"):.0f}" HEIGHT="{boxes.CLUSTER_HEIGHT:.0f}"'
    inner = "" if texts is None else _font(title, boxes.CLUSTER_SIZE, palette.cluster.ink, "B")
    return f'<<TABLE {_TABLE}><TR><TD FIXEDSIZE="TRUE" {room} ALIGN="LEFT">{inner}</TD></TR></TABLE>>'


def checked(name: str) -> str:
    """Let an id through if it is one of ours.

    Raises:
        ValueError: it is anything else.
    """
    if _ID.fullmatch(name) is None:
        raise ValueError(f"not an id: {name[:20]!r}")
    return name


def _graph_attributes(plan: Plan, palette: Palette) -> dict[str, str]:
    has_flows = any(plan.flows)
    return {
        "rankdir": plan.view.direction,
        "bgcolor": palette.background,
        # Graphviz takes half a rank for an edge's label.
        "ranksep": "0.3" if has_flows else "0.45",
        "nodesep": "0.35",
        "pad": "0.15",
        # A page of a PDF would have half an inch of white around a dark picture.
        "margin": "0",
        "outputorder": "edgesfirst",
        "fontname": FONT_FAMILY,
    }


def _node_attributes(box: Box, view: View, texts: Texts | None) -> dict[str, str]:
    colours = PALETTES[view.theme].boxes[box.look]
    return {
        "id": box.id,
        "width": f"{box.width / 72:.4f}",
        "height": f"{box.height / 72:.4f}",
        "label": "" if texts is None else _label(box, view, texts),
        "fillcolor": colours.fill,
        "color": colours.border,
        **SHAPES[box.look],
    }


def _label(box: Box, view: View, texts: Texts) -> str:
    palette, language = PALETTES[view.theme], view.language
    rows = [
        _row(_font(box.title, boxes.TITLE_SIZE, palette.boxes[box.look].ink, "B"), boxes.TITLE_HEIGHT, box.room),
        _row(_font(box.name, boxes.NAME_SIZE, palette.muted), boxes.NAME_HEIGHT, box.room),
    ]
    if box.note:
        rows.append(_row(_font(box.note, boxes.NAME_SIZE, palette.muted), boxes.NAME_HEIGHT, box.room))
    if box.rows:
        rows.append(f'<TR><TD COLSPAN="2" HEIGHT="{boxes.GAP:.0f}"></TD></TR>')
    if box.face is not None:
        rows.append(_number(word("value", language), texts.values[box.face], palette.value, palette.muted))
    if box.has_gradient and box.face is not None:
        rows.append(_number(word("grad", language), texts.gradients[box.face], palette.gradient, palette.muted))
    if box.share is not None:
        rows.append(_number(word("share", language), texts.shares[box.share], palette.gradient, palette.muted))
    return f"<<TABLE {_TABLE}>{''.join(rows)}</TABLE>>"


def _row(font: str, height: float, room: float) -> str:
    size = f'HEIGHT="{height:.0f}" WIDTH="{room:.0f}"'
    return f'<TR><TD COLSPAN="2" ALIGN="LEFT" {size}>{font}</TD></TR>'


def _number(key: str, text: str, ink: str, muted: str) -> str:
    left = f'<TD ALIGN="LEFT" WIDTH="{boxes.KEY_WIDTH:.0f}" HEIGHT="{boxes.ROW_HEIGHT:.0f}">'
    right = f'<TD ALIGN="RIGHT">{_font(text, boxes.NUMBER_SIZE, ink, "B")}</TD>'
    return f"<TR>{left}{_font(key, boxes.KEY_SIZE, muted)}</TD>{right}</TR>"


def _font(text: str, size: float, colour: str, weight: str = "") -> str:
    # Graphviz replaces `\N` even in HTML-like labels, where it takes two backslashes for one; and it refuses a FONT
    # without text.
    written = escape(text).replace("\\", "\\\\") or " "
    inner = f"<{weight}>{written}</{weight}>" if weight else written
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{inner}</FONT>'


def _flow_label(bundle: Bundle, shown: tuple[float, str], texts: Texts | None, view: View) -> str:
    room, said = shown
    palette = PALETTES[view.theme]
    cell = f'WIDTH="{room:.0f}" HEIGHT="{boxes.FLOW_HEIGHT:.0f}" FIXEDSIZE="TRUE" ALIGN="LEFT"'
    if texts is None:
        # Paint shows where the cell went; it does not reach the page.
        return f'<<TABLE {_TABLE}><TR><TD {cell} BGCOLOR="{palette.background}"></TD></TR></TABLE>>'
    ink = palette.gradient if len(bundle.edges) == 1 else palette.muted
    inner = _font(f" {flow_text(bundle, texts, view)}", boxes.FLOW_SIZE, ink)
    if said:
        inner = _font(f" {said}", boxes.FLOW_SIZE, palette.boxes["cut"].ink, "B")
    return f"<<TABLE {_TABLE}><TR><TD {cell}>{inner}</TD></TR></TABLE>>"


def flow_arrow(view: View) -> str:
    """Point against the data, as gradients flow."""
    return "↑" if view.direction == "TB" else "←"


def flow_text(bundle: Bundle, texts: Texts, view: View) -> str:
    """What stands at an edge: the gradient that flowed along it, or how many edges it stands for."""
    if len(bundle.edges) > 1:
        return f"× {len(bundle.edges):,}"
    text = texts.flows[bundle.edges[0]]
    return f"{flow_arrow(view)} {text}" if text else ""
