"""Folding loses nothing, fits the room, opens what it is asked to open, and takes a moment."""

from __future__ import annotations

import time
from collections import defaultdict
from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.layout.fold import fold, whole
from app.layout.folded import Bundle, Folded
from app.layout.view import View
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
    assert_runs_one_way(folded)
    assert_framed(folded)


def assert_runs_one_way(folded: Folded) -> None:
    """Whatever is folded, what is left can be computed from top to bottom."""
    TopologicalSorter(heads(folded)).prepare()


def heads(folded: Folded) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for bundle in folded.bundles:
        found[bundle.head].add(bundle.tail)
    return found


def assert_framed(folded: Folded) -> None:
    """Frames hold visible boxes and further frames, each in one of them."""
    inside = [box for cluster in folded.clusters for box in cluster.boxes]
    assert len(set(inside)) == len(inside)
    groups = {group.id for group in folded.groups}
    frames = {cluster.id for cluster in folded.clusters}
    assert all(box.startswith("n") or box in groups | frames for box in inside)
    assert {cluster.key for cluster in folded.clusters} <= set(folded.opened)


@given(graphs(), st.integers(1, 50))
def test_every_node_and_edge_is_in_one_place(graph: Graph, most: int) -> None:
    assert_sound(graph, fold(graph, View(), most), most)


@settings(max_examples=50)
@given(graphs(), st.integers(2, 12), st.data())
def test_opening_and_closing_keeps_it_sound(graph: Graph, most: int, data: st.DataObject) -> None:
    opened: frozenset[str] = NOTHING
    for _ in range(4):
        folded = fold(graph, View(expanded=opened), most)
        assert_sound(graph, folded, most)
        if not folded.groups:
            break
        opened |= {data.draw(st.sampled_from([group.key for group in folded.groups]))}
    assert_sound(graph, fold(graph, View(expanded=opened, collapsed=opened), most), most)


@settings(max_examples=50)
@given(graphs(), st.integers(1, 12), st.integers(1, 6))
def test_any_depth_is_sound_and_stable(graph: Graph, most: int, depth: int) -> None:
    view = View(depth=depth)
    folded = fold(graph, view, most)
    assert_sound(graph, folded, most)
    assert fold(graph, view, most) == folded


@settings(max_examples=50)
@given(graphs())
def test_all_unfolded_is_the_graph_itself(graph: Graph) -> None:
    assert unfolded(graph) == (whole(graph).nodes, whole(graph).bundles)


def unfolded(graph: Graph) -> tuple[tuple[int, ...], tuple[Bundle, ...]]:
    """Open group after group until none is left; those that stay closed meanwhile keep their members."""
    opened: frozenset[str] = NOTHING
    known: dict[str, tuple[str, ...]] = {}
    while (folded := fold(graph, View(expanded=opened), 10_000)).groups:
        for group in folded.groups:
            assert known.setdefault(group.key, group.members) == group.members
        opened |= {folded.groups[0].key}
    return folded.nodes, folded.bundles


def test_a_large_graph_unfolds_into_itself() -> None:
    for graph in (encoder(5), recurrent(40), alternating(30)):
        assert unfolded(graph) == (whole(graph).nodes, whole(graph).bundles)


def alternating(rounds: int) -> Graph:
    """Two modules with a weight each, called in turn, and something of the program's own between the calls."""
    build = Builder()
    x = build.constant("x", "x", (8,))
    weights = {name: build.leaf(f"{name}.weight", (8, 8)) for name in ("first", "second")}
    for _ in range(rounds):
        for name, weight in weights.items():
            turned = build.call("T", "", weight, module=name)
            x = build.call("Mv", "", turned, x, module=name)
        x = build.call("Mul", "x * 0.5", x, line=5)
    build.call("Sum", "x.sum()", x, line=6)
    return build.graph()


def test_a_module_called_again_is_cut_into_its_calls() -> None:
    graph = alternating(3)
    folded = fold(graph, View(depth=1), 150)
    assert_sound(graph, folded, 150)
    calls = sorted((group.title, group.first, len(group.members)) for group in folded.groups)
    assert calls == [(name, call, 2) for name in ("first", "second") for call in (1, 2, 3)]
    # A weight that all calls use stays outside of them.
    assert [graph.nodes[at].label for at in folded.nodes if graph.nodes[at].kind == "leaf"] == [
        "second.weight",
        "first.weight",
    ]


def test_calls_in_a_long_row_are_one_loop() -> None:
    graph = alternating(500)
    folded = fold(graph, View(), 150)
    assert_sound(graph, folded, 150)
    (loop,) = folded.groups
    assert (loop.kind, loop.repeats) == ("loop", 500)


def test_a_module_that_follows_itself_says_how_often_it_ran() -> None:
    build = Builder()
    weight, h = build.leaf("cell.weight", (8, 8)), build.constant("h", "h", (8,))
    for _ in range(300):
        turned = build.call("T", "", weight, module="cell")
        h = build.call("Tanh", "", build.call("Mv", "", turned, h, module="cell"), module="cell")
    build.call("Sum", "h.sum()", h)
    graph = build.graph()
    (cell,) = fold(graph, View(), 150).groups
    assert (cell.title, cell.repeats, cell.operations, cell.parameters) == ("cell", 300, 900, 64)


def test_depth_opens_so_many_levels() -> None:
    graph = encoder(3)
    counts = [len(fold(graph, View(depth=depth), 300).groups) for depth in (1, 2, 3, 4, 5)]
    assert counts == [1, 3, 9, 9, 0]
    assert not fold(graph, View(depth=5), 300).groups
    (top,) = fold(graph, View(depth=1), 300).groups
    assert (top.title, top.repeats, top.parameters) == ("net.layers", 3, 3 * 5 * (16 * 16 + 16))
    few = fold(graph, View(depth=5), 30)
    assert_sound(graph, few, 30)


def test_opened_groups_are_framed() -> None:
    graph = encoder(3)
    folded = fold(graph, View(depth=3), 300)
    titles = {cluster.id: cluster.title for cluster in folded.clusters}
    outer, *layers = folded.clusters
    assert (outer.title, outer.repeats) == ("net.layers", 3)
    assert sorted(titles[box] for box in outer.boxes) == [f"net.layers.{layer}" for layer in range(3)]
    groups = {group.id: group.title for group in folded.groups}
    assert "net.layers.0.attention" in {groups.get(box) for layer in layers for box in layer.boxes}


def test_small_graphs_are_shown_whole() -> None:
    graph = quadratic()
    folded = fold(graph, View(), 150)
    assert folded == whole(graph)
    assert [bundle.id for bundle in folded.bundles] == [edge.id for edge in graph.edges]


def test_parallel_edges_are_both_kept() -> None:
    assert [(bundle.tail, bundle.head) for bundle in whole(square()).bundles] == [("n1", "n0"), ("n1", "n0")]


def test_edges_run_as_data_flows() -> None:
    (first, *_) = whole(quadratic()).bundles
    assert (first.tail, first.head) == ("n1", "n0")


def test_a_loop_becomes_one_box_and_its_parameters_stay() -> None:
    graph = recurrent(1000)
    folded = fold(graph, View(), 150)
    (group,) = folded.groups
    assert (group.kind, group.repeats, group.operations, len(group.members)) == ("loop", 1000, 4000, 5000)
    assert group.title == "torch.tanh(W @ xs[t] + U @ h + b)"
    assert group.face == "n1"
    assert [graph.nodes[at].label for at in folded.nodes] == ["h.sum()", "h0", "b", "U", "W"]
    assert sorted(len(bundle.edges) for bundle in folded.bundles) == [1, 1, 1000, 1000, 1000]


def test_what_a_round_does_twice_does_not_count_twice() -> None:
    build = Builder()
    x, rate = build.leaf("x"), build.leaf("lr")
    for _ in range(40):
        squares = [build.call("Mul", "x * x", x, x, line=3) for _ in range(2)]
        step = build.call("Mul", "lr * g", rate, build.call("Add", "a + b", *squares, line=4), line=5)
        x = build.call("Sub", "x - lr * g", x, step, line=5)
    build.call("Sum", "x.sum()", x, line=6)
    (loop,) = fold(build.graph(), View(), 150).groups
    assert (loop.kind, loop.repeats, loop.operations) == ("loop", 40, 200)


def test_a_loop_opens_into_numbered_rounds() -> None:
    graph = recurrent(1000)
    (loop,) = fold(graph, View(), 150).groups
    opened = fold(graph, View(expanded=frozenset({loop.key})), 150)
    assert sorted(group.first or 0 for group in opened.groups) == list(range(1, 1000, 100))
    assert {(group.title, group.repeats) for group in opened.groups} == {(loop.title, 100)}
    assert opened.opened == (loop.key,)
    keys = {group.first: group.key for group in opened.groups}
    further = fold(graph, View(expanded=frozenset({loop.key, keys[1]})), 150)
    assert {(1, 10), (91, 10), (101, 100)} <= {(group.first, group.repeats) for group in further.groups}
    assert_sound(graph, further, 150)


def test_a_loop_opens_down_to_its_operations() -> None:
    graph = chain(1000)
    expanded: frozenset[str] = NOTHING
    for _ in range(4):
        folded = fold(graph, View(expanded=expanded), 150)
        first = next((group for group in folded.groups if graph.nodes[-2].id in group.members), None)
        if first is None:
            break
        expanded |= {first.key}
    assert len(graph.nodes) - 2 in folded.nodes


def test_modules_close_from_the_outside_in() -> None:
    graph = encoder(12)
    folded = fold(graph, View(), 150)
    assert [group.title for group in folded.groups] == [f"net.layers.{layer}" for layer in reversed(range(12))]
    assert {group.kind for group in folded.groups} == {"module"}
    # The result and the input that the program calls `x` stay; parameters are in their modules.
    assert [graph.nodes[at].label for at in folded.nodes] == ["net(x).sum()", "x"]
    opened = fold(graph, View(expanded=frozenset({"module:net.layers.3"})), 150)
    titles = {group.title for group in opened.groups}
    assert {"net.layers.3.attention", "net.layers.3.first", "net.layers.3.second", "net.layers.4"} <= titles
    assert "net.layers.3" not in titles
    closed = fold(graph, View(collapsed=frozenset({"module:net.layers"})), 150)
    assert [group.title for group in closed.groups] == ["net.layers"]


def test_modules_in_rows_become_one_box() -> None:
    folded = fold(encoder(400), View(), 150)
    assert [(group.title, group.repeats) for group in folded.groups] == [("net.layers", 400)]
    opened = fold(encoder(400), View(expanded=frozenset({"module:net.layers"})), 150)
    assert [(group.title, group.kind, group.repeats) for group in opened.groups] == [("net.layers.*", "loop", 400)]


def test_what_each_block_calls_by_one_name_is_inside_and_what_all_share_does_not_tell_them_apart() -> None:
    build = Builder()
    h, shared = build.constant("x", "x", (4,)), build.constant("math.sqrt(d)")
    for layer in range(12):
        block = f"net.blocks.{layer}"
        weight, mask = build.leaf(f"{block}.w", (4,)), build.constant("mask", "mask", (4,))
        scaled = build.call("Div", "", build.call("Mul", "", h, weight, module=block), shared, module=block)
        h = build.call("MaskedFill", "", scaled, mask, module=block)
    build.call("Sum", "net(x).sum()", h)
    graph = build.graph()
    folded = fold(graph, View(depth=1), 150)
    assert_sound(graph, folded, 150)
    assert [graph.nodes[at].label for at in folded.nodes] == ["net(x).sum()", "x"]
    assert [(group.title, group.repeats) for group in folded.groups] == [("net.blocks", 12)]
    opened = fold(graph, View(depth=2), 150)
    assert {"net.blocks.0", "net.blocks.11"} <= {group.title for group in opened.groups}


def test_a_chain_without_repeats_is_folded_too() -> None:
    build = Builder()
    x = build.leaf("x")
    for at in range(500):
        x = build.call(f"Op{at}", f"f{at}(x)", x)
    build.call("Sum", "x.sum()", x)
    graph = build.graph()
    (group,) = fold(graph, View(), 150).groups
    assert (group.kind, group.operations, group.title) == ("chain", 500, "f0(x) … f499(x)")


def test_many_parameters_share_one_box() -> None:
    build = Builder()
    for at in range(500):
        build.leaf(f"w{at}")
    build.call("Stack", "torch.stack(ws)", *range(500))
    graph = build.graph()
    folded = fold(graph, View(), 150)
    assert [(group.kind, len(group.members)) for group in folded.groups] == [("leaves", 500)]
    assert_sound(graph, folded, 150)


def test_at_worst_one_box_says_how_much_is_inside() -> None:
    graph = quadratic()
    (group,) = fold(graph, View(), 1).groups
    assert (len(group.members), group.operations, group.face) == (9, 4, "n0")


@pytest.mark.parametrize(
    ("name", "graph"),
    [("chain of 10,000", chain(10_000)), ("recurrent, 1,000", recurrent(1000)), ("encoder of 48", encoder(48))],
)
def test_large_graphs_fold(name: str, graph: Graph) -> None:
    start = time.perf_counter()
    folded = fold(graph, View(), 150)
    took = time.perf_counter() - start
    print(
        f"{name}: {len(graph.nodes):,} nodes folded to {len(folded.nodes) + len(folded.groups)} in {took * 1e3:.0f} ms"
    )
    assert_sound(graph, folded, 150)
    assert len(folded.nodes) + len(folded.groups) <= 60
