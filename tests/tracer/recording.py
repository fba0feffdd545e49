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
from app.trace.model import Event, Graph, Node, Trace, Value
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


def run_bare(program: str, seed: int = 0) -> str:
    """What a program prints in plain Python."""
    torch.manual_seed(seed)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "<bare>", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def unexplained(run: Trace) -> Iterator[str]:
    """Nodes that lack a forward value, or a gradient although one was sent to them."""
    for passed in run.passes:
        graph = next(graph for graph in run.graphs if graph.id == passed.graph)
        reached = {edge.target for edge, flow in zip(graph.edges, passed.flows, strict=True) if flow is not None}
        for node, value, gradient in zip(graph.nodes, passed.values, passed.gradients, strict=True):
            if value is None and node.kind != "ghost":
                yield f"{node.id} {node.name} has no value"
            if gradient is None and node.kind != "constant" and node.id in reached:
                yield f"{node.id} {node.name} has no gradient"
