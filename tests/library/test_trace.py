"""The library's face: what a call and a `with` block record in this process, and what can be done with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.settings import Limits
from app.trace.model import Node
from app.tracer import Trace, open_trace, trace
from tests.library.network import Net


def quadratic(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    y = a * x**2
    y.backward()
    return y


def leaf(number: float) -> torch.Tensor:
    return torch.tensor(float(number), requires_grad=True)


def named(run: Trace, name: str, index: int = 0) -> tuple[Node, object, object]:
    nodes = run.graph_of(index).nodes
    [place] = [place for place, node in enumerate(nodes) if node.variable == name]
    return nodes[place], run.passes[index].values[place], run.passes[index].gradients[place]


def marked(run: Trace, node: Node) -> str:
    """The text that a node's span marks."""
    assert node.span is not None
    line = run.program.split("\n")[node.span.line - 1]
    return line[node.span.column - 1 : node.span.end_column - 1]


def test_a_call_is_recorded_with_its_result_names_and_places() -> None:
    a, x = leaf(2), leaf(3)
    run = trace(quadratic, a, x)
    assert run.result.item() == 18
    assert repr(run) == "<Trace: 1 pass, 1 graph>"
    y, value, gradient = named(run, "y")
    assert (y.label, value, gradient) == ("a * x**2", 18.0, 1.0)
    assert marked(run, y) == "a * x**2"
    assert named(run, "x")[1:] == (3.0, 12.0)
    assert run.program == Path(__file__).read_text("utf-8").removesuffix("\n")


def test_keywords_go_to_the_function() -> None:
    assert trace(quadratic, x=leaf(3), a=leaf(2)).result.item() == 18


def train(optimizer: torch.optim.Optimizer, net: nn.Module, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        loss = net(torch.ones(2, 3)).square().mean()
        loss.backward()
        optimizer.step()


def test_a_block_records_training_that_began_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    torch.optim.lr_scheduler.StepLR(optimizer, 1)
    train(optimizer, net, 1)
    with trace() as run:
        train(optimizer, net, 2)
        assert len(run.passes) == 2  # what was recorded so far
        print("trained")
    train(optimizer, net, 1)
    assert [moment.kind for moment in run.timeline] == ["zero_grad", "forward", "backward", "update"] * 2 + ["print"]
    assert [update.optimizer for update in run.updates] == ["Adam", "Adam"]
    assert {one.variable for one in run.updates[0].parameters} == {
        f"net.{layer}.{name}" for layer in (0, 2) for name in ("weight", "bias")
    }
    assert run.updates[0].parameters[0].state["step"] == 2
    assert run.output == "trained\n" == capsys.readouterr().out
    assert len(run.graphs) == 1


def lbfgs(weight: torch.Tensor) -> None:
    optimizer = torch.optim.LBFGS([weight], max_iter=3)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (weight - 1).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)


def test_an_optimizer_that_calls_back_is_recorded_through_its_closure() -> None:
    bare, weight = (torch.tensor([3.0, -1.0], requires_grad=True) for _ in range(2))
    lbfgs(bare)
    run = trace(lbfgs, weight)
    assert torch.equal(weight, bare)
    assert [update.optimizer for update in run.updates] == ["LBFGS"]
    assert len(run.passes) >= 2
    assert run.graphs[0].nodes[1].label == "(weight - 1).square()"


def test_code_of_other_files_stands_below_with_its_own_places() -> None:
    net = Net()
    with trace() as run:
        net(torch.ones(3)).backward()
    assert "# -- network.py --" in run.program
    nodes = [node for node in run.graphs[0].nodes if node.module == "net" and node.span]
    assert [marked(run, node) for node in nodes] == ["hidden.square().sum()", "hidden.square()"]
    [linear] = [node for node in run.graphs[0].nodes if node.name == "AddBackward0" or node.name == "AddmmBackward0"]
    assert (linear.module, marked(run, linear)) == ("net.inner", "self.inner(x)")


def test_a_program_without_backward_shows_its_forward_graph() -> None:
    x = leaf(2)
    with trace() as run:
        z = x.exp() * 3
    assert [passed.call for passed in run.passes] == ["forward"]
    assert run.graphs[0].nodes[0].variable == "z"
    assert [passed.call for passed in trace(lambda: (x + 1) * 2).passes] == ["forward"]
    assert z.item() == pytest.approx(22.167, abs=1e-3)


def test_what_is_raised_goes_on_and_is_told() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="grad can be implicitly created"), trace() as run:
        (x * 2).backward()
    failure = run.data.failure
    assert failure is not None
    assert failure.code == "not-scalar"
    assert failure.span is not None
    assert run.program.split("\n")[failure.span.line - 1].strip() == "(x * 2).backward()"
    with pytest.raises(ZeroDivisionError):
        trace(lambda: 1 / 0)


@pytest.mark.parametrize("given", ["x**2", 3, torch.ones(1)], ids=["a text", "a number", "a tensor"])
def test_what_cannot_be_called_is_told_what_can_be_recorded(given: Any) -> None:
    with pytest.raises(TypeError, match=rf"`with trace\(\) as t:`, and no {type(given).__name__}"):
        trace(given)
    with trace():  # and no recording was left open
        pass


@pytest.mark.parametrize("every", [0, -1, 1.5, "2"])
def test_every_is_a_whole_number_of_steps(every: Any) -> None:
    with pytest.raises(ValueError, match="keep every one, or every second"):
        trace(every=every)


@pytest.mark.parametrize("option", [{"theme": "blue"}, {"direction": "up"}, {"phase": "update"}])
def test_an_option_that_there_is_not_is_answered_with_those_there_are(option: dict[str, Any]) -> None:
    with trace() as recorded:
        (torch.ones(2, requires_grad=True) * 3).sum().backward()
    [(name, value)] = option.items()
    with pytest.raises(ValueError, match=f"{name}='{value}': it is one of '"):
        recorded.svg(**option)


def test_only_one_recording_goes_on_at_a_time() -> None:
    with trace(), pytest.raises(RuntimeError, match="goes on already"):
        trace(quadratic, leaf(1), leaf(1))
    assert len(trace(quadratic, leaf(1), leaf(1)).passes) == 1


@pytest.mark.parametrize("limits", [Limits(nodes=3), Limits(graphs=1)], ids=["nodes", "graphs"])
def test_a_limit_ends_the_recording_and_not_the_program(limits: Limits) -> None:
    x = leaf(2)
    with trace(limits=limits) as run:
        (x * 3).backward()
        (x.exp() * 3 + x.sin()).backward()
        (x * 3).backward()
    assert len(run.passes) == 1
    assert run.data.cut is not None
    assert x.grad is not None
    assert x.grad.item() == pytest.approx(3 + 3 * torch.tensor(2.0).exp().item() + torch.tensor(2.0).cos().item() + 3)


# -- ways out ----------------------------------------------------------------------------------------------------------


def test_a_picture_has_the_numbers_of_its_pass() -> None:
    x = leaf(3)
    with trace() as run:
        for _ in range(2):
            y = x**2
            y.backward()
            with torch.no_grad():
                x -= 1
    texts = [re.findall(r">([^<>]+)</text>", run.svg(index)) for index in (0, -1)]
    assert "9" in texts[0]
    assert "4" in texts[1]
    assert 'class="graph dark"' in run.svg(theme="dark")
    assert run.picture("png").startswith(b"\x89PNG")
    with pytest.raises(IndexError, match="no pass 2: 2 were recorded"):
        run.svg(2)


def test_a_notebook_shows_the_graph_and_what_was_recorded() -> None:
    html = trace(quadratic, leaf(2), leaf(3))._repr_html_()
    assert html.startswith("<figure><svg")
    assert html.endswith("<figcaption>&lt;Trace: 1 pass, 1 graph&gt;</figcaption></figure>")
    assert trace(lambda: None)._repr_html_() == "<p>&lt;Trace: 0 passes, 0 graphs, 1 remark&gt;</p>"


async def test_it_draws_where_a_loop_runs_already() -> None:
    assert "<svg" in trace(quadratic, leaf(2), leaf(3)).svg()


def test_a_saved_trace_is_the_same_when_it_is_opened(tmp_path: Path) -> None:
    run = trace(quadratic, leaf(2), leaf(float("inf")))
    run.save(tmp_path / "t.json")
    again = open_trace(tmp_path / "t.json")
    assert again.data == run.data
    assert again.svg() == run.svg()


def test_the_drawn_trace_is_what_the_api_answers() -> None:
    drawn = trace(quadratic, leaf(2), leaf(3)).drawn()
    assert drawn.graphs[0].svg.startswith("<svg")
    assert "18" in drawn.graphs[0].svg


BEFORE_A_RUN = """
import torch
from app.settings import Limits
from app.trace.codec import collect
from app.trace.job import Job
from app.tracer import trace

class Own(torch.optim.SGD):
    pass

w = torch.ones(1, requires_grad=True)
optimizers = [torch.optim.SGD([w], lr=0.1), Own([w], lr=0.1), torch.optim.Adam([w])]
with trace() as block:
    (w * w).backward()
    for one in optimizers:
        one.step()

from app.tracer.run import trace as run
events = []
run(Job(
    "import torch\\nw = torch.ones(1, requires_grad=True)\\n(w * w).backward()\\n"
    "for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop):\\n    kind([w], lr=0.5).step()",
    0, Limits(),
), events.append)
with trace() as again:
    (w * w).backward()
    for one in optimizers:
        one.step()
for data in (block.data, collect(events), again.data):
    print([(update.optimizer, update.options["lr"]) for update in data.updates])
"""


def test_optimizers_made_before_a_program_is_run_in_the_same_process_are_known_there() -> None:
    command = [sys.executable, "-c", BEFORE_A_RUN]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    own = "[('SGD', 0.1), ('Own', 0.1), ('Adam', 0.001)]"
    assert done.stdout.splitlines() == [own, "[('SGD', 0.5), ('Adam', 0.5), ('RMSprop', 0.5)]", own]
