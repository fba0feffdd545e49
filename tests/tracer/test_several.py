"""What one number a node does not tell: several outputs, turns that differ, cleared leaves, graphs of gradients."""

from __future__ import annotations

import pytest

from app.trace.model import Cleared, Graph, Node, Origin, Trace
from tests.tracer.recording import graph_of, record

HEAD = """\
import torch
from torch import nn
x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
s = torch.tensor(2.0, requires_grad=True)
"""


def outputs(run: Trace, name: str, index: int = -1) -> tuple[Node, list[object], list[object]]:
    """The one node of a torch name, with the values and the gradients of its outputs."""
    [node] = [node for node in graph_of(run, index).nodes if node.name == name]
    found = run.passes[index].outputs
    assert found
    assert node.outputs
    assert len(found[node.id]) == len(node.outputs)
    return node, [one.value for one in found[node.id]], [one.gradient for one in found[node.id]]


def data(values: list[object]) -> list[object]:
    return [getattr(value, "data", value) for value in values]


# -- several outputs ---------------------------------------------------------------------------------------------------


def test_chunks_have_a_value_and_a_gradient_each() -> None:
    run = record(HEAD + "a, b = (x * s).chunk(2)\n(b * 3).sum().backward()")
    node, values, gradients = outputs(run, "SplitBackward0")
    assert data(values) == [[2.0, 4.0], [6.0, 8.0]]
    assert data(gradients) == [None, [3.0, 3.0]]
    assert [(one.shape, one.dtype) for one in node.outputs or ()] == [((2,), "float32")] * 2


def test_unbound_elements_have_a_value_and_a_gradient_each() -> None:
    run = record(HEAD + "for turn in range(3):\n    a, b, c, d = x.unbind()\n    (a * b + d).backward()")
    _, values, gradients = outputs(run, "UnbindBackward0")
    assert values == [1.0, 2.0, 3.0, 4.0]
    assert gradients == [2.0, 1.0, None, 1.0]
    assert len(run.graphs) == 1


def test_what_has_no_derivative_is_no_output() -> None:
    run = record(HEAD + "m = x.reshape(2, 2)\nv, i = m.sort(dim=1)\n(v.sum() + m.max(dim=1).values.sum()).backward()")
    assert not run.passes[0].outputs
    assert all(not node.outputs for node in run.graphs[0].nodes)


@pytest.mark.parametrize(
    ("call", "name", "count"),
    [
        ("torch.linalg.svd(m)", "LinalgSvdBackward0", 3),
        ("torch.linalg.qr(m)", "LinalgQrBackward0", 2),
        ("torch.linalg.lu(m)", "LinalgLuBackward0", 2),
        ("torch.var_mean(m)", "VarMeanBackward0", 2),
        ("torch.linalg.eigh(m + m.T)", "LinalgEighBackward0", 2),
        ("torch.frexp(m)[:1]", "FrexpBackward0", 1),
    ],
)
def test_outputs_are_those_that_torch_numbers(call: str, name: str, count: int) -> None:
    program = f"""
m = x.reshape(2, 2)
results = [one for one in {call} if one.requires_grad]
print([one.output_nr for one in results], [one.tolist() for one in results])
sum(one.sum() for one in results).backward()
"""
    run = record(HEAD + program)
    assert run.failure is None
    printed = run.output.split("]", 1)
    assert printed[0] == f"[{', '.join(map(str, range(count)))}"
    if count > 1:
        _, values, gradients = outputs(run, name)
        assert str(data(values)) == printed[1].strip()
        assert None not in gradients


def test_a_function_of_the_programs_own_has_several_outputs() -> None:
    program = """
class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2, a * 3
    @staticmethod
    def backward(ctx, g, h):
        return g * 2 + h * 3
a, b = Two.apply(s)
(a + b * 10).backward()
"""
    _, values, gradients = outputs(record(HEAD + program), "TwoBackward")
    assert (values, gradients) == ([4.0, 6.0], [1.0, 10.0])


def test_kernels_inside_a_cell_have_several_outputs() -> None:
    run = record(HEAD + "nn.LSTMCell(4, 3)(x.reshape(1, 4))[0].sum().backward()")
    splits = [one for one in graph_of(run).nodes if one.outputs]
    assert [len(node.outputs or ()) for node in splits] == [4]
    found = run.passes[0].outputs
    assert found
    [four] = found.values()
    assert all(one.value is not None and one.gradient is not None for one in four)


# -- turns that differ -------------------------------------------------------------------------------------------------


def test_a_number_that_varies_at_one_place_is_told_with_each_pass() -> None:
    run = record(HEAD + "for k in range(1, 5):\n    y = s ** k\n    y.backward()\n    s.grad = None")
    assert len(run.graphs) == 1
    kept = [passed.saved or {} for passed in run.passes]
    graphs = {graph.id: graph for graph in run.graphs}
    exponents = []
    for passed, saved in zip(run.passes, kept, strict=True):
        node = graphs[passed.graph].nodes[0]
        exponents.append(saved.get(node.id, {}).get("exponent", node.saved["exponent"]))
    assert exponents == [1, 2, 3, 4]


def test_a_run_that_repeats_itself_says_nothing_twice() -> None:
    run = record(HEAD + "for k in range(3):\n    (s ** 2 + x.mean()).backward()")
    assert len(run.graphs) == 1
    assert all(not passed.saved for passed in run.passes)


# -- cleared leaves ----------------------------------------------------------------------------------------------------


def cleared(run: Trace) -> list[object]:
    return [moment.cleared for moment in run.timeline if moment.kind == "zero_grad"]


def test_a_zero_grad_of_all_leaves_names_none() -> None:
    program = """
optimizer = torch.optim.SGD([x, s], lr=0.1)
for step in range(2):
    optimizer.zero_grad()
    (x.sum() * s).backward()
    optimizer.step()
"""
    first, second = cleared(record(HEAD + program))
    assert first == (Cleared("x", None), Cleared("s", None))
    assert second is None


def test_each_optimizer_of_two_names_its_own() -> None:
    program = """
one, two = torch.optim.SGD([x], lr=0.1), torch.optim.SGD([s], lr=0.1)
(x.sum() * s).backward()
one.zero_grad()
print("between")
two.zero_grad()
"""
    run = record(HEAD + program)
    ids = {node.variable: node.id for node in run.graphs[0].nodes if node.kind == "leaf"}
    assert cleared(run) == [(Cleared("x", ids["x"]),), (Cleared("s", ids["s"]),)]


@pytest.mark.parametrize("clear", ["s.grad = None", "s.grad.zero_()", "s.grad *= 0", "s.grad = torch.zeros(())"])
def test_what_is_cleared_by_hand_is_named(clear: str) -> None:
    run = record(HEAD + f"(x.sum() * s).backward()\n{clear}\n(x.sum() * s).backward()")
    [names] = cleared(run)
    assert isinstance(names, tuple)
    assert [one.variable for one in names] == ["s"]
    assert [moment.kind for moment in run.timeline] == ["forward", "backward", "zero_grad", "forward", "backward"]


def test_updates_and_clearings_by_hand_keep_their_order() -> None:
    program = """
(x.sum() * s).backward()
with torch.no_grad():
    for leaf in (x, s):
        leaf -= 0.1 * leaf.grad
        leaf.grad = None
"""
    run = record(HEAD + program)
    assert [moment.kind for moment in run.timeline][2:] == ["update", "zero_grad", "update", "zero_grad"]
    assert [[one.variable for one in names or ()] for names in cleared(run)] == [["x"], ["s"]]  # type: ignore[attr-defined]


# -- the graph of the gradient -----------------------------------------------------------------------------------------


def origins(graph: Graph) -> dict[str, Origin]:
    return {node.id: node.origin for node in graph.nodes if node.origin}


def test_the_graph_of_the_gradient_names_the_nodes_it_came_from() -> None:
    program = """
y = (s ** 3).sin()
(g,) = torch.autograd.grad(y, s, create_graph=True)
g.backward()
"""
    run = record(HEAD + program)
    first, second = run.graphs
    found = origins(second)
    names = {node.id: node.name for node in first.nodes}
    came = {node.name: names[found[node.id].node] for node in second.nodes if node.id in found}
    assert {one.graph for one in found.values()} == {first.id}
    assert came["CosBackward0"] == "SinBackward0"
    assert "PowBackward0" in came.values()
    shared = [node.name for node in second.nodes if node.id not in found and node.kind != "leaf"]
    assert shared == ["PowBackward0"]  # the forward computation's own node, which both graphs have
    assert not origins(first)


def test_the_graph_of_a_repeated_gradient_is_stored_once() -> None:
    program = """
for turn in range(3):
    (g,) = torch.autograd.grad(s ** 3, s, create_graph=True)
    (h,) = torch.autograd.grad(g, s, create_graph=True)
    h.backward()
    s.grad = None
"""
    run = record(HEAD + program)
    assert [passed.graph for passed in run.passes] == ["g0", "g1", "g2"] * 3
    assert {one.graph for one in origins(run.graphs[1]).values()} == {"g0"}
    assert {one.graph for one in origins(run.graphs[2]).values()} == {"g1"}


FOLDS = {
    "sum": ("total = sum(losses)", ["add", "add", "total"]),
    "generator": ("total = sum(w.sin() for w in ws)", ["add", "add", "total"]),
    "start": ("total = sum(losses, ws[0])", ["add", "add", "total"]),
    "product": ("total = math.prod(losses)", ["mul", "mul", "total"]),
    "reduce": ("total = functools.reduce(operator.mul, losses)", ["mul", "total"]),
    "reduce with a function of torch's": ("total = functools.reduce(torch.maximum, losses)", ["maximum", "total"]),
    "no name": ("total = 2 * sum(losses)", ["add", "add", "sum(losses)", "total"]),
    "again and again": (
        "total = ws[0] * 1\nfor w in ws[1:]:\n    total = sum([total, w])",
        ["total", "add", "total", "add", "total"],
    ),
    "one": ("total = sum(losses[:1])", ["total"]),
}


@pytest.mark.parametrize("fold", FOLDS)
def test_of_what_python_adds_up_only_the_last_sum_is_what_the_program_calls_so(fold: str) -> None:
    line, expected = FOLDS[fold]
    head = (
        "import torch, math, functools, operator\n"
        "ws = [torch.tensor(float(i), requires_grad=True) for i in range(1, 4)]\n"
        "losses = [w * w for w in ws]\n"
    )
    run = record(f"{head}{line}\ntotal.backward()")
    assert run.failure is None
    steps = {"AddBackward0", "MulBackward0", "MaximumBackward0"}
    nodes = [node for node in reversed(run.graphs[0].nodes) if node.name in steps and node.label != "w * w"]
    assert [node.variable or node.label for node in nodes] == expected
