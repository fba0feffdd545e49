"""Graphviz's SVG made into a drawing: its shapes and paths, our texts, classes and labels; nothing else gets through.

What is written is an allow-list: `svg`, `rect`, `g`, `path`, `polygon`, `polyline`, `ellipse` and `text` with
presentation attributes. So there is no style, script, link, title or comment in it, whatever Graphviz wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.layout import boxes
from app.layout.boxes import Box, cluster_titles
from app.layout.dot import Plan, flow_arrow
from app.layout.drawing import Drawing, Table
from app.layout.folded import Bundle, Folded
from app.layout.palette import PALETTES, Palette
from app.layout.text import FONT_STACK
from app.layout.words import sentences, word
from app.resources import Language

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_GEOMETRY = {
    "path": ("d",),
    "polygon": ("points",),
    "polyline": ("points",),
    "ellipse": ("cx", "cy", "rx", "ry"),
}
_PAINT = ("fill", "stroke", "stroke-width", "stroke-dasharray")
_POINT = re.compile(r"(-?[0-9.]+),(-?[0-9.]+)", re.ASCII)
_TRANSLATE = re.compile(r"translate\((-?[0-9.]+) (-?[0-9.]+)\)", re.ASCII)

Piece = str | tuple[Table, int]


class Writer:
    """Collects fixed text and slots, side by side.

    Args:
        palette: the inks of its texts.
        language: of its words.
    """

    def __init__(self, palette: Palette, language: Language) -> None:
        self.palette = palette
        self.language = language
        self.pieces: list[Piece] = []

    def add(self, *pieces: Piece) -> None:
        """Append pieces as they are; texts must be escaped."""
        self.pieces.extend(pieces)

    def text(self, kind: str, place: tuple[float, float], style: tuple[float, str, str], content: Piece) -> None:
        """Write one line of text; `style` is size, colour and extra attributes."""
        size, colour, extra = style
        x, y = place
        self.add(f'<text class="{kind}" x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" fill="{colour}"{extra}>')
        self.add(escape(content) if isinstance(content, str) else content, "</text>")

    def drawing(self, size: tuple[float, float], folded: Folded) -> Drawing:
        """Join what was written."""
        fixed: list[list[str]] = [[]]
        slots: list[tuple[Table, int]] = []
        for piece in self.pieces:
            if isinstance(piece, str):
                fixed[-1].append(piece)
            else:
                slots.append(piece)
                fixed.append([])
        return Drawing(tuple(map("".join, fixed)), tuple(slots), *size, folded)


class Shape(NamedTuple):
    """One thing that Graphviz drew: what is taken over of it, and its left, top, right and bottom if it has corners."""

    tag: str
    attributes: str
    fill: str | None
    extent: tuple[float, float, float, float] | None

    def write(self, kind: str) -> str:
        """Write it as an element of a class."""
        return f'<{self.tag} class="{kind}"{self.attributes}/>'


class Figure(NamedTuple):
    """What Graphviz drew, by the ids of its groups."""

    size: tuple[float, float]
    shift: tuple[float, float]
    groups: Mapping[str, tuple[Shape, ...]]


@lru_cache(maxsize=16)
def _figure(picture: bytes) -> Figure:
    """Read Graphviz's SVG; pictures whose boxes have the same sizes share it, whatever is written in them."""
    root = ElementTree.fromstring(picture)
    width, height = (float(root.get(side, "0").removesuffix("pt")) for side in ("width", "height"))
    whole = root.find(f"{_NAMESPACE}g")
    assert whole is not None
    shift = _TRANSLATE.search(whole.get("transform", ""))
    assert shift is not None
    x, y = (float(part) for part in shift.groups())
    groups = {
        group.get("id", ""): tuple(_shapes(group)) for group in whole.iter(f"{_NAMESPACE}g") if group is not whole
    }
    return Figure((width, height), (x, y), groups)


def read(picture: bytes, plan: Plan, folded: Folded) -> Drawing:
    """Make a drawing of what Graphviz drew.

    Args:
        picture: Graphviz's SVG of `dot.write(plan)`.
        plan: what was asked for.
        folded: what its groups and edges stand for.
    """
    figure = _figure(picture)
    found = figure.groups
    x, y = figure.shift
    writer = Writer(PALETTES[plan.view.theme], plan.view.language)
    _open(writer, plan, figure.size)
    writer.add(f'<g transform="translate({x:g} {y:g})">')
    titles = cluster_titles(plan.clusters)
    for cluster in plan.clusters:
        _write_cluster(writer, found[cluster.id], (cluster.id, titles[cluster.id]))
    for bundle, room, said in plan.lines:
        kind = "edge cut" if said else "edge"
        writer.add(f'<g id="{bundle.id}" class="{kind}" aria-hidden="true">')
        _write_edge(writer, found[bundle.id], plan, (bundle, room, said))
    for box in plan.boxes:
        _write_node(writer, found[box.id], box)
    writer.add("</g></svg>")
    return writer.drawing(figure.size, folded)


def _open(writer: Writer, plan: Plan, size: tuple[float, float]) -> None:
    width, height = size
    count = len(plan.boxes)
    says = sentences(writer.language)["node" if count == 1 else "nodes"].replace("{count}", f"{count:,}")
    writer.add(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph {plan.view.theme}" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'role="group" aria-label="{escape(says)}" '
        f'font-family="{FONT_STACK}">',
        f'<rect class="background" width="{width:g}" height="{height:g}" fill="{writer.palette.background}"/>',
    )


def _write_cluster(writer: Writer, shapes: Sequence[Shape], named: tuple[str, str]) -> None:
    name, title = named
    colours = writer.palette.cluster
    left, top, _, _ = _extent(shapes)
    writer.add(f'<g id="{name}" class="cluster" role="img" aria-label="{escape(title)}">')
    writer.add(*(shape.write("frame") for shape in shapes))
    style = (boxes.CLUSTER_SIZE, colours.ink, ' font-weight="bold"')
    writer.text("label", (left + boxes.PADDING_X, top + boxes.CLUSTER_HEIGHT), style, title)
    writer.add("</g>")


def _write_node(writer: Writer, shapes: Sequence[Shape], box: Box) -> None:
    left, top, right, bottom = _extent(shapes)
    known = sentences(writer.language)
    says = box.title + (known["spoken"].replace("{more}", box.name) if box.title != box.name else "")
    look = "constant cut" if box.look == "cut" else box.look
    writer.add(f'<g id="{box.id}" class="node {look}" role="img" aria-label="{escape(says)}')
    if box.face is not None:
        writer.add(escape(known["spoken-value"]), ("value", box.face))
    if box.face is not None and box.has_gradient:
        writer.add(escape(known["spoken-gradient"]), ("gradient", box.face))
    writer.add('">', *(shape.write("shape") for shape in shapes))
    # Peripheries, folds and stacks grow around or inside the box: its middle stays the middle of the text.
    x = (left + right) / 2 - box.room / 2
    y = (top + bottom) / 2 - box.height / 2 + boxes.PADDING_Y
    _write_texts(writer, box, x, y)
    writer.add("</g>")


def _write_texts(writer: Writer, box: Box, x: float, y: float) -> None:
    palette = writer.palette
    bold = ' font-weight="bold"'
    y += boxes.TITLE_HEIGHT
    writer.text("label", (x, y - 4.5), (boxes.TITLE_SIZE, palette.boxes[box.look].ink, bold), box.title)
    y += boxes.NAME_HEIGHT
    writer.text("name", (x, y - 3.5), (boxes.NAME_SIZE, palette.muted, ""), box.name)
    if box.note:
        y += boxes.NAME_HEIGHT
        writer.text("name", (x, y - 3.5), (boxes.NAME_SIZE, palette.muted, ""), box.note)
    y += boxes.GAP + boxes.ROW_HEIGHT
    for table, key, at in _rows(box):
        writer.text("key", (x, y - 4.5), (boxes.KEY_SIZE, palette.muted, ""), word(key, writer.language))
        ink = palette.value if table == "value" else palette.gradient
        style = (boxes.NUMBER_SIZE, ink, bold + ' text-anchor="end"')
        writer.text(table, (x + box.room, y - 4.5), style, (table, at))
        y += boxes.ROW_HEIGHT


def _rows(box: Box) -> Iterator[tuple[Table, str, int]]:
    if box.face is not None:
        yield "value", "value", box.face
    if box.face is not None and box.has_gradient:
        yield "gradient", "grad", box.face
    if box.share is not None:
        yield "share", "share", box.share


def _write_edge(writer: Writer, shapes: Sequence[Shape], plan: Plan, drawn: tuple[Bundle, float, str]) -> None:
    bundle, room, said = drawn
    # The reserved cell of a flow is the first polygon whose inside is the background's colour.
    cells = [shape for shape in shapes if room and shape.fill == writer.palette.background]
    for shape in shapes:
        if shape not in cells:
            writer.add(shape.write("line" if shape.tag == "path" else "head"))
    if cells:
        left, top, right, bottom = _extent(cells)
        x, y = (left + right) / 2 - room / 2 + boxes.FLOW_GAP, (top + bottom) / 2 + boxes.FLOW_SIZE * 0.36
        if said:
            style = (boxes.FLOW_SIZE, writer.palette.boxes["cut"].ink, ' font-weight="bold"')
            writer.text("break", (x, y), style, said)
        elif len(bundle.edges) == 1:
            _write_flow(writer, (x, y), flow_arrow(plan.view), bundle.edges[0])
        else:
            style = (boxes.FLOW_SIZE, writer.palette.muted, "")
            writer.text("count", (x, y), style, f"× {len(bundle.edges):,}")
    writer.add("</g>")


def _write_flow(writer: Writer, place: tuple[float, float], arrow: str, edge: int) -> None:
    x, y = place
    colour = writer.palette.gradient
    size = f'y="{y:.2f}" font-size="{boxes.FLOW_SIZE:g}" fill="{colour}"'
    writer.add(f'<text class="arrow" x="{x:.2f}" {size} display="', ("arrow", edge), f'">{arrow}</text>')
    writer.text("flow", (x + boxes.FLOW_ARROW, y), (boxes.FLOW_SIZE, colour, ""), ("flow", edge))


def _shapes(group: Element) -> Iterator[Shape]:
    for element in group.iter():
        tag = element.tag.removeprefix(_NAMESPACE)
        if tag in _GEOMETRY:
            names = (*_GEOMETRY[tag], *_PAINT)
            written = "".join(f' {name}="{escape(element.get(name, ""))}"' for name in names if element.get(name))
            corners = _POINT.findall(element.get("points", "") or element.get("d", ""))
            extent = _around([(float(x), float(y), float(x), float(y)) for x, y in corners]) if corners else None
            yield Shape(tag, written, element.get("fill"), extent)


def _extent(shapes: Iterable[Shape]) -> tuple[float, float, float, float]:
    return _around([shape.extent for shape in shapes if shape.extent is not None])


def _around(extents: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    lefts, tops, rights, bottoms = zip(*extents, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
