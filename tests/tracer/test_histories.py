"""Ghosts: what a constant was cut off from, and whether the graph holds it by another way."""

from __future__ import annotations

import pytest

from app.layout.layout import Layout
from app.settings import Settings
from app.trace.model import Graph, Node, Trace
from tests.tracer.recording import record

HEAD = """import torch
import numpy as np
w = torch.tensor(1.0, requires_grad=True)
v = torch.tensor(2.0, requires_grad=True)
h = w * 2
"""


def last_graph(program: str) -> Graph:
    run = record(HEAD + program)
    assert run.failure is None
    return run.graphs[-1]


def cut_pairs(graph: Graph) -> list[tuple[Node, Node]]:
    """Each constant that was cut off, with what it was cut off from."""
    nodes = {node.id: node for node in graph.nodes}
    return [(nodes[e.source], nodes[e.target]) for e in graph.edges if nodes[e.source].kind == "constant"]


CUTS = {
    "detach": ("y = h.detach() * v", "detach()", "h"),
    "data": ("t = h.data\ny = t * v", ".data", "h"),
    "item": ("y = h.item() * v", ".item()", "h"),
    "item, kept": ("t = h.item()\ny = t * v", ".item()", "h"),
    "new tensor": ("y = torch.tensor(h) * v", "torch.tensor()", "h"),
    "through numpy": ("t = torch.tensor(h.detach().numpy()) * 3\ny = t * v", "detach()", "h"),
    "no_grad": ("with torch.no_grad():\n    t = h * 3\ny = t * v", "no_grad", "h"),
    "no_grad, computed on": ("with torch.no_grad():\n    t = h * 3\n    s = (t + 1).sqrt()\ny = s * v", "no_grad", "h"),
    "array and back": ("t = torch.as_tensor(h.detach().numpy())\ny = t * v", "detach()", "h"),
    "derived": ("t = h.detach()\ns = t ** 2 + 1\ny = s * v", "detach()", "h"),
    "a frozen parameter": ("t = torch.nn.Parameter(h.detach(), requires_grad=False)\ny = t * v", "detach()", "h"),
    "one of two results": ("y = torch.stack([h, v]).detach().max(0).values * v", "detach()", None),
    "parts": ("a, b = torch.stack([h, v]).detach().unbind()\ny = b * v", "detach()", None),
    "in a list": (
        "parts = []\nparts.append(h.detach())\ny = (torch.cat([parts[0][None], v[None].data]) * v).sum()",
        "detach()",
        "h",
    ),
    "no_grad, of several": ("with torch.no_grad():\n    t = h * w + v\ny = t * v", "no_grad", "h"),
    "no_grad, in a list": (
        "parts = [h]\nwith torch.no_grad():\n    t = torch.stack(parts)\ny = (t * v).sum()",
        "no_grad",
        "h",
    ),
    "comparison": ("t = (h > 0)\ny = t * v", ">", "h"),
    "in place": ("y = (torch.stack([h, v]).detach_() * v).sum()", "detach_()", None),
    "complex": ("y = torch.tensor(complex(h).real) * v", "complex()", "h"),
    "a list": ("t = torch.tensor([h, v])\ny = (t * v).sum()", "torch.tensor()", "h"),
    "data by name": ("y = torch.tensor(data=h) * v", "torch.tensor()", "h"),
    "like another": ("y = v.new_tensor(h) * v", ".new_tensor()", "h"),
    "filled": ("y = (h.new_full((2,), h.item()) * v).sum()", ".item()", "h"),
    "whole numbers": ("t = torch.stack([h, v]).argmax()\ny = t * v", "argmax()", None),
}


@pytest.mark.parametrize(("program", "how", "variable"), CUTS.values(), ids=CUTS.keys())
def test_what_was_cut_off_is_a_ghost(program: str, how: str, variable: str | None) -> None:
    [(constant, ghost)] = cut_pairs(last_graph(f"{program}\ny.backward()"))
    assert (constant.cut, ghost.kind, ghost.cut) == (how, "ghost", how)
    assert ghost.variable == variable
    assert ghost.name == ("MulBackward0" if variable else "StackBackward0")
    assert ghost.span is not None
    assert ghost.label == ("w * 2" if variable else "torch.stack([h, v])")


OUT_OF_SIGHT = {
    "arithmetic": ("t = h.item() * 3 + 1\ny = t * v", ".item()", "h"),
    "minus": ("y = -h.item() * v", ".item()", "h"),
    "math": ("import math\nt = math.sin(h.item())\ny = t * v", ".item()", "h"),
    "round": ("t = round(float(h), 2)\ny = t * v", "float()", "h"),
    "int": ("t = int(h)\ny = t * v", "int()", "h"),
    "list": ("t = torch.tensor([h.item(), 2.0])\ny = (t * v).sum()", ".item()", "h"),
    "mean of a list": ("seen = [h.item() for _ in range(3)]\nt = sum(seen) / 3\ny = t * v", ".item()", "h"),
    "element of tolist": ("t = k.tolist()\ny = t[0] * v", ".tolist()", "k"),
    "tolist": ("t = torch.tensor(k.tolist())\ny = (t * v).sum()", ".tolist()", "k"),
    "loop over tolist": ("for t in k.tolist():\n    y = t * v", ".tolist()", "k"),
    "the last of a list": ("a = [0.5, h.item() * 2]\nt = a[-1]\ny = t * v", ".item()", "h"),
    "a stretch of a list": ("a = [h.item() * 2, 1.0]\nt = torch.tensor(a[:1])\ny = (t * v).sum()", ".item()", "h"),
    "unpacked": ("a, b = k.tolist()\ny = b * v", ".tolist()", "k"),
    "from_numpy": ("t = torch.from_numpy(k.detach().numpy())\ny = (t * v).sum()", "detach()", "k"),
    "numpy's arithmetic": ("a = k.detach().numpy() * 2\nt = torch.from_numpy(a)\ny = (t * v).sum()", "detach()", "k"),
    "numpy's functions": ("a = np.sin(k.data.numpy())\ny = (torch.as_tensor(a) * v).sum()", ".data", "k"),
    "numpy's numbers": ("a = k.detach().numpy().mean()\ny = float(a) * v", "detach()", "k"),
    "numpy's views": ("a = k.detach().numpy()[1:]\nt = torch.from_numpy(a)\ny = (t * v).sum()", "detach()", "k"),
    "no_grad": ("with torch.no_grad():\n    a = (k * 2).numpy() + 1\ny = (torch.tensor(a) * v).sum()", "no_grad", "k"),
    "in a function": ("def f():\n    t = h.item() * 2\n    return t * v\ny = f()", ".item()", "h"),
    "of the module, in a function": ("t = h.item() * 2\ndef f():\n    return t * v\ny = f()", ".item()", "h"),
    "a module's input": (
        "net = torch.nn.Linear(2, 1)\nt = torch.from_numpy(k.detach().numpy() * 2)\ny = net(t).sum()", "detach()", "k"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("program", "how", "variable"), OUT_OF_SIGHT.values(), ids=OUT_OF_SIGHT.keys())
def test_what_python_and_numpy_computed_has_its_history_where_the_text_proves_it(
    program: str, how: str, variable: str
) -> None:
    graph = last_graph(f"k = torch.stack([w, v])\n{program}\ny.backward()")
    pairs = cut_pairs(graph)
    assert {(constant.cut, source.variable) for constant, source in pairs} == {(how, variable)}


GIVEN_TO_A_MODULE = {
    "a layer": ("net = torch.nn.Linear(2, 1)\ny = net(k.detach()).sum()", "k.detach()"),
    "several layers": (
        "net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))\n"
        "y = net(k.detach()).sum()", "k.detach()"
    ),
    "the second of two": ("y = torch.nn.MSELoss()(k, k.detach())", "k.detach()"),
    "in a module of the program's own": (
        """class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.inner(x)
y = Net()(k.detach()).sum()""", "x"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("program", "label"), GIVEN_TO_A_MODULE.values(), ids=GIVEN_TO_A_MODULE.keys())
def test_what_a_module_is_given_is_what_the_program_gives_it(program: str, label: str) -> None:
    [(constant, ghost)] = cut_pairs(last_graph(f"k = torch.stack([w, v])\n{program}\ny.backward()"))
    assert (constant.label, constant.cut, ghost.variable) == (label, "detach()", "k")


@pytest.mark.parametrize("x", ["x", "torch.ones(1, 2)"])
def test_what_one_layer_hands_another_is_not_what_the_program_gave(x: str) -> None:
    run = record(
        f"""import torch
net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
x = torch.ones(1, 2)
for frozen in (False, True, False):
    net[0].requires_grad_(not frozen)
    net({x}).sum().backward()
"""
    )
    labels = [[node.label for node in graph.nodes if node.kind == "constant"] for graph in run.graphs]
    assert ([passed.graph for passed in run.passes], labels) == (["g0", "g1", "g0"], [[x], []])


def test_what_another_package_calls_torch_with_is_not_what_the_program_wrote() -> None:
    run = record(
        HEAD
        + """scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
scaler.scale(h * v).backward()
"""
    )
    assert [node.label for node in run.graphs[-1].nodes if node.kind == "constant"] == []


BY_NAME = {
    "a number": ("y = torch.clamp(v * 1, max=h.item())", ".item()"),
    "of a method": ("y = (v * 1).clamp(min=0.5, max=h.item() + 1)", ".item()"),
    "a whole number": ("y = torch.clamp(v * 1, max=int(h))", "int()"),
    "a size": ("y = v.expand(size=(int(h),)).sum() * v.repeat_interleave(repeats=int(h)).sum()", "int()"),
    "a tensor": ("t = h.detach()\ny = torch.clamp(v * 1, max=t)", "detach()"),
    "by place in torch": ("y = F.mse_loss(v * 1, target=torch.tensor(h.item()))", ".item()"),
    "of an in-place call": ("y = (v * 1).add_(w, alpha=h.item())", ".item()"),
    "of a factory": ("t = torch.full((2,), fill_value=h.item())\ny = (t * v).sum()", ".item()"),
    "of a tensor": ("y = torch.tensor(data=h.item()) * v", ".item()"),
    "of a mapping": ("y = torch.clamp(v * 1, **{'max': h.item()})", ".item()"),
    "of a mapping, computed": ("y = torch.clamp(v * 1, **{'min': 0.5, 'max': h.item() * 2})", ".item()"),
    "of a mapping by name": ("options = {'max': h.item()}\ny = torch.clamp(v * 1, **options)", ".item()"),
    "of a mapping by name, computed": ("options = {'max': h.item() + 1}\ny = torch.clamp(v * 1, **options)", ".item()"),
    "of dict": ("options = dict(min=0.5, max=h.item() + 1)\ny = torch.clamp(v * 1, **options)", ".item()"),
    "of a mapping that a function makes": (
        "def make(high):\n    return {'max': high}\ny = torch.clamp(v * 1, **make(h.item()))", ".item()"
    ),
    "of an attribute": (
        "from types import SimpleNamespace\nself = SimpleNamespace(options={'max': h.item()})\n"
        "y = torch.clamp(v * 1, **self.options)", ".item()"
    ),
    "of a mapping, by place in torch": ("y = F.mse_loss(v * 1, **{'target': torch.tensor(h.item())})", ".item()"),
    "of a mapping by name, by place in torch": (
        "options = {'target': torch.tensor(h.item())}\ny = F.mse_loss(v * 1, **options)", ".item()"
    ),
    "unpacked": ("bounds = 0.5, h.item()\ny = torch.clamp(v * 1, *bounds)", ".item()"),
    "unpacked, computed": ("bounds = [0.5, h.item() * 2]\ny = (v * 1).clamp(*bounds)", ".item()"),
    "unpacked on the spot": ("y = torch.clamp(v * 1, *(0.5, h.item() * 2))", ".item()"),
    "unpacked from a function": (
        "def make():\n    return 0.5, h.item()\ny = torch.clamp(v * 1, *make())", ".item()"
    ),
    "all unpacked": ("operands = [v * 1, h.detach()]\ny = torch.minimum(*operands)", "detach()"),
    "both": (
        "operands, options = (v * 1,), {'other': h.detach()}\ny = torch.minimum(*operands, **options)", "detach()"
    ),
    "handed on": (
        "def bounded(*values, **options):\n    return torch.clamp(*values, **options)\n"
        "y = bounded(v * 1, max=h.item())", ".item()"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("program", "how"), BY_NAME.values(), ids=BY_NAME.keys())
def test_what_was_cut_off_and_given_by_name_is_a_ghost(program: str, how: str) -> None:
    pairs = cut_pairs(last_graph(f"import torch.nn.functional as F\n{program}\ny.backward()"))
    assert {(constant.cut, ghost.variable) for constant, ghost in pairs} == {(how, "h")}


OPERANDS = {
    "a tensor by name": ("F.mse_loss(k, target=t)", {"t"}),
    "two": ("F.cross_entropy(k[None], target=t.long()[:1], weight=t)", {"t.long()[:1]", "t"}),
    "with a number": ("F.smooth_l1_loss(k, target=t, beta=share)", {"t", "share"}),
    "all by name": ("F.mse_loss(input=k, target=t)", {"t"}),
    "imported alone": ("mse_loss(k, target=t)", {"t"}),
    "in another order": ("torch.where(other=k, input=t, condition=t > 0)", {"t", "t > 0"}),
    "a number": ("torch.clamp(k, max=share)", {"share"}),
    "a whole number to compute with": ("torch.clamp(k, max=count) * count", {"count"}),
    "a size": ("k.view(count, 1).expand(count, count).sum(dim=axis, keepdim=keep)", set()),
    "an index": ("k[axis] + k.select(0, axis) + k.narrow(axis, start=axis, length=count)", set()),
    "an option": ("F.dropout(k, p=share, training=keep)", set()),
    "a literal": ("torch.clamp(k, max=0.5)", set()),
    "a mapping": ("torch.clamp(k, **{'max': share})", {"share"}),
    "a mapping by name": ("passed_on(k, max=0.75)", {"options['max']"}),
    "a mapping of several": ("F.smooth_l1_loss(k, **dict(target=t, beta=share))", {"t"}),
    "unpacked": ("torch.lerp(*ends, share)", {"ends[1]", "share"}),
    "unpacked sizes": ("k.view(*sizes).expand(*sizes)", set()),
    "another way in": ("torch.where(k > 0, *ends)", {"k > 0", "ends[1]"}),
}  # fmt: skip


def test_what_a_call_unpacks_may_differ_from_round_to_round() -> None:
    run = record(
        HEAD
        + """for options in ({"min": 0.5, "max": h.item()}, {"max": h.item()}, {"max": 3.0, "min": h.item()}, {}):
    options = options or {"max": h.detach()}
    (torch.clamp(v * 1, **options)).backward()
for bounds in ([0.5], [0.5, h.item()]):
    (torch.clamp(v * 1, *bounds)).backward()
"""
    )
    assert run.failure is None
    graphs = {graph.id: graph for graph in run.graphs}
    labels = [{(node.label, node.cut) for node, _ in cut_pairs(graphs[passed.graph])} for passed in run.passes]
    item, least = ("options['max']", ".item()"), ("options['min']", ".item()")
    assert labels == [{item}, {item}, {least}, {("options['max']", "detach()")}, set(), {("bounds[1]", ".item()")}]


PART_OF_A_CONTAINER = {
    "a list": "t = [0.5, h.item() * 2][0]",
    "a list by name": "a = [0.5, h.item() * 2]\nt = a[0]",
    "a mapping": "a = {'low': 0.5, 'high': h.item() * 2}\nt = a['low']",
    "the last of a list": "a = [h.item() * 2, 0.5]\nt = a[-1]",
    "any of a list": "a = [0.5, h.item() * 2]\nt = a[int(v) - 2]",
    "a list that is gone through": "for t in [h.item() * 2, 0.5]:\n    pass",
    "written to": "a = [h.item() * 2, 1.0]\na[0] = 0.5\nt = a[0]",
    "emptied": "a = [h.item() * 2]\na.clear()\na.append(0.5)\nt = a[0]",
    "updated": "a = {'low': h.item() * 2}\na.update(low=0.5)\nt = a['low']",
    "given": "a = dict(low=0.5, high=h.item() * 2)\nt = a['low']",
}


@pytest.mark.parametrize("program", PART_OF_A_CONTAINER.values(), ids=PART_OF_A_CONTAINER.keys())
def test_an_item_has_only_its_own_history(program: str) -> None:
    graph = last_graph(f"{program}\ny = t * v\ny.backward()")
    assert [node.label for node in graph.nodes if node.kind == "constant"] == ["t"]
    assert cut_pairs(graph) == []


@pytest.mark.parametrize(("expression", "labels"), OPERANDS.values(), ids=OPERANDS.keys())
def test_the_operands_on_the_picture_are_those_that_the_program_computes_with(
    expression: str, labels: set[str]
) -> None:
    graph = last_graph(
        f"""import torch.nn.functional as F
from torch.nn.functional import mse_loss
k = torch.stack([w, v])
t, share, count, axis, keep = torch.ones(2), 0.5, 2, 0, True
passed_on = lambda value, **options: torch.clamp(value, **options)
ends, sizes = (k, torch.zeros(2)), [1, 2]
y = ({expression}).sum()
y.backward()
"""
    )
    assert {node.label for node in graph.nodes if node.kind == "constant"} == labels


NEW_LEAVES = {
    "item": ("t = torch.tensor(h.item(), requires_grad=True)", ".item()"),
    "arithmetic": ("t = torch.tensor(h.item() * 2 + 1, requires_grad=True)", ".item()"),
    "kept": ("a = h.item()\nt = torch.tensor([a, 2.0], requires_grad=True)", ".item()"),
    "by name": ("t = torch.tensor(data=h.item(), requires_grad=True)", ".item()"),
    "full": ("t = torch.full((2,), h.item(), requires_grad=True)", ".item()"),
    "detach": ("t = h.detach().requires_grad_()", "detach()"),
    "a copy": ("t = h.detach().clone().requires_grad_(True)", "detach()"),
    "requires_grad": ("t = h.detach()\nt.requires_grad = True", "detach()"),
    "torch.tensor": ("t = torch.tensor(h, requires_grad=True)", "torch.tensor()"),
    "no_grad": ("with torch.no_grad():\n    t = h * 3\nt.requires_grad_()", "no_grad"),
    "numpy": ("t = torch.from_numpy(np.atleast_1d(h.detach().numpy() * 2)).requires_grad_()", "detach()"),
    "in a function": ("def f():\n    return torch.tensor(h.item(), requires_grad=True)\nt = f()", ".item()"),
    "a parameter": ("t = torch.nn.Parameter(h.detach())", "detach()"),
    "a parameter by name": ("t = torch.nn.Parameter(data=h.data, requires_grad=True)", ".data"),
    "a parameter of a number": ("t = torch.nn.Parameter(torch.tensor(h.item()))", ".item()"),
    "a parameter of arithmetic": ("t = torch.nn.Parameter(torch.tensor([h.item() * 2, 1.0]))", ".item()"),
    "a parameter of what is computed": ("a = h.detach()\nt = torch.nn.Parameter(a ** 2 + 1)", "detach()"),
    "a parameter of numpy's": ("t = torch.nn.Parameter(torch.tensor(h.detach().numpy() + 1))", "detach()"),
    "a parameter under no_grad": ("with torch.no_grad():\n    t = torch.nn.Parameter(h * 3)", "no_grad"),
    "a parameter of what is followed": ("t = torch.nn.Parameter(h)", "nn.Parameter()"),
    "a parameter of a module": (
        """class Net(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        self.scale = torch.nn.Parameter(start.detach().clone())

    def forward(self, x):
        return self.scale * x
t = Net(h)(1.0)""",
        "detach()",
    ),
    "a parameter of a list": ("t = torch.nn.ParameterList([torch.nn.Parameter(h.detach())])[0]", "detach()"),
}


@pytest.mark.parametrize(("program", "how"), NEW_LEAVES.values(), ids=NEW_LEAVES.keys())
def test_a_leaf_that_was_cut_off_has_a_ghost(program: str, how: str) -> None:
    graph = last_graph(f"{program}\ny = (t * v).sum()\ny.backward()")
    nodes = {node.id: node for node in graph.nodes}
    [(leaf, ghost)] = [(nodes[e.source], nodes[e.target]) for e in graph.edges if nodes[e.source].kind == "leaf"]
    assert (leaf.name, leaf.cut, ghost.kind, ghost.variable) == ("AccumulateGrad", how, "ghost", "h")


OWN_LEAVES = {
    "a literal": "t = torch.tensor(2.0, requires_grad=True)",
    "a size": "t = torch.ones(int(h), requires_grad=True)",
    "a shape": "t = torch.zeros_like(h.detach(), requires_grad=True)",
    "a shape, later": "t = torch.zeros_like(h.detach()).requires_grad_()",
    "a shape, of what is followed": "with torch.no_grad():\n    t = torch.zeros_like(h)",
    "a new one of a kind": "t = h.detach().new_ones(2)",
    "written to": "t = torch.ones(2, requires_grad=True)\nwith torch.no_grad():\n    t.fill_(h.item())",
    "a parameter": "t = torch.nn.Parameter(torch.zeros_like(h.detach()))",
    "a parameter beside a break": "h.item()\nt = torch.nn.Parameter(torch.ones(2))",
    "a parameter of a nameless leaf": "t = torch.nn.Parameter(torch.ones(2, requires_grad=True))",
    "a copied parameter": "import copy\nh.item()\nt = copy.deepcopy(torch.nn.Parameter(torch.ones(2)))",
    "a layer made over": "h.item()\nt = torch.nn.utils.weight_norm(torch.nn.Linear(1, 1)).weight",
    "a layer of parameters": (
        "h.item()\nt = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(1, 1)).weight"
    ),
    "a copied module": "import copy\nt = copy.deepcopy(torch.nn.Linear(1, 1)).weight",
    "a loaded module": "n = torch.nn.Linear(1, 1)\nn.load_state_dict(torch.nn.Linear(1, 1).state_dict())\nt = n.weight",
}


@pytest.mark.parametrize("program", OWN_LEAVES.values(), ids=OWN_LEAVES.keys())
def test_a_leaf_that_took_nothing_from_what_is_followed_has_no_ghost(program: str) -> None:
    graph = last_graph(f"{program}\ny = (t * v).sum()\ny.backward()")
    assert [node.kind for node in graph.nodes].count("ghost") == 0
    assert [node.cut for node in graph.nodes if isinstance(node.cut, str)] == []


def test_leaves_of_another_origin_are_another_graph() -> None:
    run = record(
        HEAD
        + """t = torch.tensor(2.0, requires_grad=True)
for i in range(4):
    z = w * (i + 1)
    (t * v + z).backward()
    t = z.detach().requires_grad_() if i < 2 else torch.tensor(3.0, requires_grad=True)
"""
    )
    assert run.failure is None
    assert [passed.graph for passed in run.passes] == ["g0", "g1", "g1", "g0"]
    ghosts = [node for node in run.graphs[1].nodes if node.kind == "ghost"]
    assert [(ghost.variable, ghost.cut) for ghost in ghosts] == [("z", "detach()")]
    assert all(len(passed.flows) == len(run.graphs[1].edges) for passed in run.passes[1:3])


def test_a_new_leaf_of_each_round_keeps_its_name_and_its_graph() -> None:
    run = record(
        HEAD
        + """t = torch.tensor(2.0, requires_grad=True)
for i in range(4):
    (t * v).backward()
    t = torch.tensor(float(i), requires_grad=True) if i < 2 else torch.tensor(3.0, requires_grad=True)
"""
    )
    assert [passed.graph for passed in run.passes] == ["g0"] * 4
    assert [node.variable for node in run.graphs[0].nodes if node.kind == "leaf"] == ["t", "v"]


UNPROVEN = {
    "bound twice": "t = 0.5\nif h > 100:\n    t = h.item() * 3",
    "accumulated": "t = 0.0\nt += h.item() * 3",
    "a branch": "t = h.item() * 3 if v > 100 else 0.5",
    "overwritten": "a = k.detach().numpy().copy()\na[:] = 3\nt = torch.tensor(a)",
    "shape only": "t = torch.from_numpy(np.ones_like(k.detach().numpy()))",
    "size only": "t = float(len(k.tolist()))",
    "index only": "t = torch.tensor([0.5, 2.0, 7.0])[int(h)]",
    "condition only": "t = 0.5 if h.item() > 0 else 0.25",
    "text": "t = float(f'{h.item():.3f}')",
    "a parameter": "def f(t):\n    return t + 0.5\nt = f(h.item() * 3)",
    "a global": "def f():\n    global t\n    t = 0.5\nt = h.item() * 3\nf()",
    "a name of the builtins": "def float(_):\n    return 0.5\nt = float(h.item())",
    "another module": "import random\nt = random.uniform(0, h.item())",
    "never run": "if h > 100:\n    t = h.item() * 3\nelse:\n    pass\nfrom math import pi as t",
}


@pytest.mark.parametrize("program", UNPROVEN.values(), ids=UNPROVEN.keys())
def test_what_the_text_does_not_prove_is_not_told(program: str) -> None:
    graph = last_graph(f"k = torch.stack([w, v])\n{program}\ny = (t * v).sum()\ny.backward()")
    assert [node.label for node in graph.nodes if node.kind == "constant"]
    assert cut_pairs(graph) == []


def test_the_nearest_cut_is_told_and_each_pass_has_its_own() -> None:
    run = record(
        HEAD
        + """for i in range(3):
    z = w * (i + 1)
    scale = z.item() * 2
    (scale * v + z).backward()
t = (torch.tensor(scale) + h.detach()).tolist()
(t * v).backward()
"""
    )
    assert run.failure is None
    assert [passed.graph for passed in run.passes] == ["g0", "g0", "g0", "g1"]
    [(scale, source)] = cut_pairs(run.graphs[0])
    assert (scale.cut, source.kind, source.variable) == (".item()", "operation", "z")


def test_what_the_graph_holds_by_another_way_is_no_ghost() -> None:
    graph = last_graph("y = h.detach() * v + h\ny.backward()")
    [(constant, source)] = cut_pairs(graph)
    assert constant.cut == "detach()"
    assert (source.kind, source.variable) == ("operation", "h")
    [(_, leaf)] = cut_pairs(last_graph("with torch.no_grad():\n    t = w * 3\ny = t * w\ny.backward()"))
    assert (leaf.kind, leaf.variable) == ("leaf", "w")


def test_a_gradient_without_a_graph_of_its_own_is_cut_off_from_what_was_differentiated() -> None:
    program = """x = h.detach().requires_grad_()
out = x ** 2 * v
(slope,) = torch.autograd.grad(out, x{options})
y = (slope - 1) ** 2 + v
y.backward()
"""
    graph = last_graph(program.format(options=""))
    [(constant, source)] = cut_pairs(graph)
    assert (constant.label, constant.cut) == ("(slope - 1) ** 2", "autograd.grad()")
    assert (source.kind, source.label, source.variable) == ("ghost", "x ** 2 * v", "out")
    assert cut_pairs(last_graph(program.format(options=", create_graph=True"))) == []


def test_two_constants_of_one_origin_share_their_ghost() -> None:
    graph = last_graph("y = h.detach() * v + h.item() * v\ny.backward()")
    assert [node.kind for node in graph.nodes].count("ghost") == 1
    assert [constant.cut for constant, _ in cut_pairs(graph)] == ["detach()", ".item()"]


def test_what_was_never_followed_has_no_ghost() -> None:
    graph = last_graph("t = torch.tensor(3.0)\ny = t.detach() * t * v\ny.backward()")
    assert [node.cut for node in graph.nodes if isinstance(node.cut, str)] == []
    assert cut_pairs(graph) == []


CARRIED = (
    HEAD
    + """state = torch.tensor(0.0)
for i in range(4):
    state = torch.tanh(state.detach() + w)
    (state * v).backward()
"""
)


def test_a_carried_state_is_a_ghost_from_the_second_round_on() -> None:
    run: Trace = record(CARRIED)
    assert [passed.graph for passed in run.passes] == ["g0", "g1", "g1", "g1"]
    assert [[node.kind for node in graph.nodes].count("ghost") for graph in run.graphs] == [0, 1]
    graph = run.graphs[1]
    ghost = next(index for index, node in enumerate(graph.nodes) if node.kind == "ghost")
    assert (graph.nodes[ghost].label, graph.nodes[ghost].variable) == ("torch.tanh(state.detach() + w)", "state")
    for passed in run.passes[1:]:
        assert (passed.values[ghost], passed.gradients[ghost]) == (None, None)
        assert len(passed.flows) == len(graph.edges)


@pytest.mark.asyncio
async def test_a_ghost_is_drawn_dashed_without_numbers() -> None:
    graph = last_graph("y = h.detach() * v\ny.backward()")
    layout = Layout(Settings())
    await layout.start()
    try:
        drawing = await layout.draw(graph)
        dot = layout.dot(graph)
    finally:
        await layout.stop()
    picture = drawing.svg()
    ghost = next(node.id for node in graph.nodes if node.kind == "ghost")
    part = picture.partition(f'<g id="{ghost}" class="node ghost"')[2].partition("</g>")[0]
    assert "h = w * 2" in part
    assert "cut: detach()" in part
    assert "stroke-dasharray" in part
    assert 'class="value"' not in part
    assert 'class="node constant cut"' in picture
    assert 'class="edge cut"' in picture
    assert "dotted" in dot


@pytest.mark.asyncio
async def test_a_leaf_that_was_cut_off_is_drawn_as_a_leaf_with_a_break_before_it() -> None:
    graph = last_graph("t = torch.tensor(h.item(), requires_grad=True)\ny = t * v\ny.backward()")
    layout = Layout(Settings())
    await layout.start()
    try:
        picture = (await layout.draw(graph)).svg()
    finally:
        await layout.stop()
    leaf = next(node.id for node in graph.nodes if node.variable == "t")
    part = picture.partition(f'<g id="{leaf}" class="node leaf"')[2].partition("</g>")[0]
    assert "AccumulateGrad" in part
    assert "✂ .item()" in picture.partition('class="edge cut"')[2]
