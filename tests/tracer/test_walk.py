from __future__ import annotations

import subprocess
import sys

import torch

from app.settings import Limits
from app.trace.model import Cut
from app.tracer.walk import walk
from tests.tracer.recording import record

LONG_CHAIN = """
import torch
from app.tracer.walk import walk

y = torch.tensor(0.5, requires_grad=True)
for _ in range(80_000):
    y = torch.tanh(y)
assert len(walk([y.grad_fn], 20_000).nodes) == 20_001
del y
print("freed")
"""


def test_a_walk_breaks_off_past_the_most_nodes() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    root = (x.sin() + x.cos()).exp().grad_fn
    assert root is not None
    whole = walk([root])
    assert [node.name() for node in whole.nodes] == [
        "ExpBackward0", "AddBackward0", "SinBackward0", "torch::autograd::AccumulateGrad", "CosBackward0",
    ]  # fmt: skip
    assert len(whole.links) == 5
    assert walk([root], 5) == whole
    assert whole.slots == [1, 2, 1, 0, 1]
    assert walk([root], 3) == (whole.nodes[:4], [], [])


def test_a_chain_that_was_walked_in_part_is_freed_unharmed() -> None:
    """Torch frees by recursion whatever Python has looked at; too much of it would end the process."""
    done = subprocess.run([sys.executable, "-c", LONG_CHAIN], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr


def test_a_graph_past_the_limit_cuts_the_run() -> None:
    program = (
        "import torch\nx = y = torch.ones((), requires_grad=True)\nfor _ in range(300): y = y.tanh()\ny.backward()"
    )
    run = record(program, Limits(nodes=200))
    assert run.cut == Cut("nodes", 200, "nodes")
