"""Why a gradient is missing: the reasons that the page finds, and those of the recorder's tests, agree on all nodes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from app.trace.model import Trace
from tests.tracer.programs import programs
from tests.tracer.recording import graph_of, node, reason, record

HERE = Path(__file__).parent
SAID = {
    "not followed": {"constant", "integer", "cut", "cut-whole", "ghost"},
    "never differentiated": {"no-backward"},
    "undefined": {"undefined"},
    "not run": {"not-run", "not-run-inputs"},
}
"""What the inspector says for each reason of the tests."""
WITH_GRADIENT = {None, "blocks", "zero", "cut-leaf"}
"""What it may say of a node that has one."""

HEAD = """import torch
a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
h = a * b
y = h * 2 + b * 5 + h.detach() * a
"""
NAMED = {
    "a leaf": ("y.backward(inputs=[a])", {"a": 12.0, "h": 2.0}, {"b"}),
    "one leaf": ("y.backward(inputs=b)", {"b": 9.0, "h": 2.0}, {"a"}),
    "both": ("y.backward(inputs=(a, b))", {"a": 12.0, "b": 9.0}, set()),
    "none": ("y.backward(inputs=None)", {"a": 12.0, "b": 9.0}, set()),
    "a result": ("y.backward(inputs=[h])", {"h": 2.0}, {"a", "b"}),
    "a result and a leaf": ("y.backward(inputs=[h, b])", {"h": 2.0, "b": 9.0}, {"a"}),
    "a leaf with a gradient of its own": ("b.grad = a.detach()\ny.backward(inputs=[a])", {"a": 12.0}, {"b"}),
    "the function": ("torch.autograd.backward(y, inputs=[b])", {"b": 9.0}, {"a"}),
    "an edge": ("y.backward(inputs=[torch.autograd.graph.get_gradient_edge(a)])", {"a": 12.0}, {"b"}),
    "a leaf of nothing": ("c = torch.ones(1, requires_grad=True)\ny.backward(inputs=[c, a])", {"a": 12.0}, {"b"}),
}  # fmt: skip


def reasons_on_the_page(runs: list[Trace]) -> list[list[list[str | None]]]:
    """Ask the page's modules for the reason of every node of every pass of some runs."""
    program = shutil.which("node")
    assert program, "node is missing: the page's modules are run by it, here as in `make test`"
    lines = b"\n".join(map(msgspec.json.encode, runs))
    done = subprocess.run([program, HERE / "reasons.mjs"], input=lines, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.filterwarnings("ignore")  # anomaly detection announces itself
def test_the_page_and_the_tests_give_the_same_reasons() -> None:
    texts = [text + "\n" for text in programs().values()] + [HEAD + text for text, _, _ in NAMED.values()]
    texts += [HEAD, HEAD + "k = torch.tensor(2)\n(h * k).backward()", HEAD + "torch.relu(-h).backward()"]
    runs = [record(text) for text in texts]
    seen: Counter[str] = Counter()
    for text, run, told in zip(texts, runs, reasons_on_the_page(runs), strict=True):
        graphs = {graph.id: graph for graph in run.graphs}
        for passed, keys in zip(run.passes, told, strict=True):
            graph = graphs[passed.graph]
            for index, (gradient, key) in enumerate(zip(passed.gradients, keys, strict=True)):
                why = None if gradient is not None else reason(graph, passed, index)
                assert key in (WITH_GRADIENT if gradient is not None else SAID[why or ""]), (text, graph.nodes[index])
                seen[str(key)] += 1
                # `backward()` leaves nothing out by itself.
                assert key != "not-run-inputs" or "inputs=" in text, text
    assert seen.keys() >= WITH_GRADIENT - {None} | {key for keys in SAID.values() for key in keys}


@pytest.mark.parametrize("name", NAMED)
def test_backward_for_named_inputs_gives_the_others_nothing(name: str) -> None:
    text, given, without = NAMED[name]
    run = record(HEAD + text + "\nprint([t.grad for t in (a, b)])")
    assert run.failure is None
    [passed] = run.passes
    graph = graph_of(run)
    gradients = {one.variable: passed.gradients[index] for index, one in enumerate(graph.nodes) if one.variable}
    assert {variable: gradients[variable] for variable in given} == given
    ids = {node(graph, variable).id: variable for variable in "ab"}
    held = {ids[key]: value for key, value in passed.accumulated.items()}
    assert held == {key: value for key, value in given.items() if key in "ab"} | (
        {"b": 2.0} if "b.grad =" in text else {}
    )
    [keys] = reasons_on_the_page([run])[0]
    told = {
        one.variable for one, key in zip(graph.nodes, keys, strict=True) if key == "not-run-inputs" and one.variable
    }
    assert told == without
    ran = {graph.nodes[index].variable for index in passed.order}
    assert ran.isdisjoint(without)
