"""Compiled code: TorchScript's insides are seen as far as autograd has nodes for them, and its making is no run."""

from __future__ import annotations

import pytest
import torch

from app.trace.model import Node, Trace
from tests.tracer.recording import graph_of, record, run_bare, unexplained, value

HEAD = """\
import torch
from torch import nn
x = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
"""
NETWORK = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)
    def forward(self, x):
        y = self.drop(torch.tanh(self.inner(x)) + 1)
        y *= 2
        return y.sum()
"""


def named(run: Trace, index: int = 0) -> list[Node]:
    return [node for node in graph_of(run, index).nodes if node.kind not in ("leaf", "constant")]


def test_the_inside_of_a_scripted_function_is_seen() -> None:
    run = record(HEAD + "@torch.jit.script\ndef f(x):\n    return (x.sin() * x).sum()\ny = f(x)\ny.backward()\n")
    assert run.failure is None
    assert list(unexplained(run)) == []
    assert [node.label for node in named(run)] == ["f(x)", "mul", "sin"]
    assert value(run, "y") == pytest.approx(0.2397128 + 0.8414710 + 1.8185949)


def test_many_operations_in_one_node_are_not_told_as_one_of_them() -> None:
    program = HEAD + "@torch.jit.script\ndef f(x):\n    return (x.sin() * x).sum()\n"
    run = record(program + "for i in range(4):\n    y = f(x) + 1\n    y.backward()\nprint(x.grad)")
    assert run.failure is None
    [index] = {index for index, node in enumerate(graph_of(run).nodes) if node.name.startswith("torch::jit")}
    node = graph_of(run).nodes[index]
    assert (node.label, node.shape, run.passes[-1].values[index]) == ("TorchScript", (3,), None)
    assert value(run, "f(x)") == pytest.approx(2.8997788)


SCRIPTS = {
    "module": "torch.manual_seed(1)\nnet = torch.jit.script(Net())\nfor i in range(4):\n    net(x).backward()\n",
    "traced": "net = torch.jit.trace(Net().eval(), x)\nfor i in range(4):\n    net(x).backward()\n",
    "traced module": "net = torch.jit.trace_module(Net().eval(), {'forward': x})\nnet(x).backward()\n",
    "a mode of the program's own": """
from torch.overrides import TorchFunctionMode
class Count(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        print(func.__name__)
        return func(*args, **(kwargs or {}))
net = torch.jit.script(Net().eval())
with Count():
    net(x).backward()
""",
}


@pytest.mark.filterwarnings("ignore")  # TorchScript announces its end
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_do_what_they_do_bare(name: str) -> None:
    # TorchScript reads the text of classes, which only a program with a name in `linecache` has.
    program = HEAD + NETWORK + SCRIPTS[name] + "print(x.grad, net.inner.weight.grad)\n"
    run = record(program)
    assert run.failure is None
    assert run.diagnostics == ()
    assert run.output == run_bare(program, name="<program>")


COMPILED = """
net = Net().eval()
fast = torch.compile(net, mode="reduce-overhead")
net.compile()

@torch.compile(fullgraph=True)
def loss_of(y):
    return (y * y).sum()

from torch import compile
loss = loss_of(fast(x)) + compile(torch.sin)(x).sum()
loss.backward()
print(loss, x.grad, fast._orig_mod is net, len(net.state_dict()), net)
"""


def test_what_is_to_be_compiled_runs_as_it_is_written() -> None:
    original = torch.compile
    run = record(HEAD + NETWORK + COMPILED)
    assert run.failure is None
    assert list(unexplained(run)) == []
    [told] = run.diagnostics
    assert (told.code, told.severity) == ("runs-uncompiled", "info")
    assert told.span is not None
    assert run.program.splitlines()[told.span.line - 1].startswith("fast = torch.compile(net")
    assert {"torch.tanh(self.inner(x))", "y * y", "(y * y).sum()"} <= {node.label for node in named(run)}
    assert torch.compile is original


def test_a_wrong_option_of_the_compiler_is_told_as_torch_tells_it() -> None:
    run = record(HEAD + "torch.compile(torch.sin, speed=2)(x)\n")
    assert run.failure is not None
    assert run.failure.span is not None
    assert (run.failure.code, run.failure.span.line) == ("unknown-keyword", 4)
