"""Drawings: the ids of the graph, well-formed, harmless whatever a program is called, and nothing overlaps."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import msgspec
import pygraphviz  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings

from app.layout.boxes import FLOW_SIZE
from app.layout.drawing import Drawing
from app.layout.folded import Folded
from app.layout.layout import Layout
from app.layout.numbers import WIDEST_NUMBER, WIDEST_TENSOR
from app.layout.palette import PALETTES
from app.layout.text import Face, width
from app.layout.view import Direction, View
from app.trace.model import Graph, Node, TensorValue
from tests.layout.graphs import broken, graphs, numbers_for, quadratic, quadratic_pass, square

pytestmark = pytest.mark.asyncio(loop_scope="session")

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).parent / "golden"
TAGS = {"svg", "g", "rect", "path", "polygon", "polyline", "ellipse", "text"}
ATTRIBUTES = {
    *("id", "class", "role", "aria-label", "aria-hidden", "width", "height", "viewBox", "transform", "display"),
    *("x", "y", "d", "points", "cx", "cy", "rx", "ry", "fill", "stroke", "stroke-width", "stroke-dasharray"),
    *("font-family", "font-size", "font-weight", "text-anchor"),
}

HOSTILE = [
    '"]; evil [label="x" URL="javascript:alert(1)',
    'x\\\\" -> y; {',
    r"\N \G \E \T \H \L \l \r \n \\",
    "<b>bold</b>",
    "<<TABLE><TR><TD HREF='x'>cell</TD></TR></TABLE>>",
    "<img src=x onerror=alert(1)>",
    "</text></svg><script>alert(1)</script>",
    "]]><!-- --><![CDATA[ <?xml ?> <!DOCTYPE x [<!ENTITY a 'b'>]> &a;",
    "&lt;script&gt; &#x202e; &nbsp; &amp;",
    "' onload='alert(1)",
    '" style="fill:red',
    "line\none\r\ntwo\u2028three\u2029four\ttab",
    "\x00\x01\x1b[31m\x7f\x9b",
    "user\u202eresu \u2066iso\u2069\u200f",
    "\ud800 lone \udfff",
    "\ue000\U000f0000\ufffe\uffff",
    "😀👩‍👩‍👧‍👦 变量 שלום مرحبا हिन्दी",
    "Z̵̢̛̛̘̲͎͕̀̈́̾a̸̧̛̫͔͎͛͌l̷̢̰̩̂̈́g̸̰̾o̴͓̎",
    "%s %d {0} {name} $x ${y} `z`",
    "x" * 10_000,
    "<" * 3000,
    "=cmd|' /C calc'!A0",
]


@dataclass
class Line:
    """A text as it stands in a drawing."""

    left: float
    right: float
    top: float
    bottom: float


def parse(svg: str) -> Element:
    """Parse a drawing, and assert that it holds nothing but what it may."""
    for word in ("<script", "<style", " style=", "href", "<title", "<!", "<?", "javascript:alert", "<image", "<a "):
        if word not in ("javascript:alert",):
            assert word not in re.sub(r">[^<]*<|\"[^\"]*\"", "><", svg), word
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in TAGS
        assert set(element.keys()) <= ATTRIBUTES
    return root


def by_id(root: Element) -> dict[str, Element]:
    found = [element for element in root.iter() if element.get("id")]
    names = [element.get("id", "") for element in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


def of_class(group: Element, name: str) -> list[Element]:
    return [element for element in group if element.get("class") == name]


def texts(group: Element, name: str) -> list[str]:
    return [element.text or "" for element in of_class(group, name)]


def outline(group: Element, kind: str = "shape") -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box."""
    if group.get("class") == "edge":
        return (0.0, 0.0, 0.0, 0.0)
    points = [
        (float(x), float(y))
        for shape in of_class(group, kind)
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("points") or shape.get("d") or "")
    ]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def line_of(text: Element, content: str | None = None) -> Line:
    size, x, y = (float(text.get(name, "")) for name in ("font-size", "x", "y"))
    face: Face = "bold" if text.get("font-weight") else "regular"
    wide = width(content if content is not None else text.text or "", size, face)
    left = x - wide if text.get("text-anchor") == "end" else x
    return Line(left, left + wide, y - 0.76 * size, y + 0.24 * size)


def assert_texts_fit(root: Element, graph: Graph) -> None:
    index = {node.id: node for node in graph.nodes}
    for name, group in by_id(root).items():
        if name not in index:
            continue
        left, top, right, bottom = outline(group)
        widest = WIDEST_NUMBER if index[name].shape == () else WIDEST_TENSOR
        for text in group.iter(f"{SVG}text"):
            line = line_of(text, widest if text.get("class") in ("value", "gradient") else None)
            assert left <= line.left
            assert line.right <= right
            assert top <= line.top
            assert line.bottom <= bottom
        keys = [line_of(text) for text in of_class(group, "key")]
        values = [line_of(text, widest) for text in (*of_class(group, "value"), *of_class(group, "gradient"))]
        assert all(key.right < value.left for key, value in zip(keys, values, strict=True))


def assert_apart(root: Element) -> None:
    boxes = [outline(group) for group in root.iter(f"{SVG}g") if (group.get("class") or "").startswith("node")]
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other_left, other_top, other_right, other_bottom in boxes[:at]:
            aside = right <= other_left + 0.1 or other_right <= left + 0.1
            assert aside or bottom <= other_top + 0.1 or other_bottom <= top + 0.1


def assert_inside(root: Element) -> None:
    (whole,) = (element for element in root if element.tag == f"{SVG}g")
    x, y = (float(part) for part in re.findall(r"-?[\d.]+", whole.get("transform", "")))
    for group in whole:
        if (group.get("class") or "").startswith("node"):
            left, top, right, bottom = outline(group)
            assert left + x >= 0
            assert top + y >= 0
            assert right + x <= float(root.get("width", ""))
            assert bottom + y <= float(root.get("height", ""))


async def test_golden(layout: Layout) -> None:
    svg = (await layout.draw(quadratic())).svg(quadratic_pass())
    pretty = svg.replace("><", ">\n<") + "\n"
    if os.environ.get("WRITE_GOLDEN"):
        (GOLDEN / "quadratic.svg").write_text(pretty)
    assert pretty == (GOLDEN / "quadratic.svg").read_text()


@pytest.mark.parametrize("direction", ["TB", "LR"])
async def test_a_break_is_a_dotted_line_with_its_reason(layout: Layout, direction: Direction) -> None:
    drawing = await layout.draw(broken(), View(direction=direction))
    svg = drawing.svg()
    if direction == "TB":
        pretty = svg.replace("><", ">\n<") + "\n"
        if os.environ.get("WRITE_GOLDEN"):
            (GOLDEN / "broken.svg").write_text(pretty)
        assert pretty == (GOLDEN / "broken.svg").read_text()
    found = by_id(parse(svg))
    assert {name: texts(found[name], "break") for name in ("e0", "e1", "e3", "e4")} == {
        "e0": [],
        "e1": [],
        "e3": ["✂ detach()"],
        "e4": ["✂ > <&\"'"],
    }
    for name, is_break in (("e1", False), ("e3", True)):
        line = next(shape for shape in found[name] if shape.get("class") == "line")
        assert (found[name].get("class") == "edge cut") is is_break
        assert (line.get("stroke") == PALETTES["light"].boxes["cut"].border) is is_break
        assert line.get("stroke-dasharray")


async def test_breaks_stand_in_every_format(layout: Layout) -> None:
    graph = broken()
    assert "✂ detach()" in layout.dot(graph)
    blank = msgspec.structs.replace(
        graph, nodes=tuple(msgspec.structs.replace(node, cut=msgspec.UNSET) for node in graph.nodes)
    )
    assert await layout.render(graph, "png") != await layout.render(blank, "png")


async def test_a_folded_break_is_counted_on_its_group(layout: Layout) -> None:
    graph = msgspec.structs.replace(
        broken(), nodes=tuple(msgspec.structs.replace(node, module="net") for node in broken().nodes)
    )
    drawing = await layout.draw(graph, View(collapsed=frozenset({"module:net"})))
    [group] = drawing.groups
    assert texts(by_id(parse(drawing.svg()))[group.id], "name")[0].endswith("✂ 2")


async def test_numbers_stand_on_their_nodes(layout: Layout) -> None:
    found = by_id(parse((await layout.draw(quadratic())).svg(quadratic_pass())))
    assert texts(found["n3"], "label") == ["a"]
    assert texts(found["n3"], "name") == ["AccumulateGrad"]
    assert texts(found["n3"], "value") == ["1"]
    assert texts(found["n3"], "gradient") == ["16"]
    assert texts(found["n0"], "label") == ["y = a*x**2 + b*x + c"]
    assert texts(found["n0"], "value") == ["27"]
    assert texts(found["n8"], "value") == ["4"]
    assert texts(found["n8"], "gradient") == []
    assert texts(found["e4"], "flow") == ["16"]
    assert texts(found["e7"], "flow") == []
    assert found["n3"].get("class") == "node leaf"
    assert found["n3"].get("role") == "img"
    assert found["n3"].get("aria-label") == "a, AccumulateGrad, value 1, gradient 16"
    assert found["e4"].get("aria-hidden") == "true"


async def test_phases_fill_step_by_step(layout: Layout) -> None:
    drawing = await layout.draw(quadratic())

    def shown(svg: str) -> tuple[list[str], list[str], list[str], list[str | None]]:
        found = by_id(parse(svg))
        arrows = [arrow.get("display") for arrow in of_class(found["e4"], "arrow")]
        return texts(found["n3"], "value"), texts(found["n3"], "gradient"), texts(found["e4"], "flow"), arrows

    assert shown(drawing.svg()) == (["—"], ["—"], [""], ["none"])
    assert shown(drawing.svg(quadratic_pass(), "blank")) == (["—"], ["—"], [""], ["none"])
    assert shown(drawing.svg(quadratic_pass(), "forward")) == (["1"], ["—"], [""], ["none"])
    assert shown(drawing.svg(quadratic_pass())) == (["1"], ["16"], ["16"], ["inline"])
    undifferentiated = msgspec.structs.replace(quadratic_pass(), call="forward")
    assert shown(drawing.svg(undifferentiated)) == (["1"], ["—"], [""], ["none"])


async def test_a_frame_changes_numbers_only(layout: Layout) -> None:
    drawing = await layout.draw(quadratic())
    for value in (0.0, -1.2345e-7, "NaN", 1.7e308):
        svg = drawing.svg(numbers_for(quadratic(), value))
        assert len(re.findall(r"<(path|polygon)", svg)) == len(re.findall(r"<(path|polygon)", drawing.svg()))
        parse(svg)


async def test_kinds_differ_in_shape_and_line(layout: Layout) -> None:
    found = by_id(parse((await layout.draw(quadratic())).svg()))

    def outlines(name: str) -> tuple[list[str], bool]:
        shapes = of_class(found[name], "shape")
        return [shape.tag.removeprefix(SVG) for shape in shapes], any(s.get("stroke-dasharray") for s in shapes)

    looks = [outlines(name) for name in ("n3", "n1", "n8", "n0")]
    assert all(looks.count(look) == 1 for look in looks), looks
    assert of_class(found["e7"], "line")[0].get("stroke-dasharray")
    assert not of_class(found["e4"], "line")[0].get("stroke-dasharray")


async def test_parallel_edges_have_their_own_paths(layout: Layout) -> None:
    found = by_id(parse((await layout.draw(square())).svg()))
    paths = {of_class(found[name], "line")[0].get("d") for name in ("e0", "e1")}
    assert len(paths) == 2


@pytest.mark.parametrize("direction", ["TB", "LR"])
async def test_data_flows_in_the_direction_asked_for(layout: Layout, direction: str) -> None:
    view = View(direction=direction)  # type: ignore[arg-type]
    found = by_id(parse((await layout.draw(quadratic(), view)).svg()))
    leaf, result = outline(found["n3"]), outline(found["n0"])
    assert leaf[3] < result[1] if direction == "TB" else leaf[2] < result[0]


async def test_dark_is_a_picture_of_its_own(layout: Layout) -> None:
    light = (await layout.draw(quadratic())).svg(quadratic_pass())
    dark = (await layout.draw(quadratic(), View(theme="dark"))).svg(quadratic_pass())
    assert 'class="graph dark"' in dark
    assert re.sub("#[0-9a-f]{6}|graph dark", "", dark) == re.sub("#[0-9a-f]{6}|graph light", "", light)
    assert not set(re.findall("#[0-9a-f]{6}", dark)) & set(re.findall("#[0-9a-f]{6}", light))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(most=25))
async def test_any_graph_is_drawn_soundly(layout: Layout, graph: Graph) -> None:
    drawing = await layout.draw(graph)
    root = parse(drawing.svg(numbers_for(graph, -1.2345e100)))
    boxes = {graph.nodes[at].id for at in drawing.folded.nodes}
    names = by_id(root).keys()
    assert {name for name in names if name.startswith("n")} == boxes
    assert {name for name in names if name.startswith("m")} == {group.id for group in drawing.groups}
    assert {name for name in names if name.startswith("c")} == {cluster.id for cluster in drawing.clusters}
    assert_frames_hold(root, drawing)
    assert {name for name in names if name[0] in "ef"} == {bundle.id for bundle in drawing.bundles}
    assert_texts_fit(root, graph)
    assert_apart(root)
    assert_inside(root)


def assert_frames_hold(root: Element, drawing: Drawing) -> None:
    """A frame goes around what it holds, and its title stands in it."""
    parts = by_id(root)
    places = {name: outline(part, "frame" if name.startswith("c") else "shape") for name, part in parts.items()}
    for cluster in drawing.clusters:
        left, top, right, bottom = places[cluster.id]
        (title,) = (line_of(text) for text in of_class(parts[cluster.id], "label"))
        assert left <= title.left <= title.right <= right
        for box in cluster.boxes:
            inner = places[box]
            assert left <= inner[0] <= inner[2] <= right
            assert max(top, title.bottom) <= inner[1] <= inner[3] <= bottom


def named(text: str) -> Graph:
    """A graph in which everything that a program names is called `text`."""
    nodes = (
        Node("n0", "output", text, text, text, shape=(), dtype=text, module=text),
        Node("n1", "operation", text, text, shape=(2, 3), dtype=text),
        Node("n2", "leaf", text, text, text, shape=None),
        Node("n3", "constant", text, text, text, shape=()),
    )
    edges = quadratic().edges[:3]
    pairs = (("n0", "n1"), ("n1", "n2"), ("n1", "n3"))
    return Graph(
        text,
        nodes,
        tuple(
            msgspec.structs.replace(edge, source=source, target=target)
            for edge, (source, target) in zip(edges, pairs, strict=True)
        ),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_names_are_only_text(layout: Layout, text: str) -> None:
    graph = named(text)
    value = TensorValue((2,), text)
    drawing = await layout.draw(graph)
    root = parse(drawing.svg(numbers_for(graph, value)))
    assert by_id(root).keys() == {"n0", "n1", "n2", "n3", "e0", "e1", "e2"}
    assert_texts_fit(root, graph)
    dot = layout.dot(graph, frame=(numbers_for(graph, value), "backward"))
    read = pygraphviz.AGraph(dot)
    assert sorted(read.nodes()) == ["n0", "n1", "n2", "n3"]
    assert len(read.edges()) == 3
    allowed = {"label", "id", "fontname", "fixedsize", "margin", "width", "height", "fillcolor", "color", "shape"}
    for node in read.nodes():
        assert set(node.attr.keys()) <= allowed | {"style", "penwidth", "peripheries"}
    for edge in read.edges():
        assert set(edge.attr.keys()) <= {"label", "id", "fontname", "arrowsize", "penwidth", "color", "style"}
    assert (await layout.render(graph, "png", frame=(numbers_for(graph, value), "backward"))).startswith(b"\x89PNG")


async def test_backslashes_stay_what_they_are(layout: Layout) -> None:
    graph = named(r"\N \G \\")
    drawn = await layout._engines.draw(layout.dot(graph), "svg", 5)
    words = re.findall(r">([^<]*)</text>", drawn.decode())
    assert sum(word.replace("\xa0", " ").replace("&#45;", "-") == r"\N \G \\" for word in words) >= 3


@pytest.mark.parametrize("name", ["n1; evil", "graph", "n1\n", "N1", "n", "m-1", "n1234567890", '"n1"', "é1", "n١"])
async def test_only_our_ids_reach_graphviz(layout: Layout, name: str) -> None:
    graph = Graph("g0", (Node(name, "output", "X", "x", shape=()),), ())
    with pytest.raises(ValueError, match="not an id"):
        await layout.draw(graph)


async def test_flows_stand_clear_of_boxes(layout: Layout) -> None:
    root = parse((await layout.draw(quadratic())).svg(numbers_for(quadratic(), -1.2345e100)))
    boxes = [outline(group) for name, group in by_id(root).items() if name.startswith("n")]
    for name, group in by_id(root).items():
        for flow in of_class(group, "flow"):
            line = line_of(flow)
            assert line.right - line.left <= width(WIDEST_NUMBER, FLOW_SIZE, "bold")
            for left, top, right, bottom in boxes:
                aside = line.right <= left or right <= line.left
                assert aside or line.bottom <= top or bottom <= line.top, name


async def test_bytes_grow_with_what_is_kept() -> None:
    small = Drawing(("a", "b"), (("value", 0),), 1, 1, Folded((), (), ()))
    large = Drawing(("a" * 10_000, "b"), (("value", 0),), 1, 1, Folded((), (), ()))
    assert small.bytes + 9_000 < large.bytes
