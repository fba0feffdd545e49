"""What is taken a shorter way while a run is recorded is the same in the end: for hooks, profilers and errors, too."""

from __future__ import annotations

import contextlib
import io

from tests.tracer.recording import record

HEAD = """import torch
x = torch.tensor(1.5, requires_grad=True)
y = torch.tensor(0.5, requires_grad=True)
optimizer = torch.optim.SGD([x, y], lr=0.1)
"""
PROFILED = f"""{HEAD}
with torch.autograd.profiler.profile() as seen:
    (x**2).backward()
    optimizer.step()
    optimizer.zero_grad()
print(sorted(one.name for one in seen.function_events if one.name.startswith("Optimizer")))
"""
HOOKED = f"""{HEAD}
optimizer.register_step_pre_hook(lambda *_: print("before", x.item()))
optimizer.register_step_post_hook(lambda *_: print("after", x.item()))
for step in range(2):
    (x**2).backward()
    optimizer.step()
    optimizer.zero_grad()
    print(x.grad, y.grad)
"""
WRONG = f"""{HEAD}
for wrong in ("a", None, [1]):
    try:
        x ** wrong
    except TypeError as error:
        print(error)
print(2 ** x, x ** y, 3 - x)
"""
TURNS = f"""{HEAD}
for step in range(4):
    u, v = x**2, y**2
    (u + (u if step % 2 else v)).backward()
"""


def plainly(program: str) -> str:
    """What a program prints without a recorder."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "<plain>", "exec"), {"__name__": "__main__"})
    return output.getvalue()


def test_a_profiler_sees_what_an_optimizer_does() -> None:
    assert record(PROFILED).output == "['Optimizer.step#SGD.step', 'Optimizer.zero_grad#SGD.zero_grad']\n"


def test_hooks_on_an_optimizer_run() -> None:
    run = record(HOOKED)
    assert run.output == plainly(HOOKED)
    assert run.output.count("before") == run.output.count("after") == len(run.updates) == 2


def test_errors_of_operators_are_those_of_python() -> None:
    assert record(WRONG).output == plainly(WRONG)


def test_equal_calls_on_other_operands_make_another_graph() -> None:
    run = record(TURNS)
    assert [one.graph for one in run.passes] == ["g0", "g1", "g0", "g1"]
    assert [len(graph.nodes) for graph in run.graphs] == [5, 3]
