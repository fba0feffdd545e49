"""What a good teacher says: for each kind of mistake a real program, run through the recorder, and what is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.settings import Limits
from app.trace.model import Parameter, Trace
from tests.tracer.recording import record

TEXTS = Path(__file__).parents[1] / "static" / "texts"
HEAD = "import torch, torch.nn as nn, torch.optim as optim\n"
X = HEAD + "x = torch.tensor([1.0, 2.0], requires_grad=True)\n"
W = HEAD + "w = torch.tensor(1.0, requires_grad=True)\n"
LOOP = "o = optim.SGD([w], lr={rate})\nfor i in range({steps}):\n    loss = {loss}\n"


def loop(loss: str, body: str, rate: float = 0.1, steps: int = 12) -> str:
    return W + LOOP.format(loss=loss, rate=rate, steps=steps) + "".join(f"    {line}\n" for line in body.split(";"))


ZERO, BACK, STEP = "o.zero_grad()", "loss.backward()", "o.step()"
TRAINED = f"{ZERO};{BACK};{STEP}"

CASES: dict[str, tuple[str, str, int | None, dict[str, Parameter]]] = {
    "backward on a non-scalar": (X + "(x * 2).backward()", "not-scalar", 3, {}),
    "a second backward": (X + "y = (x**2).sum()\ny.backward()\ny.backward()", "backward-twice", 5, {}),
    "a leaf changed in place": (X + "x += 1", "leaf-in-place", 3, {}),
    "a saved tensor changed in place": (
        X + "y = x.exp()\ny += 1\ny.sum().backward()", "saved-in-place", None, {"operation": "Exp", "shape": "[2]"}),
    "an integer tensor": (HEAD + "x = torch.tensor(1, requires_grad=True)", "integer-requires-grad", 2, {}),
    "an integer tensor, afterwards": (HEAD + "x = torch.arange(3)\nx.requires_grad_()", "integer-requires-grad", 3, {}),
    "grad of a non-leaf": (
        X + "y = x * 2\ny.sum().backward()\nprint(y.grad)", "grad-of-non-leaf", 5, {"variable": "y"}),
    "cut by detach": (
        W + "v = torch.tensor(1.0, requires_grad=True)\ny = (w * 2).detach() * v\ny.backward()", "graph-cut", 4,
        {"how": "detach()", "variable": "w * 2"}),
    "cut by data": (
        W + "v = torch.tensor(1.0, requires_grad=True)\nh = w * 2\ny = h.data * v\ny.backward()", "graph-cut", 5,
        {"how": ".data", "variable": "h"}),
    "cut by item": (
        W + "v = torch.tensor(1.0, requires_grad=True)\nh = w * 2\ny = h.item() * v\ny.backward()", "graph-cut", 5,
        {"how": ".item()", "variable": "h"}),
    "cut by no_grad": (
        W + "v = torch.tensor(1.0, requires_grad=True)\nwith torch.no_grad():\n    h = w * 2\ny = h * v\ny.backward()",
        "graph-cut", 5, {"how": "no_grad", "variable": "w"}),
    "cut by a new tensor": (
        W + "v = torch.tensor(1.0, requires_grad=True)\nh = w * 2\ny = torch.tensor(h) * v\ny.backward()", "graph-cut",
        5, {"how": "torch.tensor()", "variable": "h"}),
    "cut where nothing has a name": (
        W + "v = torch.tensor(1.0, requires_grad=True)\ny = (w * 2).item() * v\ny.backward()", "graph-cut", 4,
        {"how": ".item()", "variable": "w * 2"}),
    "a parameter that the loss does not reach": (
        W + "v = torch.tensor(1.0, requires_grad=True)\no = optim.SGD([w, v], lr=0.1)\n(w**2).backward()\no.step()",
        "parameter-without-gradient", 6, {"variable": "v"}),
    "a parameter that no optimizer holds": (
        W + "v = torch.tensor(1.0, requires_grad=True)\no = optim.SGD([w], lr=0.1)\n(v * w**2).backward()\no.step()",
        "parameter-not-in-optimizer", None, {"variable": "v"}),
    "a dead ReLU": (
        loop("(torch.relu(w - 3.0) - 1)**2", TRAINED), "dead-relu", None, {"label": "torch.relu(w - 3.0)"}),
    "zero everywhere": (HEAD + "x = torch.tensor(0.0, requires_grad=True)\n(x**2).backward()", "gradient-zero", 3, {}),
    "forgotten zero_grad, and how much": (
        loop("(w - 3)**2", f"{BACK};{STEP}"), "zero-grad-forgotten", 7,
        {"variable": "w", "gradient": "-7.2", "own": "-3.2", "earlier": 1}),
    "zero_grad between backward and step": (
        loop("(w - 3)**2", f"{BACK};{ZERO};{STEP}"), "zero-grad-before-step", 8, {}),
    "the first NaN, forward": (
        HEAD + "x = torch.tensor(-1.0, requires_grad=True)\ny = torch.log(x)\nz = (y * 2) + 1\nz.backward()",
        "nan-or-inf-forward", 3, {"label": "torch.log(x)", "value": "NaN"}),
    "the first infinity, backward": (
        HEAD + "x = torch.tensor(0.0, requires_grad=True)\ny = torch.sqrt(x) * 2\ny.backward()", "nan-or-inf-backward",
        3, {"label": "torch.sqrt(x)", "value": "Infinity"}),
    "divergence, with its bound": (
        loop("2 * w**2", TRAINED, rate=0.7), "loss-diverges-bound", 8,
        {"bound": "0.5", "curvature": "4", "rate": "0.7", "variable": "w"}),
    "divergence without a bound": (loop("(w + 1)**4", TRAINED, rate=1.0, steps=6), "loss-diverges", 8, {}),
    "unbounded below": (loop("3 * w", TRAINED), "loss-unbounded", 8, {"variable": "w", "gradient": "3"}),
    "unbounded below, ever faster": (
        loop("-w**2", TRAINED, steps=60), "loss-unbounded-faster", 8, {"variable": "w"}),
    "vanishing along depth": (
        X + "h = x\nfor i in range(14):\n    h = torch.sigmoid(h)\nh.sum().backward()", "gradient-vanishes", None, {}),
    "vanishing along layers": (
        HEAD + "torch.manual_seed(0)\nlayers = [m for i in range(12) for m in (nn.Linear(4, 4), nn.Sigmoid())]\n"
        "net = nn.Sequential(*layers)\nnet(torch.ones(2, 4)).sum().backward()", "gradient-vanishes", None, {}),
    "exploding along depth": (
        W + "h = w\nfor i in range(12):\n    h = 3 * h\nh.backward()", "gradient-explodes", None, {"depth": 12}),
    "matrices that do not fit": (
        HEAD + "a = torch.ones(2, 3, requires_grad=True)\nb = a @ torch.ones(4, 5)", "shapes-do-not-fit", 3,
        {"first": "[2, 3]", "second": "[4, 5]"}),
    "sizes that do not fit": (
        HEAD + "a = torch.ones(2, 3, requires_grad=True)\nb = a + torch.ones(2, 4)", "sizes-do-not-fit", 3,
        {"first": 3, "second": 4, "dimension": 1}),
    "requires_grad nowhere": (HEAD + "y = torch.tensor(1.0)**2\ny.backward()", "nothing-requires-grad", 3, {}),
    "nothing to follow": (HEAD + "y = torch.tensor(1.0)**2", "nothing-recorded", None, {}),
    "a softmax before the cross entropy": (
        HEAD + "x = torch.ones(1, 3, requires_grad=True)\np = torch.softmax(x, 1)\n"
        "nn.CrossEntropyLoss()(p, torch.tensor([1])).backward()", "softmax-before-cross-entropy", 3, {}),
    "a softmax as the last module": (
        HEAD + "net = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))\n"
        "nn.CrossEntropyLoss()(net(torch.ones(1, 2)), torch.tensor([1])).backward()", "softmax-before-cross-entropy",
        None, {}),
    "a constant that looks like a parameter": (
        X + "bias = torch.tensor(0.5)\n(x + bias).sum().backward()", "constant-like-parameter", None,
        {"variable": "bias"}),
    "no backward at all": (X + "y = (x**2).sum()", "forward-only", None, {}),
    "gradients that no step uses": (
        loop("(w - 3)**2", f"{ZERO};{BACK}"), "step-missing", 3, {"optimizer": "SGD"}),
    "gradients that no step uses, within a function": (
        HEAD + "def train():\n    v = torch.ones(2, requires_grad=True)\n    o = optim.AdamW([v])\n"
        "    (v**2).sum().backward()\ntrain()", "step-missing", 4, {"optimizer": "AdamW"}),
    "a loss that left the graph": (
        W + "loss = ((w - 3)**2).item(); loss.backward()", "left-the-graph", 3,
        {"expression": "loss", "type": "float", "how": ".item()", "line": 3}),
    "a sum of losses that left the graph": (
        W + "total = 0.0\nfor i in range(2):\n    total += (w**2).item()\ntotal.backward()", "left-the-graph", 6,
        {"expression": "total", "how": ".item()", "line": 5}),
    "a loss that is a number": (W + "loss = 0\nloss.backward()", "backward-of-number", 4, {"type": "int"}),
    "a leaf that lost its name": (
        W + "for i in range(3):\n    ((w - 3)**2).backward()\n    w = w - 0.1 * w.grad", "leaf-rebound", 5,
        {"variable": "w", "line": 5, "update": "w -= 0.1 * w.grad"}),
    "a leaf that lost its name under no_grad": (
        W + "for i in range(3):\n    ((w - 3)**2).backward()\n    with torch.no_grad():\n        w = w - w.grad",
        "leaf-rebound", 4, {"variable": "w", "line": 6, "update": "w -= w.grad"}),
    "a leaf that lost its name, at zero_": (
        W + "(w**2).backward()\nw = torch.sub(w, w.grad)\nw.grad.zero_()", "leaf-rebound", 5,
        {"variable": "w", "line": 4, "update": "w.copy_(torch.sub(w, w.grad))"}),
    "an option under another name": (
        W + "optim.SGD([w], learning_rate=0.1)", "misspelt-keyword", 3,
        {"function": "optim.SGD", "name": "learning_rate", "nearest": "lr"}),
    "backward without its brackets": (
        X + "y = (x**2).sum()\ny.backward", "not-called", 4, {"expression": "y.backward"}),
}  # fmt: skip


def said(run: Trace) -> list[tuple[str, int | None, dict[str, Parameter]]]:
    """Everything that is said about a run: code, line, parameters."""
    found = [(one.code, one.span.line if one.span else None, one.parameters) for one in run.diagnostics]
    if run.failure is not None:
        found.append((run.failure.code, run.failure.span.line if run.failure.span else None, run.failure.parameters))
    return found


@pytest.mark.parametrize(("program", "code", "line", "parameters"), CASES.values(), ids=CASES.keys())
def test_the_mistake_is_told_once_and_where_it_is(
    program: str, code: str, line: int | None, parameters: dict[str, Parameter]
) -> None:
    everything = said(record(program))
    found = [one for one in everything if one[0] == code]
    assert len(found) == 1, everything
    assert line is None or found[0][1] == line, found
    assert parameters.items() <= found[0][2].items(), found


@pytest.mark.parametrize(
    "rest",
    [
        "o = optim.SGD([w], lr=0.1)\n(w**2).backward()\no.step()",
        "o = optim.LBFGS([w])\ndef f():\n    loss = w**2\n    loss.backward()\n    return loss\no.step(f)",
        "o = optim.SGD([w], lr=0.1)\n(w**2).backward()\nwith torch.no_grad():\n    w -= 0.1 * w.grad",
        "o = optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)\n(w**2).backward()",
        "o = optim.SGD([w], lr=0.1)\n(w**2).backward()\nraise ValueError",
        "for i in range(3):\n    o = optim.SGD([w], lr=0.1)\n    (w**2).backward()\n    if i:\n        o.step()",
        "(w**2).backward()",
    ],
    ids=["step", "closure", "by-hand", "others", "failed", "one-of-many", "looking"],
)
def test_a_step_is_missed_only_where_gradients_lie_unused(rest: str) -> None:
    assert "step-missing" not in {code for code, _, _ in said(record(W + rest))}


def test_what_a_run_that_was_cut_leaves_out_is_not_told() -> None:
    program = W + "o = optim.SGD([w], lr=0.1)\nfor i in range(9):\n    (w**2).backward()\n    print('a' * 99)"
    run = record(program, Limits(output_bytes=300))
    assert run.cut is not None
    assert said(run) == []
    assert said(record(HEAD + "print('a' * 999)", Limits(output_bytes=300))) == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("program", "code"), [case[:2] for case in CASES.values()], ids=CASES.keys())
def test_what_is_said_has_a_reason_and_a_remedy_and_no_gaps(program: str, code: str, language: str) -> None:
    run = record(program)
    name = "problems" if run.failure is not None and run.failure.code == code else "diagnostics"
    table = json.loads((TEXTS / language / f"{name}.json").read_text("utf-8"))
    parameters = next(found for slug, _, found in said(run) if slug == code)

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda gap: str(parameters.get(gap[1], gap[0])), text)

    sentences = {name: filled(text) for name, text in table[code].items()}
    assert sentences.keys() == {"title", "what", "why", "instead"}
    for sentence in sentences.values():
        assert sentence
        assert not re.search(r"\{\w+\}|`None` cuts|at `None`", sentence)
