"""Whole programs under the recorder; torch itself, run bare, is the oracle."""

from __future__ import annotations

import msgspec
import pytest
import torch

from app.settings import Limits
from app.trace.job import Expression
from app.trace.model import SavedTensor, TensorValue
from tests.tracer.recording import gradient, graph_of, node, record, run_bare, unexplained, value

QUADRATIC = """\
import torch

a = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(2.0, requires_grad=True)
c = torch.tensor(3.0, requires_grad=True)
x = 4.0
y = a*x**2 + b*x + c
y.backward()
print(a.grad)
print(b.grad)
print(c.grad)
"""
SUM_SQUARED = """\
import torch
x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = x + y
w = z ** 2
w.backward()
print(x.grad, y.grad)
"""
DESCENT = """\
import torch
import torch.optim as optim
x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = torch.tensor(3.0, requires_grad=True)
optimizer = optim.SGD([x, y, z], lr=0.1)
for i in range(100):
    output = x + y**2 + z**3
    output.backward()
    optimizer.step()
    optimizer.zero_grad()
print(x, y, z)
"""
XOR = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

X = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
Y = torch.tensor([[0.], [1.], [1.], [0.]])

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 4)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        h = F.relu(self.hidden(x))
        return torch.sigmoid(self.out(h))

if __name__ == "__main__":
    net = Net()
    criterion = nn.BCELoss()
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    for epoch in range(20):
        optimizer.zero_grad()
        loss = criterion(net(X), Y)
        loss.backward()
        optimizer.step()
    print(loss.item())
"""


@pytest.mark.parametrize("program", [QUADRATIC, SUM_SQUARED, DESCENT, XOR], ids=["quadratic", "sum", "descent", "xor"])
def test_a_recorded_program_prints_what_it_prints_bare(program: str) -> None:
    run = record(program)
    assert run.failure is None
    assert run.output == run_bare(program)


def test_the_quadratic_has_its_values_gradients_and_flows() -> None:
    run = record(QUADRATIC)
    assert run.output == "tensor(16.)\ntensor(4.)\ntensor(1.)\n"
    assert value(run, "y") == 27.0
    assert [gradient(run, name) for name in "abc"] == [16.0, 4.0, 1.0]
    graph = graph_of(run)
    root = node(graph, "y")
    assert (root.kind, root.name, root.label) == ("output", "AddBackward0", "a*x**2 + b*x + c")
    assert (root.span.line, root.span.column, root.span.end_column) == (7, 5, 21) if root.span else False
    assert [moment.kind for moment in run.timeline] == ["forward", "backward", "print", "print", "print"]
    assert run.passes[0].order[0] == 0


def test_a_plain_number_is_shown_as_the_constant_a_person_looks_for() -> None:
    run = record(QUADRATIC)
    constants = {one.label: value(run, one.label) for one in graph_of(run).nodes if one.kind == "constant"}
    assert constants == {"x**2": 16.0, "x": 4.0}
    assert all(gradient(run, label) is None for label in constants)


def test_the_sum_squared_sends_six_to_both_leaves() -> None:
    run = record(SUM_SQUARED)
    assert [gradient(run, name) for name in "xy"] == [6.0, 6.0]
    assert node(graph_of(run), "w").saved["exponent"] == 2


def test_a_loop_is_one_graph_and_many_passes() -> None:
    run = record(DESCENT)
    assert (len(run.graphs), len(run.passes), len(run.updates)) == (1, 100, 100)
    assert [moment.kind for moment in run.timeline[:4]] == ["forward", "backward", "update", "zero_grad"]
    for update in run.updates:
        assert (update.optimizer, update.options["lr"]) == ("SGD", 0.1)
        for one in update.parameters:
            before, slope = (torch.tensor(number, dtype=torch.float32) for number in (one.before, one.gradient))
            expected = before.clone().add_(slope, alpha=-0.1).item()
            assert one.after == expected
    last = {one.variable: one.after for one in run.updates[-1].parameters}
    assert last["x"] == pytest.approx(-9.0, abs=1e-4)


def test_float32_scalars_come_through_to_the_last_bit() -> None:
    run = record("import torch\nx = torch.tensor(0.1, requires_grad=True)\ny = x.sin() / 3\ny.backward()\n")
    x = torch.tensor(0.1, requires_grad=True)
    y = x.sin() / 3
    y.backward()
    assert x.grad is not None
    assert (value(run, "y"), gradient(run, "x"), value(run, "x")) == (y.item(), x.grad.item(), x.item())


def test_without_zero_grad_the_leaves_pile_up() -> None:
    run = record(DESCENT.replace("    optimizer.zero_grad()\n", "").replace("range(100)", "range(3)"))
    leaf = node(run.graphs[0], "x").id
    assert [passed.accumulated[leaf] for passed in run.passes] == [1.0, 2.0, 3.0]
    assert [gradient(run, "x", index) for index in range(3)] == [1.0, 1.0, 1.0]


def test_a_module_names_its_parameters_paths_and_data() -> None:
    run = record(XOR)
    graph = graph_of(run)
    leaves = {one.variable for one in graph.nodes if one.kind == "leaf"}
    assert leaves == {"net.hidden.weight", "net.hidden.bias", "net.out.weight", "net.out.bias"}
    assert {one.module for one in graph.nodes if one.module} == {"net", "net.hidden", "net.out", "criterion"}
    assert node(graph, "h").label == "F.relu(self.hidden(x))"
    constants = [one.variable for one in graph.nodes if one.kind == "constant"]
    assert sorted(name or "" for name in constants) == ["Y", "x"]
    assert len(run.graphs) == 1
    state = run.updates[0].parameters[0].state
    assert {"step", "exp_avg", "exp_avg_sq"} <= set(state)


def test_every_node_of_a_composite_call_has_a_value() -> None:
    run = record(
        "import torch\nimport torch.nn.functional as F\n"
        "z = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)\n"
        "loss = F.cross_entropy(z, torch.tensor([2]))\nloss.backward()\n"
    )
    names = [one.name for one in run.graphs[0].nodes]
    assert names == ["NllLossBackward0", "LogSoftmaxBackward0", "AccumulateGrad", "Constant"]
    assert all(one is not None for one in run.passes[0].values)
    inner = run.passes[0].values[1]
    expected = torch.log_softmax(torch.tensor([[1.0, 2.0, 3.0]]), 1)
    assert isinstance(inner, TensorValue)
    assert inner.data == expected.tolist()


def test_both_edges_of_a_fan_out_are_kept() -> None:
    run = record("import torch\nx = torch.tensor(3.0, requires_grad=True)\ny = x * x\ny.backward()\n")
    edges = run.graphs[0].edges
    assert [(edge.source, edge.target, edge.slot) for edge in edges] == [("n0", "n1", 0), ("n0", "n1", 1)]
    assert run.passes[0].flows == (3.0, 3.0)
    assert run.passes[0].derivatives == (3.0, 3.0)
    assert gradient(run, "x") == 6.0


def test_local_derivative_times_upstream_is_what_flows() -> None:
    run = record(
        "import torch\nx = torch.tensor(0.7, requires_grad=True)\ny = torch.exp(torch.sin(x) * 2) ** 2\ny.backward()\n"
    )
    passed, graph = run.passes[0], run.graphs[0]
    upstream = {one.id: passed.gradients[index] for index, one in enumerate(graph.nodes)}
    for edge, flow, local in zip(graph.edges, passed.flows, passed.derivatives, strict=True):
        assert flow == pytest.approx(upstream[edge.source] * local, rel=1e-6)  # type: ignore[operator]


def test_updates_by_hand_and_zeroing_by_hand_are_on_the_timeline() -> None:
    run = record(
        "import torch\n"
        "w = torch.tensor([1.0, 2.0], requires_grad=True)\n"
        "b = torch.tensor(0.5, requires_grad=True)\n"
        "for step in range(2):\n"
        "    loss = ((w * 3).sum() + b) ** 2\n"
        "    loss.backward()\n"
        "    with torch.no_grad():\n"
        "        w -= 0.01 * w.grad\n"
        "        b -= 0.01 * b.grad\n"
        "    w.grad.zero_()\n"
        "    b.grad = None\n"
    )
    assert [moment.kind for moment in run.timeline] == ["forward", "backward", "update", "zero_grad"] * 2
    update = run.updates[0]
    assert update.optimizer == "in-place"
    assert [one.variable for one in update.parameters] == ["w", "b"]
    assert (update.parameters[1].before, update.parameters[1].gradient) == (0.5, 19.0)


def test_data_written_past_autograd_is_an_update_too() -> None:
    run = record(
        "import torch\nw = torch.tensor(1.0, requires_grad=True)\n(w * 2).backward()\nw.data -= 0.5 * w.grad\n"
    )
    assert [(one.before, one.after) for one in run.updates[0].parameters] == [(1.0, 0.0)]


def test_grad_with_create_graph_records_the_graph_of_the_gradient() -> None:
    run = record(
        "import torch\nx = torch.tensor(2.0, requires_grad=True)\ny = x**3\n"
        "(g,) = torch.autograd.grad(y, x, create_graph=True)\ng.backward()\nprint(x.grad)\n"
    )
    assert [passed.call for passed in run.passes] == ["grad", "backward"]
    assert run.output == "tensor(12.)\n"
    assert gradient(run, "x", 0) == 12.0
    assert run.passes[1].loss == 12.0
    assert gradient(run, "x", 1) == 12.0
    assert all(one is not None for one in run.passes[1].values)


def test_a_custom_function_is_one_node_and_runs_once() -> None:
    run = record(
        "import torch\n"
        "class Cube(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x):\n"
        "        ctx.save_for_backward(x)\n"
        "        return x ** 3\n"
        "    @staticmethod\n"
        "    def backward(ctx, grad):\n"
        "        (x,) = ctx.saved_tensors\n"
        "        print('backward runs')\n"
        "        return 3 * x ** 2 * grad\n"
        "x = torch.tensor(2.0, requires_grad=True)\n"
        "y = Cube.apply(x)\n"
        "y.backward()\n"
    )
    assert run.output == "backward runs\n"
    root = run.graphs[0].nodes[0]
    assert (root.name, root.label, root.variable) == ("CubeBackward", "Cube.apply(x)", "y")
    assert root.saved["saved_tensors[0]"] == SavedTensor((), "float32", 4)
    assert (value(run, "y"), gradient(run, "x")) == (8.0, 12.0)


def test_a_program_without_backward_shows_its_forward_graph() -> None:
    run = record("import torch\nx = torch.ones(2, requires_grad=True)\ny = x * 2\nz = y.sum()\n")
    (passed,) = run.passes
    assert (passed.call, passed.loss) == ("forward", 4.0)
    assert passed.gradients == (None,) * len(passed.gradients)
    assert [moment.kind for moment in run.timeline] == ["forward"]


def test_a_backward_that_fails_still_shows_the_graph() -> None:
    run = record("import torch\nx = torch.ones(2, requires_grad=True)\ny = x * 2\ny.backward()\n")
    assert run.failure is not None
    assert run.failure.code == "not-scalar"
    assert run.failure.span is not None
    assert run.failure.span.line == 4
    assert [passed.call for passed in run.passes] == ["forward"]


def test_overwritten_values_are_those_of_the_forward_pass() -> None:
    run = record(
        "import torch\n"
        "x = torch.arange(400.0).requires_grad_()\n"
        "y = x * 2\n"
        "z = y.relu_()\n"
        "loss = (z * -1).sum()\n"
        "y.detach().mul_(0)\n"
        "loss.backward()\n"
    )
    product = value(run, "x * 2")
    assert isinstance(product, TensorValue)
    assert product.statistics is not None
    assert product.statistics.max == 798.0


def test_large_tensors_come_as_statistics() -> None:
    run = record("import torch\nx = torch.randn(40, 40, requires_grad=True)\ny = (x * x).sum()\ny.backward()\n", seed=3)
    torch.manual_seed(3)
    x = torch.randn(40, 40)
    found = value(run, "x")
    assert isinstance(found, TensorValue)
    assert found.statistics is not None
    statistics = found.statistics
    assert (statistics.min, statistics.max) == (x.min().item(), x.max().item())
    assert statistics.mean == pytest.approx(x.mean().item(), rel=1e-4)
    assert statistics.std == pytest.approx(x.std().item(), rel=1e-5)
    assert statistics.norm == pytest.approx(x.norm().item(), rel=1e-5)
    assert statistics.histogram is not None
    assert sum(statistics.histogram.counts) == 1600


def test_nan_and_infinity_are_values() -> None:
    run = record(
        "import torch\nx = torch.tensor([0.0, 1.0], requires_grad=True)\ny = torch.log(x)\n(y * x).sum().backward()\n"
    )
    log = value(run, "y")
    assert isinstance(log, TensorValue)
    assert log.data == ["-Infinity", 0.0]
    assert value(run, "(y * x).sum()") == "NaN"


def test_a_chain_of_ten_thousand_operations_is_walked() -> None:
    run = record(
        "import torch\nx = torch.tensor(0.5, requires_grad=True)\ny = x\n"
        "for i in range(10000):\n    y = torch.tanh(y)\ny.backward()\n"
    )
    assert len(run.graphs[0].nodes) == 10001
    assert run.failure is None


def test_a_limit_cuts_the_run_and_keeps_what_was_recorded() -> None:
    program = "import torch\nx = torch.ones((), requires_grad=True)\ny = x\n"
    program += "for step in range(9):\n    y = y * x\n    y.backward(retain_graph=True)\n"
    run = record(program, Limits(graphs=7))
    assert len(run.passes) == 7
    assert run.cut is not None
    assert (run.cut.limit, run.cut.value) == ("graphs", 7)


def test_output_past_its_limit_cuts_the_run() -> None:
    run = record("while True:\n    print('x' * 100)\n", Limits(output_bytes=1000))
    assert run.cut is not None
    assert run.cut.limit == "output_bytes"
    assert len(run.output) <= 1000


def test_plots_are_skipped_with_a_note() -> None:
    run = record(
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\nprint('done')\n"
    )
    assert run.output == "done\n"
    assert [one.parameters["calls"] for one in run.diagnostics if one.code == "plots-skipped"] == [3]


def test_an_expression_runs_as_the_program_it_stands_for() -> None:
    run = record(Expression("a*x**2 + b*x + c", steps=3))
    assert run.failure is None
    assert len(run.passes) == 3
    assert run.program.startswith("import torch\n")
    assert record(run.program).passes == run.passes


def test_two_runs_give_the_same_trace() -> None:
    assert record(XOR) == record(XOR)


def test_reading_grad_of_a_non_leaf_is_pointed_out() -> None:
    run = record("import torch\nx = torch.tensor(1.0, requires_grad=True)\ny = x * 2\ny.backward()\nprint(y.grad)\n")
    (found,) = [one for one in run.diagnostics if one.code == "grad-of-non-leaf"]
    assert found.parameters == {"variable": "y"}
    assert found.span is not None
    assert found.span.line == 5


def test_lbfgs_records_the_passes_of_its_closure() -> None:
    run = record(
        "import torch\nw = torch.tensor([1.0, 2.0], requires_grad=True)\n"
        "optimizer = torch.optim.LBFGS([w], max_iter=2)\n"
        "def closure():\n    optimizer.zero_grad()\n    loss = (w ** 2).sum()\n    loss.backward()\n    return loss\n"
        "optimizer.step(closure)\n"
    )
    assert len(run.passes) >= 2
    assert [update.optimizer for update in run.updates] == ["LBFGS"]


def test_the_walk_gives_one_structure_one_graph_even_if_it_comes_back() -> None:
    run = record(
        "import torch\nx = torch.tensor(1.0, requires_grad=True)\n"
        "for i in range(6):\n    y = x * x if i % 2 else x * 3\n    y.backward()\n"
    )
    assert [passed.graph for passed in run.passes] == ["g0", "g1"] * 3


def test_a_shared_operand_is_not_taken_for_two() -> None:
    run = record(
        "import torch\nx = torch.tensor(2.0, requires_grad=True)\ny = torch.tensor(2.0, requires_grad=True)\n"
        "for a, b in [(x, y), (x, x)]:\n    z = a * b\n    z.backward()\n"
    )
    assert [len(graph.nodes) for graph in run.graphs] == [3, 2]


@pytest.mark.parametrize(
    ("cut", "how"),
    [
        ("h = (w * 2).detach()", "detach()"),
        ("h = torch.tensor((w * 2).item())", ".item()"),
        ("h = (w * 2).data", ".data"),
        ("with torch.no_grad():\n    h = w * 2", "no_grad"),
    ],
)
def test_a_cut_that_loses_a_leaf_is_pointed_out(cut: str, how: str) -> None:
    setup = "import torch\nw = torch.tensor(2.0, requires_grad=True)\nv = torch.tensor(3.0, requires_grad=True)\n"
    run = record(f"{setup}{cut}\nloss = h * v\nloss.backward()\n")
    assert [
        (one.parameters["how"], one.span.line) for one in run.diagnostics if one.code == "graph-cut" and one.span
    ] == [(how, 4 + cut.count("\n"))]


def test_taking_a_number_out_to_print_it_is_no_cut() -> None:
    run = record(DESCENT.replace("    output.backward()\n", "    output.backward()\n    print(output.item())\n"))
    assert [one for one in run.diagnostics if one.code == "graph-cut"] == []


def test_complex_and_sparse_tensors_are_recorded_too() -> None:
    run = record(
        "import torch\nx = torch.tensor(3.0, requires_grad=True)\ny = torch.tensor(4.0, requires_grad=True)\n"
        "z = torch.complex(x, y)\nz.abs().backward()\n"
        "s = torch.eye(3).to_sparse().requires_grad_()\ntorch.sparse.mm(s, torch.ones(3, 3)).sum().backward()\n"
    )
    assert run.failure is None
    assert value(run, "z", 0) == TensorValue((), "complex64", data=[3.0, 4.0])
    assert gradient(run, "x", 0) == pytest.approx(0.6)


def test_a_call_with_two_results_has_the_first_as_its_value() -> None:
    run = record(
        "import torch\nx = torch.tensor([1.0, 5.0], requires_grad=True)\nbest, where = x.max(dim=0)\nbest.backward()\n"
    )
    assert run.passes[0].values[0] == 5.0


def test_only_the_last_operation_of_a_sequence_has_its_name() -> None:
    run = record(
        "import torch\nfrom torch import nn\n"
        "net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))\nhead = nn.Linear(1, 1)\n"
        "def mean(t):\n    return t.mean()\n"
        "pred = net(torch.ones(4, 2))\nout = head(pred)\nloss = mean(out)\nloss.backward()\n"
    )
    named = {
        one.variable: one.label for one in graph_of(run).nodes if one.kind in ("operation", "output") and one.variable
    }
    assert named == {"loss": "t.mean()", "out": "head(pred)", "pred": "linear"}


def test_a_step_too_large_to_keep_says_how_far_it_went() -> None:
    run = record(
        """import torch
torch.manual_seed(0)
w = torch.randn(40, 40, requires_grad=True)
b = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.5)
(w.sum() + b.sum()).backward()
optimizer.step()
with torch.no_grad():
    w -= 0.25
"""
    )
    (large, small), (by_hand,) = (update.parameters for update in run.updates)
    assert large.step_norm == pytest.approx(0.5 * 40)
    assert small.step_norm is msgspec.UNSET
    assert by_hand.step_norm == pytest.approx(0.25 * 40)


def test_many_middling_tensors_are_told_by_statistics() -> None:
    run = record(
        """import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(*[nn.Linear(16, 16) for _ in range(60)])
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
small = torch.ones(3, requires_grad=True)
for _ in range(2):
    optimizer.zero_grad()
    net(torch.ones(1, 16)).sum().backward()
    optimizer.step()
(small * torch.ones(40, 3)).sum().backward()
"""
    )
    assert run.failure is None
    second = run.passes[1]
    weights = [at for at, one in enumerate(graph_of(run, 1).nodes) if one.kind == "leaf" and one.shape == (16, 16)]
    kept = [at for at, one in enumerate(graph_of(run, 1).nodes) if one.kind == "leaf" and one.shape == (16,)]
    for values in (second.values, second.gradients):
        assert all(values[at].statistics for at in weights)  # type: ignore[union-attr]
        assert all(values[at].data for at in kept)  # type: ignore[union-attr]
    assert all(row.step_norm is not msgspec.UNSET for row in run.updates[1].parameters if row.before.statistics)  # type: ignore[union-attr]
    assert list(unexplained(run)) == []
    assert gradient(run, "small") == TensorValue((3,), "float32", data=[40.0, 40.0, 40.0])
