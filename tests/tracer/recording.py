"""Run a program under the recorder, in this process, and look things up in what came out."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import torch

from app.settings import Limits
from app.trace.codec import collect, decode, encode
from app.trace.job import Expression, Job
from app.trace.ledger import Ledger
from app.trace.model import Event, Graph, Node, Pass, Trace, Value
from app.tracer.run import trace


def record(source: str | Expression, limits: Limits | None = None, seed: int = 0) -> Trace:
    """Record a program, and pass every event through the same checks as a hostile reply."""
    limits = limits or Limits()
    events: list[Event] = []
    trace(Job(source, seed, limits), events.append)
    ledger = Ledger(limits)
    return collect([ledger.enter(decode(encode(event))) for event in events])


def node(graph: Graph, text: str) -> Node:
    """The one node with this variable name, or else this label."""
    for found in (
        [one for one in graph.nodes if one.variable == text],
        [one for one in graph.nodes if one.label == text],
    ):
        if found:
            assert len(found) == 1, f"{len(found)} nodes are called {text}"
            return found[0]
    raise AssertionError(f"no node is called {text}: {[one.label for one in graph.nodes]}")


def value(run: Trace, text: str, pass_index: int = -1) -> Value:
    """The forward value of a node."""
    passed = run.passes[pass_index]
    return passed.values[_index(run, text, pass_index)]


def gradient(run: Trace, text: str, pass_index: int = -1) -> Value:
    """The upstream gradient of a node."""
    passed = run.passes[pass_index]
    return passed.gradients[_index(run, text, pass_index)]


def _index(run: Trace, text: str, pass_index: int) -> int:
    graph = graph_of(run, pass_index)
    return graph.nodes.index(node(graph, text))


def graph_of(run: Trace, pass_index: int = -1) -> Graph:
    """The graph that a pass went through."""
    return next(graph for graph in run.graphs if graph.id == run.passes[pass_index].graph)


def run_bare(program: str, seed: int = 0, name: str = "<bare>") -> str:
    """What a program prints in plain Python, as the code of a file of this name."""
    torch.manual_seed(seed)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, name, "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def unexplained(run: Trace) -> Iterator[str]:
    """Nodes that lack a forward value, or have neither a gradient nor a reason for having none."""
    for passed in run.passes:
        graph = next(graph for graph in run.graphs if graph.id == passed.graph)
        for one, value in zip(graph.nodes, passed.values, strict=True):
            if value is None and one.kind != "ghost":
                yield f"{one.id} {one.name} has no value"
    for one, why in without_gradient(run):
        if why is None:
            yield f"{one.id} {one.name} has no gradient"


def without_gradient(run: Trace) -> Iterator[tuple[Node, str | None]]:
    """Every node of every pass that has no gradient, and why."""
    for passed in run.passes:
        graph = next(graph for graph in run.graphs if graph.id == passed.graph)
        for index, gradient in enumerate(passed.gradients):
            if gradient is None:
                yield graph.nodes[index], reason(graph, passed, index)


def reason(graph: Graph, passed: Pass, index: int) -> str | None:
    """Why a node has no gradient, by the rules of the inspector (`missing.js`); None if nothing says why.

    A node that the engine did not run is explained only where inputs were named, which the test must know.
    """
    one = graph.nodes[index]
    if one.kind in ("constant", "ghost"):
        return "not followed"
    if passed.call == "forward":
        return "never differentiated"
    arrived = [flow for edge, flow in zip(graph.edges, passed.flows, strict=True) if edge.target == one.id]
    if not arrived or any(flow is not None for flow in arrived):
        return None  # a root starts with a gradient, and what was sent must have come
    return "undefined" if index in passed.order else "not run"
