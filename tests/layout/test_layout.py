"""The room's face: one layout for one structure, a bounded memory of them, files, and never an empty page."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from app.errors import LayoutUnavailableError
from app.layout.engine import Format
from app.layout.layout import Layout, structure_key
from app.layout.view import View
from app.settings import Settings
from app.trace.model import Graph
from tests.layout.graphs import Builder, chain, encoder, quadratic, quadratic_pass, recurrent

pytestmark = pytest.mark.asyncio(loop_scope="session")


def web(nodes: int) -> Graph:
    """Every node uses many others: as hard to lay out as its size allows, and nothing to fold by."""
    build = Builder()
    build.leaf("x")
    for at in range(1, nodes):
        build.call(f"Op{at}", f"f{at}", *{(at * step) % at for step in (1, 3, 7)} | {at - 1, at // 2})
    return build.graph()


@pytest_asyncio.fixture(loop_scope="session")
async def fresh() -> AsyncGenerator[Layout, None]:
    """A layout that has drawn nothing yet, with little room to remember."""
    started = Layout(Settings(layout_cache_bytes=60_000, layout_workers=1))
    await started.start()
    yield started
    await started.stop()


async def test_equal_structures_are_laid_out_once(fresh: Layout) -> None:
    first = await fresh.draw(quadratic())
    other = msgspec.structs.replace(quadratic(), id="g7")
    assert await fresh.draw(other) is first
    assert (fresh.hits, fresh.misses) == (1, 1)
    await fresh.draw(quadratic(), View(direction="LR"))
    await fresh.draw(quadratic(), View(theme="dark"))
    assert (fresh.hits, fresh.misses) == (1, 3)


async def test_boxes_of_equal_sizes_are_placed_once(fresh: Layout, layout: Layout) -> None:
    asked: list[str] = []
    draw = fresh._engines.draw

    async def counted(source: str, *rest: Any) -> bytes:
        asked.append(source)
        return await draw(source, *rest)

    fresh._engines.draw = counted  # type: ignore[method-assign, assignment]
    graph = quadratic()
    renamed = msgspec.structs.replace(
        graph, nodes=tuple(msgspec.structs.replace(node, label=node.label[::-1]) for node in graph.nodes)
    )
    first, second = await fresh.draw(graph), await fresh.draw(renamed)
    assert second.svg() == (await layout.draw(renamed)).svg() != first.svg()
    assert len(asked) == 1
    for other in (View("LR"), View("TB", "dark")):
        assert (await fresh.draw(renamed, other)).svg() == (await layout.draw(renamed, other)).svg()
    assert len(asked) == 3


async def test_what_is_kept_is_bounded(fresh: Layout) -> None:
    for length in range(1, 40):
        await fresh.draw(chain(length))
        assert 0 < fresh.cached_bytes <= 60_000
    await fresh.draw(chain(1))
    assert fresh.hits == 0


async def test_nothing_is_kept_when_told_so() -> None:
    layout = Layout(Settings(layout_cache_bytes=0))
    await layout.draw(quadratic())
    await layout.draw(quadratic())
    assert (layout.hits, layout.misses) == (0, 2)
    await layout.stop()


async def test_what_is_shown_is_part_of_the_key() -> None:
    graph, view = quadratic(), View()
    keys = {structure_key(graph, view)}
    for name, value in (("kind", "leaf"), ("name", "X"), ("label", "y"), ("variable", "q"), ("shape", (1,))):
        changed = msgspec.structs.replace(graph.nodes[1], **{name: value})
        nodes = (graph.nodes[0], changed, *graph.nodes[2:])
        keys.add(structure_key(msgspec.structs.replace(graph, nodes=nodes), view))
    keys.add(structure_key(msgspec.structs.replace(graph, edges=graph.edges[1:]), view))
    for other in (View("LR"), View("TB", "dark"), View(expanded=frozenset("a")), View(max_nodes=5), View(depth=2)):
        keys.add(structure_key(graph, other))
    assert len(keys) == 12
    assert structure_key(msgspec.structs.replace(graph, id="other"), view) in keys


async def test_files_for_other_programs(layout: Layout) -> None:
    frame = (quadratic_pass(), "backward")
    svg = await layout.render(quadratic(), "svg", frame=frame)  # type: ignore[arg-type]
    assert b">27</text>" in svg
    png = await layout.render(quadratic(), "png", frame=frame)  # type: ignore[arg-type]
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") > 500
    blank = await layout.render(quadratic(), "png")
    assert blank != png
    dark = await layout.render(quadratic(), "png", View(theme="dark"), frame)  # type: ignore[arg-type]
    assert dark != png
    pdf = await layout.render(quadratic(), "pdf", frame=frame)  # type: ignore[arg-type]
    assert pdf.startswith(b"%PDF-")
    assert b"DejaVu" in pdf
    # The page is the picture: no white around a dark one.
    (page,) = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf)
    (picture,) = re.findall(rb'<svg[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert [*map(float, page)] == pytest.approx([*map(float, picture)], abs=1)


async def test_dot_for_other_programs(layout: Layout) -> None:
    dot = layout.dot(quadratic(), frame=(quadratic_pass(), "backward"))
    assert dot.startswith("digraph")
    assert "<B>y = a*x**2 + b*x + c</B>" in dot
    assert "<B>27</B>" in dot
    assert re.search(r"n3 -> n2 \[.*id=e4", dot)
    assert layout.dot(quadratic()).count("—") == 16


@pytest.mark.parametrize("most", [35, 8, 1])
async def test_a_slow_picture_is_drawn_coarser(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    layout = Layout(Settings())
    draw = layout._engines.draw

    async def draw_small(dot: str, picture: Format, seconds: float) -> bytes:
        # As a slower machine would: the process is really killed, whatever has more boxes than this.
        return await draw(dot, picture, seconds if dot.count("penwidth") <= most + 1 else 1e-6)

    monkeypatch.setattr(layout._engines, "draw", draw_small)
    drawing = await layout.draw(web(58))
    assert layout.coarser >= 1
    assert layout.restarts == layout.coarser
    assert drawing.svg().count('class="node ') <= most
    assert sum(len(group.members) for group in drawing.groups) + most > 58
    await layout.stop()


async def test_at_last_one_box_stands_for_all() -> None:
    layout = Layout(Settings(layout_nodes=1))
    drawing = await layout.draw(recurrent(50))
    (group,) = drawing.groups
    assert len(group.members) == 255
    assert "201 operations" in drawing.svg()
    await layout.stop()


async def test_rounds_of_a_loop_are_numbered(layout: Layout) -> None:
    graph = recurrent(1000)
    folded = await layout.draw(graph)
    assert "… × 1,000</text>" in folded.svg()
    opened = await layout.draw(graph, View(expanded=frozenset({folded.groups[0].key})))
    assert "… #901–1,000</text>" in opened.svg()


async def test_without_graphviz_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    layout = Layout(Settings())
    with pytest.raises(LayoutUnavailableError):
        await layout.draw(quadratic())
    await layout.stop()


async def test_graphviz_killed_again_and_again_costs_no_picture(fresh: Layout) -> None:
    (engine,) = fresh._engines._all

    async def killer() -> None:
        for times in range(1, 5):
            while engine.starts < times:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.03)
            assert engine._process is not None
            os.kill(engine._process.pid, signal.SIGKILL)

    task = asyncio.create_task(killer())
    drawn = 0
    while not task.done():
        drawing = await fresh.draw(chain(3 + drawn % 40))
        assert 'id="n0"' in drawing.svg() or drawing.groups
        drawn += 1
    assert fresh.restarts >= 3
    assert fresh.coarser == 0


async def test_folded_pictures_carry_the_exit_of_a_group(layout: Layout) -> None:
    graph = encoder(12)
    drawing = await layout.draw(graph)
    assert len(drawing.groups) == 12
    svg = drawing.svg()
    assert svg.count('class="node group"') == 12
    assert "12 operations" not in svg
    assert {table for table, _ in drawing.slots} >= {"value", "gradient"}
    opened = await layout.draw(graph, View(expanded=frozenset({drawing.groups[0].key})))
    assert opened.opened[-1] == drawing.groups[0].key
    assert len(opened.groups) > 12


@pytest.mark.parametrize(
    ("name", "graph"),
    [("chain of 10,000", chain(10_000)), ("recurrent, 1,000", recurrent(1000)), ("encoder of 12", encoder(12))],
)
async def test_large_graphs_have_a_first_picture(layout: Layout, name: str, graph: Graph) -> None:
    start = time.perf_counter()
    drawing = await layout.draw(graph)
    print(f"{name}: {len(graph.nodes):,} nodes, first picture in {(time.perf_counter() - start) * 1e3:.0f} ms")
    assert drawing.svg().endswith("</svg>")
    assert layout.coarser == 0
