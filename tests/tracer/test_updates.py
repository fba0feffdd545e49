"""Optimizer steps as the page takes them apart: `tests/updates.json` holds torch's numbers, and the page's formulas are
held against them (`static/tests/step.test.js`). `WRITE_GOLDEN=1` writes the numbers anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from app.trace.model import Update
from tests.tracer.recording import record

RECORDED = Path(__file__).parents[1] / "updates.json"

BOTH = """import torch
x = torch.tensor(1.5, requires_grad=True)
W = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], requires_grad=True)
optimizer = torch.optim.{optimizer}
for step in range(3):
    loss = 0.5 * x**2 + torch.sin(3 * W).sum() + x * (W**2).mean()
    optimizer.zero_grad()
    loss.backward()
    {between}
    optimizer.step({closure})
"""
MATRIX = BOTH.replace("[x, W]", "[W]")
SPARSE = """import torch
table = torch.nn.Embedding(4, 2, sparse=True)
table.weight.data = torch.tensor([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0], [-0.5, 0.75]])
optimizer = torch.optim.SparseAdam(list(table.parameters()), lr=0.1)
for rows in ([0, 2], [2, 3], [0, 1]):
    optimizer.zero_grad()
    (table(torch.tensor(rows)) ** 2).sum().backward()
    optimizer.step()
"""
CLOSED = """import torch
x = torch.tensor(1.5, requires_grad=True)
W = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], requires_grad=True)
optimizer = torch.optim.{optimizer}
def closure():
    optimizer.zero_grad()
    loss = 0.5 * x**2 + (W**2).sum() + x * W.mean()
    loss.backward()
    return loss
for step in range(3):
    optimizer.step(closure)
"""
GROUPS = BOTH.replace(
    "optim.{optimizer}", "optim.SGD([{{'params': [x]}}, {{'params': [W], 'lr': 0.3, 'momentum': 0.5}}], lr=0.1)"
)
BY_HAND = """import torch
x = torch.tensor(1.0, requires_grad=True)
(x * x).backward()
with torch.no_grad():
    x -= 0.1 * x.grad
"""
CALLS = [
    "SGD([x, W], lr=0.1)",
    "SGD([x, W], lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)",
    "SGD([x, W], lr=0.1, momentum=0.9, nesterov=True, maximize=True)",
    "Adam([x, W], lr=0.1, weight_decay=0.1)",
    "Adam([x, W], lr=0.1, amsgrad=True, maximize=True, betas=(0.8, 0.9))",
    "AdamW([x, W], lr=0.1, weight_decay=0.2)",
    "AdamW([x, W], lr=0.1, amsgrad=True)",
    "NAdam([x, W], lr=0.1, weight_decay=0.1)",
    "NAdam([x, W], lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "RAdam([x, W], lr=0.1, betas=(0.9, 0.99))",
    "RAdam([x, W], lr=0.1, betas=(0.9, 0.6), weight_decay=0.1)",
    "RAdam([x, W], lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "Adamax([x, W], lr=0.1, weight_decay=0.1)",
    "Adagrad([x, W], lr=0.5, lr_decay=0.1, weight_decay=0.1)",
    "Adagrad([x, W], lr=0.5, initial_accumulator_value=0.5)",
    "Adadelta([x, W], lr=1.0, weight_decay=0.1)",
    "RMSprop([x, W], lr=0.05, weight_decay=0.1)",
    "RMSprop([x, W], lr=0.05, momentum=0.8, maximize=True)",
    "RMSprop([x, W], lr=0.05, momentum=0.8, centered=True)",
    "Rprop([x, W], lr=0.2)",
    "Rprop([x, W], lr=0.2, etas=(0.4, 1.5), step_sizes=(0.01, 0.25))",
    "ASGD([x, W], lr=0.1, lambd=0.01, t0=1, weight_decay=0.1)",
    "Adafactor([x, W], lr=0.1, weight_decay=0.1)",
    "Adafactor([x, W], lr=0.5, eps=(1e-6, 0.01), d=1.5)",
]
MUON = [
    "Muon([W], lr=0.1)",
    "Muon([W], lr=0.1, nesterov=False, adjust_lr_fn='match_rms_adamw', ns_steps=3)",
    "Muon([W], lr=0.1, weight_decay=0.0)",
]
LBFGS = ["LBFGS([x, W], lr=0.5, max_iter=1)", "LBFGS([x, W], lr=0.5, max_iter=4)", "SGD([x, W], lr=0.1, momentum=0.5)"]


def programs() -> dict[str, str]:
    """Programs by what is particular about them."""
    found = {call: BOTH.format(optimizer=call, between="pass", closure="") for call in CALLS}
    found |= {call: MATRIX.format(optimizer=call, between="pass", closure="") for call in MUON}
    found |= {f"{call} with a closure": CLOSED.format(optimizer=call) for call in LBFGS}
    clip = "torch.nn.utils.clip_grad_norm_([x, W], 1.0)"
    found["clipped"] = BOTH.format(optimizer=CALLS[1], between=clip, closure="")
    found["groups"] = GROUPS.format(between="pass", closure="")
    found["rectified"] = found[CALLS[9]].replace("range(3)", "range(8)")
    found["scheduled"] = BOTH.format(optimizer=CALLS[3], between="optimizer.param_groups[0]['lr'] *= 0.5", closure="")
    found["high"] = MATRIX.replace("2.0], [1.5", "2.0], [1.0, 1.0, -1.0], [0.5, 0.125, 2.0], [1.5").format(
        optimizer=MUON[0], between="pass", closure=""
    )
    found["float64"] = BOTH.replace(", requires_grad", ", dtype=torch.float64, requires_grad").format(
        optimizer=CALLS[4], between="pass", closure=""
    )
    found["SparseAdam"] = SPARSE
    return found


def recorded(program: str) -> dict[str, Any]:
    """What the page asks of a trace to take its steps apart."""
    run = record(program)
    assert run.failure is None, run.failure
    left = [
        [run.passes[update.pass_index or 0].accumulated.get(parameter.node or "") for parameter in update.parameters]
        for update in run.updates
    ]
    document: dict[str, Any] = json.loads(msgspec.json.encode({"updates": run.updates, "left": left}))
    for update in document["updates"]:
        del update["span"]
    return document


def alike(found: Any, expected: Any) -> bool:
    """Are two documents equal but for the last digits, which depend on the processor's vector instructions?"""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(alike, found, expected))
    if isinstance(expected, float):
        return bool(found == pytest.approx(expected, rel=1e-2, abs=1e-3))
    return bool(found == expected)


def test_the_recorded_steps_are_those_of_this_torch() -> None:
    found = {name: recorded(program) for name, program in programs().items()}
    if os.environ.get("WRITE_GOLDEN"):
        lines = [f" {json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in found.items()]
        RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    expected = json.loads(RECORDED.read_text("utf-8"))
    assert found.keys() == expected.keys()
    assert [name for name in found if not alike(found[name], expected[name])] == []


def test_every_optimizer_of_torch_is_among_them() -> None:
    known = {
        name
        for name, one in vars(torch.optim).items()
        if isinstance(one, type) and issubclass(one, torch.optim.Optimizer) and one is not torch.optim.Optimizer
    }
    found = {
        update["optimizer"] for one in json.loads(RECORDED.read_text("utf-8")).values() for update in one["updates"]
    }
    assert found == known


# -- what the page builds on -------------------------------------------------------------------------------------------


def updates_of(program: str) -> tuple[Update, ...]:
    return record(program).updates


def test_an_update_names_the_one_that_left_its_state() -> None:
    first, second = "SGD([x], lr=0.1, momentum=0.9)", "Adam([W], lr=0.1)"
    program = BOTH.format(optimizer=first, between="other.step()", closure="").replace(
        "for step", f"other = torch.optim.{second}\nfor step"
    )
    updates = updates_of(program)
    assert [(update.optimizer, update.previous) for update in updates[:4]] == [
        ("Adam", None),
        ("SGD", None),
        ("Adam", 0),
        ("SGD", 1),
    ]


def test_a_change_by_hand_follows_no_update() -> None:
    assert [update.previous for update in updates_of(BY_HAND)] == [None]


def test_a_step_with_a_closure_tells_the_gradient_that_it_was_made_from() -> None:
    for update in updates_of(CLOSED.format(optimizer="SGD([x, W], lr=0.1)")):
        x = update.parameters[0]
        assert isinstance(x.before, float)
        assert isinstance(x.gradient, float)
        assert x.after == pytest.approx(x.before - 0.1 * x.gradient)


def test_options_that_torch_keeps_as_tuples_have_names() -> None:
    rprop = updates_of(BOTH.format(optimizer=CALLS[20], between="pass", closure=""))[0].options
    assert [rprop[name] for name in ("etaminus", "etaplus", "step_size_min", "step_size_max")] == [0.4, 1.5, 0.01, 0.25]
    adafactor = updates_of(BOTH.format(optimizer=CALLS[22], between="pass", closure=""))[0].options
    assert (adafactor["eps1"], adafactor["eps2"]) == (None, 0.001)
    muon = updates_of(MATRIX.format(optimizer=MUON[0], between="pass", closure=""))[0].options
    assert [muon[name] for name in ("ns_a", "ns_b", "ns_c")] == [3.4445, -4.775, 2.0315]


def test_to_freeze_a_leaf_is_no_update() -> None:
    run = record(
        """import torch
net = torch.nn.Linear(2, 1)
net(torch.ones(2)).sum().backward()
net.requires_grad_(False)
net.requires_grad_(True)
copy = net.weight.detach().requires_grad_()
net(torch.ones(2)).sum().backward()
"""
    )
    assert run.failure is None
    assert run.updates == ()
    assert [moment.kind for moment in run.timeline] == ["forward", "backward"] * 2
