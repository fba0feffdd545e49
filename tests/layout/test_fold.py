"""Folding loses nothing, fits the room, opens what it is asked to open, and takes a moment."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.layout.fold import fold, whole
from app.layout.folded import Folded
from app.trace.model import Graph
from tests.layout.graphs import Builder, chain, encoder, graphs, quadratic, recurrent, square

NOTHING: frozenset[str] = frozenset()


def owners(graph: Graph, folded: Folded) -> dict[str, str]:
    """Where each node is; asserts that it is in one place."""
    places: dict[str, str] = {}
    shown = [(graph.nodes[at].id, (graph.nodes[at].id,)) for at in folded.nodes]
    for name, members in (*shown, *((group.id, group.members) for group in folded.groups)):
        for member in members:
            assert member not in places
            places[member] = name
    assert places.keys() == {node.id for node in graph.nodes}
    return places


def assert_sound(graph: Graph, folded: Folded, most: int) -> None:
    assert len(folded.nodes) + len(folded.groups) <= most
    where = owners(graph, folded)
    drawn: list[int] = []
    for bundle in folded.bundles:
        drawn.extend(bundle.edges)
        for at in bundle.edges:
            edge = graph.edges[at]
            assert (where[edge.target], where[edge.source]) == (bundle.tail, bundle.head)
        assert (bundle.id == graph.edges[bundle.edges[0]].id) == (len(bundle.edges) == 1)
    hidden = [at for at, edge in enumerate(graph.edges) if where[edge.target] == where[edge.source]]
    assert sorted(drawn + hidden) == list(range(len(graph.edges)))
    ids = [bundle.id for bundle in folded.bundles] + [group.id for group in folded.groups]
    assert len(set(ids)) == len(ids)
    keys = [group.key for group in folded.groups]
    assert len(set(keys)) == len(keys)
    for group in folded.groups:
        assert len(group.members) > 1
        assert group.face is None or group.face in group.members


@given(graphs(), st.integers(1, 50))
def test_every_node_and_edge_is_in_one_place(graph: Graph, most: int) -> None:
    assert_sound(graph, fold(graph, NOTHING, NOTHING, most), most)


@settings(max_examples=50)
@given(graphs(), st.integers(2, 12), st.data())
def test_opening_and_closing_keeps_it_sound(graph: Graph, most: int, data: st.DataObject) -> None:
    opened: frozenset[str] = NOTHING
    for _ in range(4):
        folded = fold(graph, opened, NOTHING, most)
        assert_sound(graph, folded, most)
        if not folded.groups:
            break
        opened |= {data.draw(st.sampled_from([group.key for group in folded.groups]))}
    assert_sound(graph, fold(graph, opened, opened, most), most)


def test_small_graphs_are_shown_whole() -> None:
    graph = quadratic()
    folded = fold(graph, NOTHING, NOTHING, 150)
    assert folded == whole(graph)
    assert [bundle.id for bundle in folded.bundles] == [edge.id for edge in graph.edges]


def test_parallel_edges_are_both_kept() -> None:
    assert [(bundle.tail, bundle.head) for bundle in whole(square()).bundles] == [("n1", "n0"), ("n1", "n0")]


def test_edges_run_as_data_flows() -> None:
    (first, *_) = whole(quadratic()).bundles
    assert (first.tail, first.head) == ("n1", "n0")


def test_a_loop_becomes_one_box_and_its_parameters_stay() -> None:
    graph = recurrent(1000)
    folded = fold(graph, NOTHING, NOTHING, 150)
    (group,) = folded.groups
    assert (group.kind, group.repeats, group.operations, len(group.members)) == ("loop", 1000, 4000, 5000)
    assert group.title == "torch.tanh(W @ xs[t] + U @ h + b)"
    assert group.face == "n1"
    assert [graph.nodes[at].label for at in folded.nodes] == ["h.sum()", "h0", "b", "U", "W"]
    assert sorted(len(bundle.edges) for bundle in folded.bundles) == [1, 1, 1000, 1000, 1000]


def test_a_loop_opens_into_numbered_rounds() -> None:
    graph = recurrent(1000)
    (loop,) = fold(graph, NOTHING, NOTHING, 150).groups
    opened = fold(graph, frozenset({loop.key}), NOTHING, 150)
    assert sorted(group.first or 0 for group in opened.groups) == list(range(1, 1000, 100))
    assert {(group.title, group.repeats) for group in opened.groups} == {(loop.title, 100)}
    assert opened.opened == (loop.key,)
    keys = {group.first: group.key for group in opened.groups}
    further = fold(graph, frozenset({loop.key, keys[1]}), NOTHING, 150)
    assert {(1, 10), (91, 10), (101, 100)} <= {(group.first, group.repeats) for group in further.groups}
    assert_sound(graph, further, 150)


def test_a_loop_opens_down_to_its_operations() -> None:
    graph = chain(1000)
    expanded: frozenset[str] = NOTHING
    for _ in range(4):
        folded = fold(graph, expanded, NOTHING, 150)
        first = next((group for group in folded.groups if graph.nodes[-2].id in group.members), None)
        if first is None:
            break
        expanded |= {first.key}
    assert len(graph.nodes) - 2 in folded.nodes


def test_modules_close_from_the_outside_in() -> None:
    graph = encoder(12)
    folded = fold(graph, NOTHING, NOTHING, 150)
    assert [group.title for group in folded.groups] == [f"net.layers.{layer}" for layer in reversed(range(12))]
    assert {group.kind for group in folded.groups} == {"module"}
    # The result and the input that the program calls `x` stay; parameters are in their modules.
    assert [graph.nodes[at].label for at in folded.nodes] == ["net(x).sum()", "x"]
    opened = fold(graph, frozenset({"module:net.layers.3"}), NOTHING, 150)
    titles = {group.title for group in opened.groups}
    assert {"net.layers.3.attention", "net.layers.3.first", "net.layers.3.second", "net.layers.4"} <= titles
    assert "net.layers.3" not in titles
    closed = fold(graph, NOTHING, frozenset({"module:net.layers"}), 150)
    assert [group.title for group in closed.groups] == ["net.layers"]


def test_modules_in_rows_become_one_box() -> None:
    folded = fold(encoder(400), NOTHING, NOTHING, 150)
    assert [(group.title, group.repeats) for group in folded.groups] == [("net.layers", 1)]
    opened = fold(encoder(400), frozenset({"module:net.layers"}), NOTHING, 150)
    assert [(group.title, group.kind, group.repeats) for group in opened.groups] == [("net.layers.*", "loop", 400)]


def test_a_chain_without_repeats_is_folded_too() -> None:
    build = Builder()
    x = build.leaf("x")
    for at in range(500):
        x = build.call(f"Op{at}", f"f{at}(x)", x)
    build.call("Sum", "x.sum()", x)
    graph = build.graph()
    (group,) = fold(graph, NOTHING, NOTHING, 150).groups
    assert (group.kind, group.operations, group.title) == ("chain", 500, "f0(x) … f499(x)")


def test_many_parameters_share_one_box() -> None:
    build = Builder()
    for at in range(500):
        build.leaf(f"w{at}")
    build.call("Stack", "torch.stack(ws)", *range(500))
    graph = build.graph()
    folded = fold(graph, NOTHING, NOTHING, 150)
    assert [(group.kind, len(group.members)) for group in folded.groups] == [("leaves", 500)]
    assert_sound(graph, folded, 150)


def test_at_worst_one_box_says_how_much_is_inside() -> None:
    graph = quadratic()
    (group,) = fold(graph, NOTHING, NOTHING, 1).groups
    assert (len(group.members), group.operations, group.face) == (9, 4, "n0")


@pytest.mark.parametrize(
    ("name", "graph"),
    [("chain of 10,000", chain(10_000)), ("recurrent, 1,000", recurrent(1000)), ("encoder of 48", encoder(48))],
)
def test_large_graphs_fold(name: str, graph: Graph) -> None:
    start = time.perf_counter()
    folded = fold(graph, NOTHING, NOTHING, 150)
    took = time.perf_counter() - start
    print(
        f"{name}: {len(graph.nodes):,} nodes folded to {len(folded.nodes) + len(folded.groups)} in {took * 1e3:.0f} ms"
    )
    assert_sound(graph, folded, 150)
    assert len(folded.nodes) + len(folded.groups) <= 60
