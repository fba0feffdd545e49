"""Remarks on runs: which are made, where, with what parameters; and runs on which there is nothing to remark."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from app.trace.job import Job
from app.trace.model import (
    Diagnostic,
    DiagnosticEvent,
    Edge,
    Event,
    Graph,
    Node,
    ParameterUpdate,
    Pass,
    Statistics,
    TensorValue,
    Update,
)
from app.tracer.diagnostics import Diagnoser
from app.tracer.magnitudes import broken, is_zero, show, size
from app.tracer.run import trace
from app.tracer.slips import slips

TEXTS = Path(__file__).parents[1] / "static" / "texts"
HEAD = "import torch, torch.nn as nn, torch.optim as optim\n"
X = HEAD + "x = torch.tensor({x}, requires_grad=True)\n"


def loop(loss: str, order: str = "zbs", steps: int = 40, **options: object) -> str:
    """Write a training loop: z zero_grad, b backward, s step, in an order."""
    x, optimizer = options.pop("x", "1.0"), options.pop("optimizer", "SGD")
    written = ", ".join(f"{name}={value}" for name, value in options.items())
    lines = {"z": "    o.zero_grad()\n", "b": "    loss.backward()\n", "s": "    o.step()\n"}
    body = "".join(lines[letter] for letter in order)
    made = f"o = optim.{optimizer}([x], {written})\n"
    return X.format(x=x) + made + f"for i in range({steps}):\n    loss = {loss}\n" + body


def remarks(program: str) -> list[Diagnostic]:
    events: list[Event] = []
    trace(Job(program), events.append)
    return [event.diagnostic for event in events if isinstance(event, DiagnosticEvent)]


NORMED = (
    HEAD
    + """torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
net = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
"""
)

TABLE: list[tuple[str, str, int | None, dict[str, object]]] = [
    (loop("x + 0*x**2 + x**2", "bs", lr=0.1), "zero-grad-forgotten", 7, {"variable": "x", "earlier": 1}),
    (loop("x**2", "bzs", lr=0.1), "zero-grad-before-step", 8, {}),
    (loop("2*x + 1", lr=0.1), "loss-unbounded", 8, {"variable": "x", "gradient": "2"}),
    (loop("x**3", x="-1.0", lr=0.1, steps=9), "loss-unbounded-faster", 8, {"variable": "x"}),
    (loop("x**2", lr=1.1), "loss-diverges-bound", 8, {"bound": "1", "curvature": "2", "rate": "1.1", "variable": "x"}),
    (loop("x**4", x="2.0", lr=1.0), "loss-diverges", 8, {"first": "16"}),
    (X.format(x="-1.0") + "y = 2*torch.log(x)\ny.backward()", "nan-or-inf-forward", 3,
     {"label": "torch.log(x)", "value": "NaN"}),
    (X.format(x="0.0") + "y = 2*torch.sqrt(x)\ny.backward()", "nan-or-inf-backward", 3,
     {"label": "torch.sqrt(x)", "value": "Infinity"}),
    (X.format(x="[0.0, 1.0]") + "torch.where(x > 0, torch.sqrt(x), 0*x).sum().backward()", "nan-or-inf-backward", 3,
     {"label": "torch.sqrt(x)", "value": "NaN"}),
    (X.format(x="1.0") + "h = x\nfor i in range(20): h = torch.sigmoid(h)\nh.backward()", "gradient-vanishes", None,
     {"near": "1", "depth": 20}),
    (X.format(x="1.0") + "h = x\nfor i in range(20):\n    h = h * 3.0\nh.backward()", "gradient-explodes", None,
     {"near": "1", "far": "3.487e+09"}),
    (X.format(x="[1.0, 2.0, 4.0]") + "y = nn.functional.layer_norm(x, (3,))\n(y**2).sum().backward()",
     "gradient-cancels", 3, {"label": "nn.functional.layer_norm(x, (3,))"}),
    (X.format(x="[1.0, 2.0, 4.0]") + "torch.softmax(x, 0).sum().backward()", "gradient-cancels", 3, {}),
    (NORMED + "net(torch.randn(3, 5, 8)).sum().backward()", "gradient-cancels", None, {}),
    (X.format(x="0.0") + "(x**2).backward()", "gradient-zero", 3, {}),
    (X.format(x="1.3") + "y = torch.round(x)\ny.backward()", "step-function", 3, {"label": "torch.round(x)"}),
    (X.format(x="-1.0") + "y = torch.relu(x)\ny.backward()", "dead-relu", 3, {"label": "torch.relu(x)"}),
    (loop("(torch.relu(x) - 1)**2", x="-1.0", lr=0.1), "dead-relu", 5, {"label": "torch.relu(x)"}),
    (X.format(x="1.0") + "w = torch.tensor(1.0, requires_grad=True)\no = optim.SGD([w, x], lr=0.1)\n"
     "(x**2).backward()\no.step()", "parameter-without-gradient", 6, {"variable": "w"}),
    (X.format(x="1.0") + "w = torch.tensor(1.0, requires_grad=True)\no = optim.SGD([x], lr=0.1)\n"
     "(w*x**2).backward()\no.step()", "parameter-not-in-optimizer", None, {"variable": "w"}),
    (X.format(x="[[1.0, 2.0]]") + "p = torch.softmax(x, 1)\nnn.CrossEntropyLoss()(p, torch.tensor([1])).backward()",
     "softmax-before-cross-entropy", 3, {}),
    (X.format(x="1.0") + "w = torch.tensor(2.0)\ny = w*x\ny.backward()", "constant-like-parameter", None,
     {"variable": "w"}),
    (X.format(x="1.0") + "y = x*x", "forward-only", None, {}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "code", "line", "parameters"), TABLE)
def test_a_remark_is_made_once_and_in_its_place(
    program: str, code: str, line: int | None, parameters: dict[str, object]
) -> None:
    found = [remark for remark in remarks(program) if remark.code == code]
    assert len(found) == 1
    assert line is None or (found[0].span is not None and found[0].span.line == line)
    assert parameters.items() <= found[0].parameters.items()


@pytest.mark.parametrize(("program", "code"), [row[:2] for row in TABLE])
def test_the_sentences_get_all_their_parameters(program: str, code: str) -> None:
    for remark in remarks(program):
        for language in ("en", "zh"):
            text = json.loads((TEXTS / language / "diagnostics.json").read_text("utf-8"))[remark.code]
            needed = set(re.findall(r"\{(\w+)\}", " ".join(text.values())))
            assert needed <= remark.parameters.keys(), code
            assert None not in [remark.parameters[name] for name in needed]


QUIET = {
    "a plain loop": loop("(x - 3)**2", lr=0.1),
    "zero_grad after step": loop("(x - 3)**2", "bsz", lr=0.1),
    "momentum": loop("(x - 3)**2", lr=0.1, momentum=0.9),
    "Adam": loop("(x - 3)**2", lr=0.1, optimizer="Adam"),
    "a slope with a bottom": loop("torch.abs(x)", lr=0.1),
    "a hinge": loop("torch.relu(1 - x)", x="0.0", lr=0.01),
    "gradients of several batches": X.format(x="1.0") + "o = optim.SGD([x], lr=0.1)\nfor i in range(3):\n"
    "    for j in range(2):\n        ((x - j)**2).backward()\n    o.step()\n    o.zero_grad()\n",
    "clipping": loop("(x - 3)**2", "z", lr=0.1, steps=5)
    + "    loss.backward()\n    nn.utils.clip_grad_norm_([x], 0.5)\n    o.step()\n",
    "a closure": X.format(x="1.0") + "o = optim.LBFGS([x])\ndef closure():\n    o.zero_grad()\n    loss = (x - 3)**2\n"
    "    loss.backward()\n    return loss\nfor i in range(3):\n    o.step(closure)\n",
    "a normalized network": NORMED + "y = net(torch.randn(3, 5, 8))\n(y * torch.randn_like(y)).sum().backward()\n",
    "a saturated softmax": X.format(x="[90.0, 0.0, 0.0]") + "(torch.softmax(x, 0) * x.detach()).sum().backward()\n",
    "a norm of large numbers": X.format(x="[1e6, 2e6, 4e6]")
    + "(nn.functional.layer_norm(x, (3,)) ** 3).sum().backward()\n",
    "an update by hand": X.format(x="1.0") + "for i in range(5):\n    loss = (x - 3)**2\n    loss.backward()\n"
    "    with torch.no_grad():\n        x -= 0.1*x.grad\n    x.grad.zero_()\n",
    "a copied layer": HEAD + "import copy\nfrom torch import nn\nlayer = nn.Linear(2, 1)\n"
    "net = nn.Sequential(copy.deepcopy(layer), nn.Tanh())\nnet(torch.ones(1, 2)).sum().backward()\n",
    "a loss that rises for a while": loop("x**2", lr=0.1, momentum=0.99, steps=60),
    "a custom function called Round": HEAD + "class Round(torch.autograd.Function):\n    @staticmethod\n"
    "    def forward(ctx, x): return torch.round(x)\n    @staticmethod\n    def backward(ctx, g): return g\n"
    "x = torch.tensor(1.3, requires_grad=True)\n(Round.apply(x)**2).backward()\n",
    "a target network": HEAD
    + """import copy
from torch import nn
q = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
target = copy.deepcopy(q)
o = optim.SGD(q.parameters(), lr=0.1)
for step in range(3):
    with torch.no_grad():
        goal = 1 + 0.9 * target(torch.ones(4, 2)).max(1).values
    loss = (q(torch.ones(4, 2))[:, 0] - goal).pow(2).mean()
    o.zero_grad()
    loss.backward()
    o.step()
    target.load_state_dict(q.state_dict())
""",
    "an average of weights": HEAD
    + """from torch import nn
net = nn.Linear(2, 1)
average = optim.swa_utils.AveragedModel(net)
o = optim.SGD(net.parameters(), lr=0.1)
for step in range(3):
    loss = (net(torch.ones(4, 2)) - 1).pow(2).mean()
    o.zero_grad()
    loss.backward()
    o.step()
    average.update_parameters(net)
""",
    "a gradient penalty": HEAD
    + """from torch import nn
critic = nn.Sequential(nn.Linear(2, 3), nn.Softplus(), nn.Linear(3, 1))
o = optim.SGD(critic.parameters(), lr=0.1)
for step in range(2):
    mix = torch.rand(4, 2).requires_grad_()
    (slope,) = torch.autograd.grad(critic(mix).sum(), mix, create_graph=True)
    loss = (slope.norm(dim=1) - 1).pow(2).mean() + critic(torch.rand(4, 2)).pow(2).mean()
    o.zero_grad()
    loss.backward()
    o.step()
""",
}


@pytest.mark.parametrize("program", QUIET.values(), ids=QUIET.keys())
def test_a_sound_run_gets_no_remark(program: str) -> None:
    assert remarks(program) == []


def test_what_a_normalization_cancels_has_not_vanished_along_the_depth() -> None:
    program = NORMED + "net(torch.randn(3, 5, 8)).sum().backward()"
    assert [one.code for one in remarks(program)] == ["gradient-cancels"]


def test_a_parameter_by_itself_that_was_cut_off_is_told_though_no_optimizer_holds_it() -> None:
    program = loop("(x - torch.clamp(x, max=limit.item()))**2", steps=3, lr=0.1)
    program = program.replace("o = ", "limit = torch.nn.Parameter(torch.tensor(3.0))\no = ", 1)
    assert ("graph-cut", "limit") in [(one.code, one.parameters.get("variable")) for one in remarks(program)]


def test_a_module_that_an_optimizer_holds_is_missed_when_it_is_cut_off() -> None:
    program = (
        HEAD
        + """from torch import nn
net, head = nn.Linear(2, 2), nn.Linear(2, 1)
o = optim.SGD([*net.parameters(), *head.parameters()], lr=0.1)
head(net(torch.ones(1, 2)).detach()).sum().backward()
o.step()
"""
    )
    assert "graph-cut" in [one.code for one in remarks(program)]


# -- by hand, without torch --------------------------------------------------------------------------------------------

LEAF = Node("n1", "leaf", "AccumulateGrad", "x", "x", shape=())
SQUARE = Graph("g0", (Node("n0", "output", "PowBackward0", "x**2", "y", shape=()), LEAF), (Edge("e0", "n0", "n1", 0),))


def passed(x: float, accumulated: float) -> Pass:
    return Pass("g0", "backward", x * x, (x * x, x), (1.0, 2 * x), (2 * x,), (2 * x,), {"n1": accumulated}, (0, 1))


def updated(x: float, gradient: float) -> Update:
    return Update("SGD", {"lr": 0.1}, (ParameterUpdate("x", "n1", x, gradient, x - 0.1 * gradient),), 0)


def test_piled_up_gradients_are_told_by_how_much() -> None:
    diagnoser = Diagnoser()
    assert list(diagnoser.saw_pass(SQUARE, passed(1.0, 2.0))) == []
    assert list(diagnoser.saw_update(updated(1.0, 2.0))) == []
    assert list(diagnoser.saw_pass(SQUARE, passed(0.8, 3.6))) == []
    (remark,) = diagnoser.saw_update(updated(0.8, 3.6))
    assert remark.code == "zero-grad-forgotten"
    assert remark.parameters == {"variable": "x", "gradient": "3.6", "own": "1.6", "earlier": 1}


def test_a_zeroed_gradient_between_the_steps_is_no_pile() -> None:
    diagnoser = Diagnoser()
    for x in (1.0, 0.8, 0.64):
        assert list(diagnoser.saw_pass(SQUARE, passed(x, 2 * x))) == []
        assert list(diagnoser.saw_update(updated(x, 2 * x))) == []
        diagnoser.saw_zero_grad()
    assert list(diagnoser.finish()) == []


def test_a_failed_run_is_not_told_what_is_missing() -> None:
    assert list(Diagnoser().finish(has_failed=True)) == []
    assert [remark.code for remark in Diagnoser().finish()] == ["nothing-recorded"]


def test_values_are_measured() -> None:
    many = Statistics(-1.0, 1.0, 0.0, 1.0, 20.0, 0.5, 0, 0)
    large = TensorValue((400,), "float32", statistics=many)
    assert (size(3.0), size(-2), size("NaN"), size(large)) == (3.0, 2.0, None, 1.0)
    assert size(TensorValue((2, 2), "float32", [[3.0, 0.0], [0.0, 4.0]])) == 2.5
    assert broken(TensorValue((2,), "float32", [1.0, "-Infinity"])) == "-Infinity"
    assert broken(large) is None
    assert is_zero(TensorValue((2,), "float32", [0.0, -0.0]))
    assert not is_zero("NaN")
    assert show(TensorValue((3,), "float32", [1.0, 2.5, "NaN"])) == "[1, 2.5, NaN]"
    assert show(large) == "‖…‖ = 20"


def test_a_method_that_is_named_but_not_called_is_a_slip() -> None:
    text = "é = 1; loss.backward\nfor i in x:\n    loss.backward\n    loss.backward()\n"
    (slip,) = slips(text, ast.walk(ast.parse(text)))
    assert (slip.code, slip.parameters) == ("not-called", {"expression": "loss.backward"})
    assert slip.span is not None
    assert (slip.span.line, slip.span.column, slip.span.end_column) == (1, 8, 21)
