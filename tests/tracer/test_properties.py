"""Random programs: every value, gradient and update against a bare run, and gradients against central differences."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.trace.model import Trace
from tests.tracer.recording import graph_of, record

UNARY = [
    "torch.sin({a})",
    "torch.tanh({a})",
    "torch.exp({a} / 4)",
    "torch.sigmoid({a})",
    "-{a}",
    "{a} ** 2",
    "{a} * 3.0",
]
BINARY = [
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "{a} / (2 + {b} ** 2)",
    "2.0 * {a} - {b} / 5",
    "torch.maximum({a}, {b})",
]
STEP = 1e-5


@st.composite
def programs(draw: st.DrawFn) -> tuple[list[float], str, str]:
    """Leaves' values, the statements that set them up, and statements that compute `loss` of everything before."""
    values = draw(st.lists(st.floats(-2, 2).map(lambda value: round(value, 3)), min_size=1, max_size=3))
    names = [f"x{index}" for index in range(len(values))]
    lines = []
    for number in range(draw(st.integers(1, 8))):
        form = draw(st.sampled_from(UNARY + BINARY))
        a, b = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        lines.append(f"v{number} = {form.format(a=a, b=b)}")
        names.append(f"v{number}")
    inner = [name for name in names if name.startswith("v")]
    lines.append(f"loss = {' + '.join(inner)} + {names[0]} * {names[-1]}")
    leaves = [
        f"x{index} = torch.tensor({value}, dtype=torch.float64, requires_grad=True)"
        for index, value in enumerate(values)
    ]
    return values, "import torch\n" + "\n".join(leaves), "\n".join(lines)


def run_bare(*parts: str) -> dict[str, Any]:
    """The variables of a program after it ran in plain Python."""
    variables: dict[str, Any] = {}
    exec("\n".join(parts), variables)
    return variables


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_values_and_gradients_are_torchs_own(program: tuple[list[float], str, str]) -> None:
    values, leaves, body = program
    run = record(f"{leaves}\n{body}\nloss.backward()\n")
    assert run.failure is None
    bare = run_bare(leaves, body)
    graph, passed = graph_of(run), run.passes[0]
    names = [name for name in bare if name.startswith(("x", "v"))]
    slopes = torch.autograd.grad(bare["loss"], [bare[name] for name in names], allow_unused=True)
    expected = dict(zip(names, slopes, strict=True))
    for node, value, gradient in zip(graph.nodes, passed.values, passed.gradients, strict=True):
        if node.variable in expected:
            assert value == bare[node.variable].item()
            assert gradient == pytest.approx(expected[node.variable].item(), rel=1e-12, abs=1e-15)
    for index in range(len(values)):
        slope = expected[f"x{index}"]
        if slope is not None and "maximum" not in body:
            assert slope.item() == pytest.approx(central_difference(leaves, body, index), rel=1e-4, abs=1e-5)


def central_difference(leaves: str, body: str, index: int) -> float:
    """The slope of the loss along one leaf, without autograd."""
    up = run_bare(leaves, f"x{index} = x{index} + {STEP}", body)["loss"].item()
    down = run_bare(leaves, f"x{index} = x{index} - {STEP}", body)["loss"].item()
    return float(up - down) / (2 * STEP)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_an_upstream_gradient_is_the_sum_of_what_flows_in(program: tuple[list[float], str, str]) -> None:
    _, leaves, body = program
    run = record(f"{leaves}\n{body}\nloss.backward()\n")
    graph, passed = graph_of(run), run.passes[0]
    for node, gradient in zip(graph.nodes, passed.gradients, strict=True):
        flows = [flow for edge, flow in zip(graph.edges, passed.flows, strict=True) if edge.target == node.id]
        if flows and node.kind != "constant":
            assert gradient == pytest.approx(sum(flows), rel=1e-12, abs=1e-15)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_what_flows_is_upstream_times_local_derivative(program: tuple[list[float], str, str]) -> None:
    _, leaves, body = program
    run = record(f"{leaves}\n{body}\nloss.backward()\n")
    graph, passed = graph_of(run), run.passes[0]
    upstream = {node.id: gradient for node, gradient in zip(graph.nodes, passed.gradients, strict=True)}
    for edge, flow, local in zip(graph.edges, passed.flows, passed.derivatives, strict=True):
        if flow is not None:
            assert flow == pytest.approx(upstream[edge.source] * local, rel=1e-9, abs=1e-15)  # type: ignore[operator]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs(), st.sampled_from(["SGD", "Adam", "RMSprop"]), st.integers(2, 4))
def test_a_training_loop_is_the_bare_one(program: tuple[list[float], str, str], optimizer: str, steps: int) -> None:
    values, leaves, body = program
    names = [f"x{index}" for index in range(len(values))]
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    loop = (
        f"optimizer = torch.optim.{optimizer}([{', '.join(names)}], lr=0.01)\nfor step in range({steps}):\n{indented}\n"
        "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
    )
    run = record(f"{leaves}\n{loop}")
    bare = run_bare(leaves, loop)
    assert len(run.updates) == len(run.passes) == steps
    assert len(run.graphs) == 1
    last = {one.variable: one.after for one in run.updates[-1].parameters}
    assert last == {name: bare[name].item() for name in names}
    assert ids_are_consistent(run)


def ids_are_consistent(run: Trace) -> bool:
    """Whether nodes and edges are numbered from 0, in order, in every graph."""
    return all(
        [node.id for node in graph.nodes] == [f"n{index}" for index in range(len(graph.nodes))]
        and [edge.id for edge in graph.edges] == [f"e{index}" for index in range(len(graph.edges))]
        for graph in run.graphs
    )
