"""What `torch.compile` made is recorded as the program wrote it, and is compiled again afterwards."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from app.tracer import trace

dynamo: Any = pytest.importorskip("torch._dynamo")


@pytest.fixture
def seen() -> list[str]:
    """The kernels that reach a compiler."""
    return []


@pytest.fixture
def backend(seen: list[str]) -> Any:
    def compiler(graph: Any, _inputs: Any) -> Any:
        seen.append(str(graph.code))
        return graph.forward

    yield compiler
    dynamo.reset()


@pytest.mark.filterwarnings("ignore")  # torch's compiler asks for `.grad` of whatever it is given
def test_compiled_functions_and_modules_run_as_they_are_written(backend: Any, seen: list[str]) -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    fast = torch.compile(net, backend=backend)

    @torch.compile(backend=backend, fullgraph=True)
    def loss_of(y: torch.Tensor) -> torch.Tensor:
        return (y.sin() * y).sum()

    x = torch.ones(4, 2)
    with trace() as run:
        loss = loss_of(fast(x))
        loss.backward()
        loss_of(fast(x)).backward()
    assert seen == []
    labels = {node.label for node in run.graphs[0].nodes}
    assert {"y.sin()", "y.sin() * y", "(y.sin() * y).sum()", "tanh"} <= labels
    assert all(value is not None for passed in run.passes for value in passed.values)
    [told] = run.diagnostics
    assert (told.code, told.severity) == ("runs-uncompiled", "info")
    assert told.span is not None
    bare = loss_of(fast(x))
    assert len(seen) == 2
    assert bare.item() == pytest.approx(loss.item())


@pytest.mark.filterwarnings("error")  # torch warns of hooks on all modules, which are the recorder's
def test_compiling_within_a_recording_says_nothing_on_stderr(backend: Any, seen: list[str]) -> None:
    with trace() as run:
        fast = torch.compile(nn.Linear(2, 3), backend=backend)
        fast(torch.ones(2)).sum().backward()
    assert [one.code for one in run.diagnostics] == ["runs-uncompiled"]
    assert seen == []


def test_a_stance_that_the_program_takes_is_left_to_it(backend: Any) -> None:
    stance = dynamo.eval_frame._stance
    with trace():
        torch.compile(torch.sin, backend=backend)
    assert dynamo.eval_frame._stance is stance
    with trace():
        torch.compiler.set_stance("eager_on_recompile")
    assert dynamo.eval_frame._stance.stance == "eager_on_recompile"
    torch.compiler.set_stance("default")
