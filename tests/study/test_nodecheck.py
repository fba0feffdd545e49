"""Every node of a pass beside differences of the loss: in expressions, programs, modules, custom functions."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio

from app.settings import Limits
from app.trace.codec import decode, encode
from app.trace.job import Expression, Job, Variable
from app.trace.ledger import Ledger
from app.trace.model import EndEvent, Event
from app.trace.study import NodeCheck, NodeCheckEvent
from app.tracer.study import study
from tests.tracer.recording import record
from tests.web.shapes import assert_problem

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
WRONG = (
    HEAD
    + """class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * x

w = torch.tensor(3.0, requires_grad=True)
y = Square.apply(w)
loss = y + w
loss.backward()
"""
)
NETWORK = (
    HEAD
    + """torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
data, target = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])
for step in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(data), target)
    loss.backward()
    optimizer.step()
"""
)


def check(source: str | Expression, pass_index: int = 0) -> tuple[NodeCheckEvent | None, EndEvent]:
    """Check a source, every event passing the checks of a hostile reply."""
    events: list[Event] = []
    study(Job(source, study=NodeCheck(pass_index)), events.append)
    ledger = Ledger(Limits())
    events = [ledger.enter(decode(encode(event))) for event in events]
    found = next((event for event in events if isinstance(event, NodeCheckEvent)), None)
    assert isinstance(events[-1], EndEvent)
    return found, events[-1]


def verdicts(source: str, pass_index: int = 0) -> dict[str, str]:
    """What is said of each node, by its variable or label."""
    found, end = check(source, pass_index)
    assert found is not None, end
    nodes = {node.id: node for graph in record(source).graphs if graph.id == found.graph for node in graph.nodes}
    names = {key: node.variable or node.label for key, node in nodes.items()}
    said = {names[one.node]: one.verdict for one in found.nodes}
    return said | {names[one.node]: one.reason for one in found.unchecked}


def test_every_subexpression_is_checked_by_itself() -> None:
    source = Expression(
        "sin(a*x)**2 + exp(b)", {"a": Variable(2.0), "x": Variable(0.5), "b": Variable([[0.1, 0.2]])}, sum=True
    )
    found, _ = check(source)
    assert found is not None
    assert len(found.nodes) == 9
    assert found.unchecked == ()
    assert {one.verdict for one in found.nodes} == {"agrees"}
    assert all(isinstance(one.error, float) and one.error < 1e-7 for one in found.nodes)


def test_a_wrong_backward_is_found_at_the_nodes_before_it() -> None:
    assert verdicts(WRONG) == {"loss": "agrees", "y": "agrees", "w": "differs"}


def test_the_parameters_of_a_network_are_moved_along_directions_at_any_step() -> None:
    found, _ = check(NETWORK, 2)
    assert found is not None
    assert found.pass_index == 2
    assert {one.verdict for one in found.nodes} == {"agrees"}
    large = next(one for one in found.nodes if one.elements == 24)
    assert (large.directions, large.checked) == (True, 3)
    assert {one.reason for one in found.unchecked} == {"inside"}


CASES: dict[str, tuple[str, dict[str, str]]] = {
    "a kink": (
        "x = torch.tensor(0.0, requires_grad=True)\ny = torch.relu(x)\ny.backward()", {"x": "kink", "y": "agrees"}),
    "a cut that matters": (
        "x = torch.tensor(2.0, requires_grad=True)\ny = x * x.detach()\ny.backward()", {"x": "differs", "y": "agrees"}),
    "in place": (
        "x = torch.tensor(2.0, requires_grad=True)\ny = x * 3\ny += 1\nz = y ** 2\nz.backward()",
        {"x": "agrees", "z": "agrees"}),
    "parallel edges": (
        "x = torch.tensor(3.0, requires_grad=True)\ny = x * x\ny.backward()", {"x": "agrees", "y": "agrees"}),
    "a loss with a weight": (
        "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.backward(torch.tensor([1.0, 2.0]))",
        {"x": "loss", "y": "loss"}),
    "an explicit float32": (
        "x = torch.tensor(2.0, requires_grad=True)\ny = x.to(torch.float32).float() ** 3\ny.backward()",
        {"x": "agrees"}),
    "chance": (
        "torch.manual_seed(1)\nx = torch.tensor(2.0, requires_grad=True)\ny = x * torch.randn(())\ny.backward()",
        {"x": "agrees", "y": "agrees"}),
}  # fmt: skip


@pytest.mark.parametrize(("program", "expected"), CASES.values(), ids=CASES.keys())
def test_what_can_be_said_is_said(program: str, expected: dict[str, str]) -> None:
    said = verdicts(HEAD + program)
    assert {name: said[name] for name in expected} == expected


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def loopback(service_url: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


@pytest.mark.asyncio(loop_scope="session")
async def test_over_http_for_expressions_and_programs(loopback: httpx.AsyncClient) -> None:
    body = {"expression": "a*x**2", "variables": {"a": 2, "x": 3}, "nodes": True}
    reply = await loopback.post("/api/check", json=body)
    assert reply.status_code == 200, reply.text
    assert {one["verdict"] for one in reply.json()["nodes"]} == {"agrees"}
    reply = await loopback.post("/api/check", json={"program": WRONG, "nodes": True})
    assert {one["verdict"] for one in reply.json()["nodes"]} == {"agrees", "differs"}
    late = await loopback.post("/api/check", json={"program": WRONG, "nodes": True, "pass": 9})
    assert assert_problem(late, 422, "no-such-pass")["parameters"] == {"index": 9, "count": 1}
    assert_problem(await loopback.post("/api/check", json={"program": "x = (", "nodes": True}), 422, "syntax")
    assert_problem(await loopback.post("/api/check", json={"program": WRONG, "nodes": 1}), 400, "invalid-request")
    assert_problem(
        await loopback.post("/api/check", json={"program": WRONG, "nodes": True, "pass": -1}), 400, "invalid-request"
    )
