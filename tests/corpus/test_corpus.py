"""Ordinary programs, in the sandbox and in plain Python: they must not be able to tell the difference.

What `programs/` holds covers the language and torch as tutorials use them. Each program runs once in each world; the
printed text must be equal, every run of the engine must be a pass, and what was recorded must be sound.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.settings import Limits, Settings
from app.trace.model import Graph, Pass, TensorValue, Trace, Value
from tests.sandbox.running import open_sandbox
from tests.sandbox.running import run as run_confined

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = Path(__file__).parent
PROGRAMS = {path.stem: path for path in sorted((HERE / "programs").glob("*.py"))}
SECONDS = 60.0
"""Other tests may share the machine."""
NUMBERLESS = {
    "checkpointing": 12,  # what a reentrant checkpoint computes anew, the engine computes in the middle of its run
    "functional_transforms": 1,  # what `vmap` made
    "gradcheck": 2,  # the gradient of an input that has none
    "gru_cells": 1,  # a write through a view that torch makes inside of a layer
    "tensor_subclass": 3,  # the inner half of an operation on a class of its own
}
"""How many nodes of a program may have no forward value, and why."""
HOOKED = frozenset({"hooks"})
"""Programs that change gradients on their way."""


class World:
    """What the corpus did here and there."""

    def __init__(self, plain: dict[str, dict[str, Any]], confined: dict[str, Trace]) -> None:
        self.plain = plain
        self.confined = confined


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world() -> World:
    async with open_sandbox(
        Settings(concurrent_runs=2, queued_runs=len(PROGRAMS), limits=Limits(wall_seconds=SECONDS, cpu_seconds=SECONDS))
    ) as sandbox:
        plain, *traces = await asyncio.gather(
            run_plainly(),
            *(
                run_confined(sandbox, path.read_text("utf-8"), wall_seconds=SECONDS, cpu_seconds=SECONDS)
                for path in PROGRAMS.values()
            ),
        )
    return World(plain, dict(zip(PROGRAMS, traces, strict=True)))


async def run_plainly() -> dict[str, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(HERE / "plain.py"), *map(str, PROGRAMS.values())), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    results: dict[str, dict[str, Any]] = json.loads(output)
    return results


async def test_there_are_programs_enough() -> None:
    assert len(PROGRAMS) >= 60


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_prints_what_it_prints_in_plain_python(world: World, name: str) -> None:
    plain, confined = world.plain[name], world.confined[name]
    assert plain["error"] is None
    assert (confined.failure, confined.cut) == (None, None)
    assert confined.output == plain["output"]
    assert plain["output"]


@pytest.mark.parametrize("name", PROGRAMS)
async def test_every_run_of_the_engine_is_a_pass(world: World, name: str) -> None:
    finished = [one for one in world.confined[name].passes if one.call != "forward"]
    assert len(finished) == world.plain[name]["runs"]


@pytest.mark.parametrize("name", PROGRAMS)
async def test_what_was_recorded_is_sound(world: World, name: str) -> None:
    trace = world.confined[name]
    graphs = {graph.id: graph for graph in trace.graphs}
    assert [graph.id for graph in trace.graphs] == [f"g{index}" for index in range(len(graphs))]
    for graph in trace.graphs:
        assert [node.id for node in graph.nodes] == [f"n{index}" for index in range(len(graph.nodes))]
        assert [edge.id for edge in graph.edges] == [f"e{index}" for index in range(len(graph.edges))]
        assert len({(edge.source, edge.slot, edge.target) for edge in graph.edges}) == len(graph.edges)
    for passed in trace.passes:
        graph = graphs[passed.graph]
        assert len(passed.values) == len(passed.gradients) == len(graph.nodes)
        assert len(passed.flows) == len(passed.derivatives) == len(graph.edges)
        if passed.call == "backward" and name not in HOOKED:
            assert list(sums_that_differ(graph, passed)) == []
    moments = Counter(moment.kind for moment in trace.timeline)
    assert moments["forward"] == len(trace.passes)
    assert moments["backward"] == sum(passed.call != "forward" for passed in trace.passes)
    assert moments["update"] == len(trace.updates)


async def test_every_node_has_its_value(world: World) -> None:
    missing = {name: sum(map(len, numberless(trace))) for name, trace in world.confined.items()}
    assert {name: count for name, count in missing.items() if count > NUMBERLESS.get(name, 0)} == {}


def numberless(trace: Trace) -> Iterator[list[str]]:
    """Yield for each pass its nodes without a forward value."""
    graphs = {graph.id: graph for graph in trace.graphs}
    for passed in trace.passes:
        pairs = zip(graphs[passed.graph].nodes, passed.values, strict=True)
        # A ghost stands for what was cut off; its value is that of the constant that was made of it.
        yield [node.name for node, value in pairs if value is None and node.kind != "ghost"]


def sums_that_differ(graph: Graph, passed: Pass) -> Iterator[str]:
    """Yield each node whose upstream gradient is not the sum of what flowed to it."""
    arrived: dict[str, list[Value]] = {}
    for edge, flow in zip(graph.edges, passed.flows, strict=True):
        if edge.input == 0:
            arrived.setdefault(edge.target, []).append(flow)
    ran = {graph.nodes[index].id for index in passed.order}
    for node, gradient in zip(graph.nodes, passed.gradients, strict=True):
        flows = [elements(flow) for flow in arrived.get(node.id, [])]
        if node.id not in ran or not flows or None in flows or (expected := elements(gradient)) is None:
            continue
        total = [sum(column) for column in zip(*flows, strict=True)]
        if not all(map(is_close, total, expected)):
            yield f"{graph.id} {node.id} {node.name}: {total} is not {expected}"


def elements(value: Value) -> list[float] | None:
    """List the elements of a real value that was kept whole."""
    if value is None or (isinstance(value, TensorValue) and (value.data is None or "complex" in value.dtype)):
        return None
    waiting: list[Any] = list(value.data or ()) if isinstance(value, TensorValue) else [value]
    while any(isinstance(one, list) for one in waiting):
        waiting = [inner for one in waiting for inner in one]
    return [float(one) for one in waiting]


def is_close(one: float, other: float) -> bool:
    return one == other or not (math.isfinite(one) and math.isfinite(other)) or abs(one - other) < 2e-2 * (1 + abs(one))
