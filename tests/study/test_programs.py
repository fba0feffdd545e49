"""Programs in the lab: another optimizer in the place of their own, everything else as it was."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.study.lab import answer_of
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROGRAM = """\
import torch
from torch import nn
from torch.optim import SGD

net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
data = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
optimizer = OPTIMIZER
assert isinstance(optimizer, torch.optim.Optimizer)
for epoch in range(40):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(data), target)
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())
"""
OWN = PROGRAM.replace("OPTIMIZER", "SGD([{'params': net.parameters(), 'lr': 3}], lr=0.5, momentum=0.9)")
CLOSURE = (
    OWN[: OWN.index("for epoch")]
    + """\
def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(data), target)
    loss.backward()
    return loss
for epoch in range(20):
    optimizer.step(closure)
"""
)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


async def losses_of(client: httpx.AsyncClient, optimizer: str, seed: int = 0) -> list[float]:
    """The losses of the program with this optimizer written into it."""
    body = {"program": PROGRAM.replace("OPTIMIZER", optimizer), "seed": seed}
    return [recorded["loss"] for recorded in (await answer_of(client, "/api/trace", body))["passes"]]


async def test_each_cell_is_the_program_with_that_optimizer(client: httpx.AsyncClient) -> None:
    configurations = [
        {"name": "SGD", "momentum": 0.9},
        {"name": "Adam", "scheduler": {"name": "StepLR", "step_size": 5}},
    ]
    body = {"program": OWN, "configurations": configurations, "rates": [0.01, 0.1], "seeds": [0, 7], "steps": 30}
    found = await answer_of(client, "/api/sweep", body)
    assert not found["failures"]
    for cell, optimizer, seed in (
        (0, "torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)", 0),
        (3, "torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)", 7),
    ):
        losses = await losses_of(client, optimizer, seed)
        assert found["cells"]["initial"][cell] == losses[0]
        assert found["cells"]["final"][cell] == losses[30]
        assert found["cells"]["best"][cell] == min(losses[:31])
    assert found["cells"]["final"][4] != found["cells"]["final"][6]


async def test_a_program_that_compiles_its_network_runs_as_it_is_written(client: httpx.AsyncClient) -> None:
    compiled = OWN.replace("data = ", "net = torch.compile(net)\ndata = ")
    body = {"configurations": [{"name": "SGD"}], "rates": [0.1], "seeds": [0], "steps": 10}
    found, bare = [await answer_of(client, "/api/sweep", {**body, "program": one}) for one in (compiled, OWN)]
    assert not found["failures"]
    assert found["cells"] == bare["cells"]


async def test_racers_run_the_program_and_share_a_plane(client: httpx.AsyncClient) -> None:
    racers = [{"name": "Adam", "lr": 0.1}, {"name": "SGD", "lr": 0.1, "momentum": 0.9}]
    body = {"program": OWN, "racers": racers, "steps": 25, "surface": 5}
    found = await answer_of(client, "/api/race", body)
    losses = await losses_of(client, "torch.optim.Adam(net.parameters(), lr=0.1)")
    assert found["racers"][0]["losses"] == losses[:26]
    assert found["racers"][0]["rates"] == [0.1] * 25
    assert found["projection"]["parameters"] == 17
    assert [len(path) for path in found["projection"]["points"]] == [26, 26]
    assert len(found["surface"]["losses"]) == 25
    assert min(found["surface"]["losses"]) < losses[0]
    random = (await answer_of(client, "/api/race", body | {"directions": "random"}))["surface"]
    assert random["losses"][12] == min(racer["final"] for racer in found["racers"])
    assert random["hidden"]["unmoved"] == 5


async def test_a_surface_is_what_the_program_gives_at_each_place(client: httpx.AsyncClient) -> None:
    """Played again in batches, or run for each place where it branches on its loss: both are the same numbers."""
    racers = [{"name": "Adam", "lr": 0.1}, {"name": "SGD", "lr": 0.1, "momentum": 0.9}]
    body = {"racers": racers, "steps": 10, "surface": 5, "directions": "random"}
    whole = (await answer_of(client, "/api/race", body | {"program": OWN}))["surface"]
    branching = OWN.replace("    loss.backward()", "    loss = loss if loss.item() > 0 else -loss\n    loss.backward()")
    looped = OWN.replace("net(data)", "torch.stack([net(data[i]) for i in range(max(4, int(net(data).sum() > 9)))])")
    for program in (branching, looped):
        other = (await answer_of(client, "/api/race", body | {"program": program}))["surface"]
        assert other["losses"] == pytest.approx(whole["losses"], rel=1e-4)
    assert whole["batched"] is True
    doubling = branching.replace("-loss", "loss * 2").replace("> 0 ", "< 0.5 ")
    found = (await answer_of(client, "/api/race", body | {"program": doubling}))["surface"]
    assert found["batched"] is False
    assert {round(loss / one) for loss, one in zip(found["losses"], whole["losses"], strict=True)} == {1, 2}


async def test_a_program_with_a_closure_takes_any_optimizer(client: httpx.AsyncClient) -> None:
    body = {"program": CLOSURE, "steps": 10, "rates": [0.5],
            "configurations": [{"name": "LBFGS"}, {"name": "Adam", "clip_norm": 0.1}]}  # fmt: skip
    found = await answer_of(client, "/api/sweep", body)
    assert not found["failures"]
    assert all(best < initial for best, initial in zip(found["cells"]["best"], found["cells"]["initial"], strict=True))


async def test_a_cell_that_fails_does_not_end_the_others(client: httpx.AsyncClient) -> None:
    body = {"program": OWN, "steps": 5, "rates": [0.1], "configurations": [{"name": "LBFGS"}, {"name": "Adam"}]}
    found = await answer_of(client, "/api/sweep", body)
    assert [failure["cell"] for failure in found["failures"]] == [0]
    assert found["failures"][0]["detail"]
    assert found["cells"]["diverged"][1] is None


ENDS = {"exit(1)": 1, "sys.exit('the loss went up')": 1, "exit(7)": 7, "raise SystemExit(False)": None, "exit()": None}


@pytest.mark.parametrize("call", ENDS)
async def test_a_cell_whose_program_ends_itself_badly_has_failed(client: httpx.AsyncClient, call: str) -> None:
    program = "import sys\n" + OWN + f"    if epoch == 3 and optimizer.param_groups[0]['lr'] > 0.5:\n        {call}\n"
    body = {"program": program, "steps": 10}
    swept = await answer_of(client, "/api/sweep", body | {"rates": [0.1, 0.9], "configurations": [{"name": "SGD"}]})
    racers = [{"name": "SGD", "lr": 0.1}, {"name": "SGD", "lr": 0.9}]
    raced = await answer_of(client, "/api/race", body | {"racers": racers})
    failures = [racer["failure"] for racer in raced["racers"]]
    code = ENDS[call]
    if code is None:
        assert (swept["failures"], failures) == ([], [None, None])
        return
    for failure in (*swept["failures"], failures[1]):
        assert (failure["code"], failure["parameters"]) == ("exited", {"code": code})
        assert str(code) in failure["detail"]
    assert [failure["cell"] for failure in swept["failures"]] == [1]
    assert failures[0] is None


async def test_a_program_that_catches_everything_has_ended_well(client: httpx.AsyncClient) -> None:
    lines = OWN.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("for epoch"))
    guarded = ["try:", *("    " + line for line in lines[start:]), "except:", "    raise SystemExit(1)"]
    body = {"program": "\n".join([*lines[:start], *guarded]), "steps": 5, "rates": [0.1]}
    found = await answer_of(client, "/api/sweep", body | {"configurations": [{"name": "SGD"}]})
    assert found["failures"] == []


@pytest.mark.parametrize(
    ("program", "slug"),
    [
        ("x = 1\n", "no-optimizer"),
        ("import torch\ntorch.optim.SGD([], lr=1)\n", "no-parameters"),
        ("import torch\nx = = 1\n", "syntax"),
        ("import torch\ny = torch.ones(2) + undefined\n", "unknown-name"),
        ("import sys\nsys.exit(3)\n", "exited"),
        ("import sys\nsys.exit()\n", "no-optimizer"),
    ],
)
async def test_a_program_that_cannot_be_swept_says_why(client: httpx.AsyncClient, program: str, slug: str) -> None:
    body = {"program": program, "steps": 5, "rates": [0.1], "configurations": [{"name": "Adam"}]}
    problem = assert_problem(await client.post("/api/sweep", json=body), 422, slug)
    assert "{" not in problem["detail"]


async def test_a_process_that_dies_costs_one_cell(client: httpx.AsyncClient) -> None:
    deadly = OWN.replace("for epoch", "import ctypes\nif torch.rand(1).item() < 0.2: ctypes.string_at(0)\nfor epoch")
    body = {
        "program": deadly,
        "steps": 3,
        "rates": [0.1],
        "configurations": [{"name": "Adam"}],
        "seeds": list(range(12)),
    }
    found = await answer_of(client, "/api/sweep", body)
    died = [failure["cell"] for failure in found["failures"]]
    assert 0 < len(died) < 12
    assert {failure["code"] for failure in found["failures"]} == {"run-died"}
    assert sum(loss != "NaN" for loss in found["cells"]["final"]) == 12 - len(died)
