"""Deduced gradients against those that hooks on every node see: the traces are equal, to the last event."""

from __future__ import annotations

import pytest

from app.tracer.deduction import Deduction, Deductions
from tests.tracer.recording import record

HEAD = """
import torch

x = torch.tensor(1.5, requires_grad=True)
y = torch.tensor(-0.0, requires_grad=True)
z = torch.tensor(float("inf"), requires_grad=True)
optimizer = torch.optim.SGD([x, y], lr=0.1)
"""
LOOPS = {
    "sum of squares": "(x**2 + y**2 + z).backward(); optimizer.step(); optimizer.zero_grad()",
    "no zero_grad": "(x**2 + y**2 - z).backward(); optimizer.step()",
    "zero_grad to zeros": "(x * y + 1).backward(); optimizer.zero_grad(set_to_none=False)",
    "a leaf used twice": "(x * x + x * y + x).backward(); optimizer.step(); optimizer.zero_grad()",
    "a result used twice": "u = x * y\n    (u * u + 3 * u.sin() - x).backward(); optimizer.zero_grad()",
    "a sum with a varying factor": "torch.add(x * y, y, alpha=k).backward(); optimizer.zero_grad()",
    "a deep chain": "u = x\n    for _ in range(20): u = (u + y).tanh()\n    u.backward(); optimizer.zero_grad()",
    "made in turns": "p, q = (x.sin(), y.cos())[:: 1 - 2 * (k % 2)]\n    (x.sin() + y.cos()).backward()",
    "another order": "u = [lambda: x.exp(), lambda: y.exp()]\n    v = [f() for f in (u if k % 2 else u[::-1])]\n"
    "    (v[0] * v[1]).backward(); optimizer.zero_grad()",
    "one leaf clean, one not": "(x * y).backward(); x.grad = None",
    "a gradient of its own": "(x * y).backward(torch.tensor(2.0)); optimizer.zero_grad()",
    "some inputs": "(x * y + x).backward(inputs=[x]); optimizer.zero_grad()",
    "autograd.grad": "torch.autograd.grad(x * y + x, [x, y])",
    "kept": "u = x * y + x; u.backward(retain_graph=True); u.backward(); optimizer.zero_grad()",
    "a leaf alone": "x.backward(); optimizer.zero_grad()",
    "a hook that the text does not name": "u = x * y\n"
    "    if k > 2: getattr(u, 'register_ho' + 'ok')(lambda g: g * 2)\n"
    "    (u + x).backward(); optimizer.zero_grad()",
    "two types": "(x * y.double() + x).backward(); optimizer.zero_grad()",
}


@pytest.mark.parametrize("name", LOOPS)
def test_the_trace_is_that_of_hooks_on_every_node(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"{HEAD}\nfor k in range(6):\n    {LOOPS[name]}\n"
    deduced = record(program)
    monkeypatch.setattr(Deductions, "find", lambda *_: None)
    assert deduced == record(program)


def test_a_plain_loop_is_deduced(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Deduction | None] = []
    find = Deductions.find

    def watched(*args: object) -> object:
        found.append(find(*args))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(Deductions, "find", watched)
    record(f"{HEAD}\nfor k in range(4):\n    {LOOPS['sum of squares']}\n")
    assert [one is not None for one in found] == [False, False, True, True]  # z keeps its first gradient
    last = found[-1]
    assert last is not None
    assert last.hooked == ()
