"""A program recorded in one's own process has the numbers that a run of the service has, deduced or hooked."""

from __future__ import annotations

import runpy
from pathlib import Path
from textwrap import indent
from typing import Any

import msgspec
import pytest
import torch

from app.trace.model import Trace
from tests.tracer.recording import record

SCALARS = """import torch
x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
optimizer = torch.optim.SGD([x, y], lr=0.1, momentum=0.5)
for i in range(6):
    output = x * y + y**2 - torch.sin(x)
    optimizer.zero_grad()
    output.backward()
    optimizer.step()
"""
PILED = SCALARS.replace("    optimizer.zero_grad()\n", "")
NET = """import torch
from torch import nn
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(net.parameters())
for i in range(3):
    optimizer.zero_grad()
    net(torch.ones(2, 3)).pow(2).mean().backward()
    optimizer.step()
"""


def without_places(one: Any) -> Any:
    """Builtins without the spans: the program stands indented in the `with` statement."""
    if isinstance(one, dict):
        return {key: without_places(part) for key, part in one.items() if key != "span"}
    return [without_places(part) for part in one] if isinstance(one, list | tuple) else one


@pytest.mark.parametrize("program", [SCALARS, PILED, NET], ids=["scalars", "piled", "net"])
def test_both_ways_record_the_same(program: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"from app.tracer import trace\nwith trace() as recorded:\n{indent(program, '    ')}")
    of_service = record(program)
    torch.manual_seed(0)
    of_library: Trace = runpy.run_path(str(script))["recorded"].data
    assert len(of_service.passes) >= 3
    for name in ("graphs", "passes", "updates", "timeline", "diagnostics"):
        ours, theirs = (without_places(msgspec.to_builtins(getattr(run, name))) for run in (of_library, of_service))
        assert repr(ours) == repr(theirs), name
