"""Corners of torch that ordinary programs reach, and that once ended them or left a node without its value."""

from __future__ import annotations

import msgspec
import pytest

from app.trace.model import TensorValue, Trace
from tests.tracer.recording import graph_of, record, run_bare, unexplained

HEAD = "import torch\nfrom torch import nn\n"


def numberless(run: Trace) -> list[str]:
    """The nodes without a forward value."""
    graphs = {graph.id: graph for graph in run.graphs}
    return [
        node.name
        for passed in run.passes
        for node, value in zip(graphs[passed.graph].nodes, passed.values, strict=True)
        if value is None
    ]


@pytest.mark.parametrize(
    "program",
    [
        "x = torch.ones(2, requires_grad=True)\nwith torch.inference_mode():\n    y = x + 1\n(x * 2).sum().backward()",
        "nn.Embedding(3, 2, padding_idx=0)(torch.tensor([0, 1])).sum().backward()",
        "nn.LazyLinear(2)(torch.ones(1, 3)).sum().backward()",
        "nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))(torch.ones(3)).sum().backward()",
        "x = torch.ones(2, requires_grad=True)\nwith torch.no_grad():\n    row = x[:1]\n    row.fill_(2)\n"
        "    x.add_(1)\n(x * 2).sum().backward()",
    ],
    ids=["inference mode", "padding", "lazy", "spectral norm", "view of a leaf"],
)
def test_what_hides_its_node_from_python_is_no_failure(program: str) -> None:
    run = record(HEAD + program)
    assert run.failure is None
    assert [passed.call for passed in run.passes] == ["backward"]


def test_a_derivative_that_a_transform_left_behind_is_not_a_pass() -> None:
    run = record(HEAD + "value, pull = torch.func.vjp(torch.sin, torch.tensor(0.0))\nprint(pull(torch.tensor(1.0)))")
    assert run.failure is None
    assert run.output == "(tensor(1.),)\n"
    assert run.passes == ()


@pytest.mark.parametrize(
    "program",
    [
        "x = torch.ones(3, requires_grad=True)\ny = x * 1\ny[1:] *= 2\ny.sum().backward()",
        "x = torch.ones(3, requires_grad=True)\ny = x * 1\ny[0] = 5.0\ny.sum().backward()",
        "x = torch.ones(2, 3, requires_grad=True)\nx.max(dim=1).values.sum().backward()",
        "nn.GRUCell(2, 3)(torch.ones(1, 2), torch.ones(1, 3)).sum().backward()",
        "x = torch.ones(2, requires_grad=True)\nx.type(torch.float64).sum().backward()",
    ],
    ids=["write through a view", "write to an element", "two results", "in place inside a cell", "another type"],
)
def test_what_is_written_in_place_or_comes_in_twos_has_values(program: str) -> None:
    run = record(HEAD + program)
    assert run.failure is None
    assert numberless(run) == []


def test_an_activation_in_place_leaves_the_value_before_it_as_it_was() -> None:
    program = """\
import torch
x = torch.linspace(-1.0, 1.0, 400, requires_grad=True)
y = x * 2
z = torch.nn.functional.relu(y, inplace=True)
z.sum().backward()
"""
    run = record(program)
    values = dict(zip([node.name for node in run.graphs[0].nodes], run.passes[0].values, strict=True))
    lowest = {
        name: one.statistics.min for name, one in values.items() if isinstance(one, TensorValue) and one.statistics
    }
    assert lowest == {"AccumulateGrad": -1.0, "MulBackward0": -2.0, "ReluBackward0": 0.0}


ODD = {
    "ragged rows": """parts = [torch.ones(2, 3), torch.ones(1, 3)]
rows = torch.nested.nested_tensor(parts, layout=torch.jagged, requires_grad=True)
(rows * 2).values().sum().backward()
print(rows.grad.values())""",
    "ragged rows in one stretch": """a = torch.ones(2, 3, requires_grad=True)
b = torch.ones(1, 3, requires_grad=True)
for _ in range(2):
    rows = torch.nested.as_nested_tensor([a, b])
    torch.nested.to_padded_tensor(rows * 2, 0.0).sum().backward()
    print(a.grad)
leaf = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], requires_grad=True)
sum(row.sum() for row in leaf.unbind()).backward()
print(leaf.grad)""",
    "a tensor of the program's own": """class Wrapped(torch.Tensor):
    @staticmethod
    def __new__(cls, inner, follow=False):
        return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype, requires_grad=follow)

    def __init__(self, inner, follow=False):
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        print(func)
        if func.__name__ in ("_local_scalar_dense.default", "lift_fresh.default"):
            raise KeyError(func)
        bare = [one.inner if isinstance(one, Wrapped) else one for one in args]
        result = func(*bare, **(kwargs or {}))
        return Wrapped(result) if isinstance(result, torch.Tensor) else result


w = Wrapped(torch.arange(3.0), True)
for _ in range(2):
    (w * w).sum().backward()
optimizer = torch.optim.SGD([w], lr=0.5)
optimizer.step()
with torch.no_grad():
    w.mul_(2)
optimizer.zero_grad()
print(w.inner)""",
    "a tensor that tells every call": """class Told(torch.Tensor):
    @staticmethod
    def __new__(cls, data):
        return torch.Tensor._make_subclass(cls, data, True)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print(func.__name__, [type(one).__name__ for one in args])
        return super().__torch_function__(func, types, args, kwargs or {})


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2 * ctx.saved_tensors[0]


told, p = Told(torch.ones(3)), nn.Parameter(torch.ones(3))
optimizer = torch.optim.SGD([told, p], 0.1)
for _ in range(2):
    optimizer.zero_grad()
    y = torch.relu(told * p + 1) * 1
    y[0] = 2
    torch.stack([y, told]).max(dim=1).values.sum().backward()
    optimizer.step()
with torch.no_grad():
    told.add_(1)
told.detach(), told[0].item()
Square.apply(told).sum().backward()
nn.Linear(3, 2)(told).sum().backward()
nn.Parameter(told)
print(p)""",
    "a mode that tells every kernel": """from torch.utils._python_dispatch import TorchDispatchMode


class Kernels(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        print(func)
        return func(*args, **(kwargs or {}))


x, s = torch.ones(3, requires_grad=True), torch.tensor(2.0, requires_grad=True)
with Kernels():
    for _ in range(2):
        (x.exp() * s).sum().backward()
        (s * s).sin().backward()
print(x.grad, s.grad)""",
}  # fmt: skip


@pytest.mark.parametrize("program", ODD.values(), ids=ODD.keys())
def test_tensors_of_no_one_shape_and_of_the_programs_own_making_are_left_as_they_are(program: str) -> None:
    run = record(HEAD + program)
    assert run.failure is None
    assert run.output == run_bare(HEAD + program)
    assert list(unexplained(run)) == []
    assert run.diagnostics == ()


@pytest.mark.parametrize(
    "program",
    [
        'nn.Linear(2, 2, device="meta")(torch.ones(1, 2, device="meta")).sum().backward()',
        "torch.zeros(0, 3, requires_grad=True).sum().backward()",
    ],
    ids=["without storage", "empty"],
)
def test_a_gradient_that_shows_no_element_is_not_called_zero(program: str) -> None:
    assert record(HEAD + program).diagnostics == ()


def test_objects_of_the_program_are_looked_into_without_a_word() -> None:
    program = """class Loud:
    def __init__(self):
        self.w = torch.ones(2, requires_grad=True)

    def __getattribute__(self, name):
        print(name)
        return object.__getattribute__(self, name)

class Slots:
    __slots__ = ("net",)

loud, slots = Loud(), Slots()
slots.net = nn.Linear(2, 1)
slots.net(loud.w * 2).sum().backward()
"""
    run = record(HEAD + program)
    assert run.failure is None
    assert run.output == run_bare(HEAD + program)
    assert "self.w" in {node.variable for node in run.graphs[0].nodes}


def test_another_type_of_tensor_has_the_value_of_what_it_shows() -> None:
    run = record(
        HEAD
        + """class Kind(torch.Tensor):
    pass
w = torch.ones(2, requires_grad=True)
for _ in range(2):
    ((w * 2).as_subclass(Kind).as_subclass(torch.Tensor) * 3).sum().backward()
w.as_subclass(Kind).backward(torch.ones(2))
"""
    )
    assert run.failure is None
    assert list(unexplained(run)) == []
    shown = [node.name for node in run.graphs[0].nodes].index("AliasBackward0")
    assert [getattr(passed.values[shown], "data", None) for passed in run.passes[:2]] == [[2.0, 2.0]] * 2


def test_what_keeps_nothing_can_run_again_with_its_values() -> None:
    run = record(
        HEAD
        + """a = torch.ones(3, requires_grad=True)
z = (a + (a - a)).mean()
for _ in range(6):
    y = (a + a - a).sum()
    y.backward()
y.backward()
z.backward()
z.backward()
"""
    )
    assert run.failure is None
    assert [passed.call for passed in run.passes] == ["backward"] * 9
    assert list(unexplained(run)) == []


def test_what_is_gone_is_no_pass() -> None:
    run = record(HEAD + "a = torch.ones(3, requires_grad=True)\ny = (a * a).sum()\ny.backward()\ny.backward()")
    assert run.failure is not None
    assert (len(run.graphs), [passed.call for passed in run.passes]) == (1, ["backward"])


SHARED = (
    HEAD
    + """w = torch.tensor(2.0, requires_grad=True)
v = torch.tensor(3.0, requires_grad=True)
h = (w * v).exp()
first = h * 2
second = (h + v * w).sin()
first.backward()
"""
)


@pytest.mark.parametrize("end", ["second.backward()", "try:\n    second.backward()\nexcept RuntimeError:\n    pass"])
def test_a_loss_over_a_part_that_is_gone_is_shown_with_that_part(end: str) -> None:
    run = record(SHARED + end)
    assert (run.failure.code if run.failure else None) == (None if "try" in end else "backward-twice")
    graph, passed = graph_of(run), run.passes[-1]
    assert [passed.call for passed in run.passes] == ["backward", "forward"]
    assert list(unexplained(run)) == []
    assert passed.freed
    gone = {graph.nodes[place].label for place in passed.freed}
    assert gone == {"(w * v).exp()", "w * v"}
    [told] = run.diagnostics
    assert (told.code, told.pass_index, told.parameters) == ("graph-freed", 1, {"label": "(w * v).exp()", "count": 2})
    assert told.node == next(node.id for node in graph.nodes if node.name == "ExpBackward0")


def test_what_saves_nothing_is_not_called_freed() -> None:
    run = record(SHARED.replace(".exp()", "") + "second.backward()\nfirst.backward()")
    assert run.failure is not None
    assert all(passed.freed is msgspec.UNSET or passed.freed for passed in run.passes)
    run = record(
        HEAD + "w = torch.ones(2, requires_grad=True)\nh = w + 1\nh.sum().backward()\n(h * 2).sum().backward()"
    )
    assert (run.failure, run.diagnostics) == (None, ())


def test_a_leaf_is_a_root_also_after_a_graph_is_gone() -> None:
    run = record(HEAD + "a = torch.ones(3, requires_grad=True)\n(a * a).sum().backward()\na.backward(torch.ones(3))")
    assert run.failure is None
    assert len(run.passes) == 2


def test_what_is_computed_again_for_the_way_back_ran_in_its_modules() -> None:
    run = record(
        HEAD
        + """from torch.utils.checkpoint import checkpoint
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
checkpoint(net, torch.ones(2, 3, requires_grad=True), use_reentrant=True).sum().backward()
"""
    )
    again = graph_of(run, 0)
    assert {(node.name, node.module) for node in again.nodes if node.kind != "leaf"} == {
        ("AddmmBackward0", "net.0"),
        ("TBackward0", "net.0"),
        ("TanhBackward0", "net.1"),
        ("AddmmBackward0", "net.2"),
        ("TBackward0", "net.2"),
    }


def test_what_torchs_own_code_is_given_is_not_taken_for_what_it_calls_with() -> None:
    run = record(
        """import torch
logits = torch.zeros(3, requires_grad=True)
dist = torch.distributions.Categorical(logits=logits)
action = dist.sample()
dist.log_prob(action).backward()
"""
    )
    [graph] = run.graphs
    assert [node.label for node in graph.nodes if node.kind in ("constant", "ghost")] == []


def test_a_parameter_that_a_function_of_torchs_makes_has_a_name_of_its_own() -> None:
    run = record(
        """import torch
from torch import nn
normed = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
spec = nn.utils.parametrizations.spectral_norm(nn.Linear(1, 1))
spec(normed(torch.ones(2))).sum().backward()
"""
    )
    [graph] = run.graphs
    assert {node.variable for node in graph.nodes if node.kind == "leaf"} == {
        "normed.bias",
        "normed.parametrizations.weight.original0",
        "normed.parametrizations.weight.original1",
        "spec.bias",
        "spec.parametrizations.weight.original",
    }


def test_a_gradient_edge_is_a_root() -> None:
    run = record(
        HEAD
        + """x = torch.ones(3, requires_grad=True)
edge = torch.autograd.graph.get_gradient_edge(x * 2)
print(torch.autograd.grad(edge, x, torch.ones(3)))
"""
    )
    assert run.failure is None
    assert run.output == "(tensor([2., 2., 2.]),)\n"
    assert list(unexplained(run)) == []


def test_a_lazy_layer_may_follow_large_values() -> None:
    run = record(
        HEAD
        + """i = torch.randn(1, 400, requires_grad=True)
net = nn.Sequential(nn.Linear(400, 300), nn.ReLU(inplace=True), nn.LazyLinear(2))
net(i).sum().backward()
"""
    )
    assert run.failure is None
    assert list(unexplained(run)) == []


COPIES = {
    "by hand": "net = nn.Linear(2, 1)\nw = {k: v.detach().requires_grad_() for k, v in net.named_parameters()}\n"
    "torch.func.functional_call(net, w, (torch.ones(2),)).sum().backward()",
    "ensemble": "w, _ = torch.func.stack_module_state([nn.Linear(2, 1) for _ in range(2)])\n"
    "w['weight'].sum().backward()",
    "weight norm": "net = nn.utils.weight_norm(nn.Linear(2, 1))\nnet(torch.ones(2)).sum().backward()",
    "orthogonal": "net = nn.utils.parametrizations.orthogonal(nn.Linear(2, 1))\nnet(torch.ones(2)).sum().backward()",
    "state": "old, net = nn.Linear(2, 1), nn.Linear(2, 1)\nnet.load_state_dict(old.state_dict())\n"
    "net(torch.ones(2)).sum().backward()",
    "another loss": "net, w = nn.Linear(2, 1), torch.ones(2, requires_grad=True)\n"
    "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\nnet(torch.ones(2)).sum().backward()\noptimizer.step()\n"
    "w.prod().backward()",
}


@pytest.mark.filterwarnings("ignore")  # the old `weight_norm` announces its end
@pytest.mark.parametrize("name", COPIES)
def test_who_copies_parameters_or_has_another_loss_is_not_blamed(name: str) -> None:
    run = record(HEAD + COPIES[name])
    assert run.failure is None
    assert run.diagnostics == ()
