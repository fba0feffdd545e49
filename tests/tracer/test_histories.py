"""Ghosts: what a constant was cut off from, and whether the graph holds it by another way."""

from __future__ import annotations

import pytest

from app.layout.layout import Layout
from app.settings import Settings
from app.trace.model import Graph, Node, Trace
from tests.tracer.recording import record

HEAD = """import torch
import numpy as np
w = torch.tensor(1.0, requires_grad=True)
v = torch.tensor(2.0, requires_grad=True)
h = w * 2
"""


def last_graph(program: str) -> Graph:
    run = record(HEAD + program)
    assert run.failure is None
    return run.graphs[-1]


def cut_pairs(graph: Graph) -> list[tuple[Node, Node]]:
    """Each constant that was cut off, with what it was cut off from."""
    nodes = {node.id: node for node in graph.nodes}
    return [(nodes[e.source], nodes[e.target]) for e in graph.edges if nodes[e.source].kind == "constant"]


CUTS = {
    "detach": ("y = h.detach() * v", "detach()", "h"),
    "data": ("t = h.data\ny = t * v", ".data", "h"),
    "item": ("y = h.item() * v", ".item()", "h"),
    "item, kept": ("t = h.item()\ny = t * v", ".item()", "h"),
    "new tensor": ("y = torch.tensor(h) * v", "torch.tensor()", "h"),
    "through numpy": ("t = torch.tensor(h.detach().numpy()) * 3\ny = t * v", "detach()", "h"),
    "no_grad": ("with torch.no_grad():\n    t = h * 3\ny = t * v", "no_grad", "h"),
    "no_grad, computed on": ("with torch.no_grad():\n    t = h * 3\n    s = (t + 1).sqrt()\ny = s * v", "no_grad", "h"),
    "array and back": ("t = torch.as_tensor(h.detach().numpy())\ny = t * v", "detach()", "h"),
    "derived": ("t = h.detach()\ns = t ** 2 + 1\ny = s * v", "detach()", "h"),
    "comparison": ("t = (h > 0)\ny = t * v", ">", "h"),
    "whole numbers": ("t = torch.stack([h, v]).argmax()\ny = t * v", "argmax()", None),
}


@pytest.mark.parametrize(("program", "how", "variable"), CUTS.values(), ids=CUTS.keys())
def test_what_was_cut_off_is_a_ghost(program: str, how: str, variable: str | None) -> None:
    [(constant, ghost)] = cut_pairs(last_graph(f"{program}\ny.backward()"))
    assert (constant.cut, ghost.kind, ghost.cut) == (how, "ghost", how)
    assert ghost.variable == variable
    assert ghost.name == ("MulBackward0" if variable else "StackBackward0")
    assert ghost.span is not None
    assert ghost.label == ("w * 2" if variable else "torch.stack([h, v])")


def test_what_the_graph_holds_by_another_way_is_no_ghost() -> None:
    graph = last_graph("y = h.detach() * v + h\ny.backward()")
    [(constant, source)] = cut_pairs(graph)
    assert constant.cut == "detach()"
    assert (source.kind, source.variable) == ("operation", "h")
    [(_, leaf)] = cut_pairs(last_graph("with torch.no_grad():\n    t = w * 3\ny = t * w\ny.backward()"))
    assert (leaf.kind, leaf.variable) == ("leaf", "w")


def test_two_constants_of_one_origin_share_their_ghost() -> None:
    graph = last_graph("y = h.detach() * v + h.item() * v\ny.backward()")
    assert [node.kind for node in graph.nodes].count("ghost") == 1
    assert [constant.cut for constant, _ in cut_pairs(graph)] == ["detach()", ".item()"]


def test_what_was_never_followed_has_no_ghost() -> None:
    graph = last_graph("t = torch.tensor(3.0)\ny = t.detach() * t * v\ny.backward()")
    assert [node.cut for node in graph.nodes if isinstance(node.cut, str)] == []
    assert cut_pairs(graph) == []


CARRIED = (
    HEAD
    + """state = torch.tensor(0.0)
for i in range(4):
    state = torch.tanh(state.detach() + w)
    (state * v).backward()
"""
)


def test_a_carried_state_is_a_ghost_from_the_second_round_on() -> None:
    run: Trace = record(CARRIED)
    assert [passed.graph for passed in run.passes] == ["g0", "g1", "g1", "g1"]
    assert [[node.kind for node in graph.nodes].count("ghost") for graph in run.graphs] == [0, 1]
    graph = run.graphs[1]
    ghost = next(index for index, node in enumerate(graph.nodes) if node.kind == "ghost")
    for passed in run.passes[1:]:
        assert (passed.values[ghost], passed.gradients[ghost]) == (None, None)
        assert len(passed.flows) == len(graph.edges)


@pytest.mark.asyncio
async def test_a_ghost_is_drawn_dashed_without_numbers() -> None:
    graph = last_graph("y = h.detach() * v\ny.backward()")
    layout = Layout(Settings())
    await layout.start()
    try:
        drawing = await layout.draw(graph)
        dot = layout.dot(graph)
    finally:
        await layout.stop()
    picture = drawing.svg()
    ghost = next(node.id for node in graph.nodes if node.kind == "ghost")
    part = picture.partition(f'<g id="{ghost}" class="node ghost"')[2].partition("</g>")[0]
    assert "h = w * 2" in part
    assert "cut: detach()" in part
    assert "stroke-dasharray" in part
    assert 'class="value"' not in part
    assert 'class="node constant cut"' in picture
    assert 'class="edge cut"' in picture
    assert "dotted" in dot
