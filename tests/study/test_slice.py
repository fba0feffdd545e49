"""Slices through one pass of a run: each cell is what torch computes with those parameters; what cannot be says why."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest
import pytest_asyncio
import torch
from torch import nn

from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/landscape"
NETWORK = """\
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
for step in range(12):
    data = torch.randn(8, 2)
    target = data.prod(dim=1, keepdim=True)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(data), target)
    loss.backward()
    optimizer.step()
"""
AXES = [
    {"variable": "net.0.weight", "index": [3, 1], "start": -1, "stop": 1, "count": 5},
    {"variable": "net.2.bias", "index": [0], "start": 0, "stop": 2, "count": 4},
]
RANDOM = {"kind": "random", "seed": 3, "count": 5}


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


async def slice_of(client: httpx.AsyncClient, at: int = 0, program: str = NETWORK, **more: object) -> Any:
    reply = await client.post(PATH, json={"program": program, "pass": at, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


class Course:
    """The network as the program trains it, one copy of it as it stood at the beginning of each pass, in float64."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
        self.nets: list[nn.Module] = []
        self.batches: list[tuple[torch.Tensor, torch.Tensor]] = []
        for _ in range(12):
            data = torch.randn(8, 2)
            target = data.prod(dim=1, keepdim=True)
            self.nets.append(copy.deepcopy(net).double())
            self.batches.append((data.double(), target.double()))
            optimizer.zero_grad()
            nn.functional.mse_loss(net(data), target).backward()
            optimizer.step()
        self.nets.append(copy.deepcopy(net).double())

    def loss(self, number: int, net: nn.Module) -> torch.Tensor:
        data, target = self.batches[number]
        return nn.functional.mse_loss(net(data), target)


async def test_each_cell_is_the_pass_with_those_two_elements(client: httpx.AsyncClient) -> None:
    found = await slice_of(client, 7, axes=AXES, gradients=True)
    course = Course()
    expected, slopes = [], []
    for a in torch.linspace(-1, 1, 5, dtype=torch.float64):
        for b in torch.linspace(0, 2, 4, dtype=torch.float64):
            net = copy.deepcopy(course.nets[7])
            weight, bias = net.get_parameter("0.weight"), net.get_parameter("2.bias")
            with torch.no_grad():
                weight[3, 1], bias[0] = a, b
            loss = course.loss(7, net)
            loss.backward()
            assert weight.grad is not None
            assert bias.grad is not None
            expected.append(float(loss.detach()))
            slopes.append((float(weight.grad[3, 1]), float(bias.grad[0])))
    assert found["batched"] is True
    assert found["losses"] == pytest.approx(expected, rel=1e-6)
    for column, told in zip(zip(*slopes, strict=True), found["gradients"], strict=True):
        assert told == pytest.approx(column, rel=1e-6)
    told = found["slice"]
    assert told["loss"] == pytest.approx(float(course.loss(7, course.nets[7]).detach()), rel=1e-5)
    assert told["replayed"] == pytest.approx(told["loss"], rel=1e-5)
    ways = [
        [float(net.get_parameter("0.weight").detach()[3, 1]), float(net.get_parameter("2.bias").detach()[0])]
        for net in course.nets
    ]
    assert told["place"] == pytest.approx(ways[7], rel=1e-5)
    assert told["path"]["passes"] == list(range(13))
    torch.testing.assert_close(torch.tensor(told["path"]["points"]), torch.tensor(ways))
    hidden = told["hidden"]
    assert (hidden["dimensions"], hidden["shown"], hidden["unmoved"]) == (17, 2, 15)
    rows = torch.stack([nn.utils.parameters_to_vector(net.parameters()).detach() for net in course.nets])
    moved = (rows - rows[7]).square().sum(dim=0)
    assert hidden["explained"] == pytest.approx(float((moved[7] + moved[-1]) / moved.sum()), rel=1e-4)
    net = course.nets[7]
    course.loss(7, net).backward()
    gradient = torch.cat([parameter.grad.reshape(-1) for parameter in net.parameters()])  # type: ignore[union-attr]
    assert told["gradient"] == pytest.approx([float(gradient[7]), float(gradient[-1])], rel=1e-5)
    share = gradient[[7, -1]].norm() / gradient.norm()
    assert hidden["gradient_inside"] == pytest.approx(float(share), rel=1e-5)


async def test_random_directions_are_as_long_as_the_filters(client: httpx.AsyncClient) -> None:
    found = await slice_of(client, 11, directions=RANDOM)
    course, told = Course(), found["slice"]
    assert told["coordinates"] == [[-1, -0.5, 0, 0.5, 1]] * 2
    assert found["losses"][12] == pytest.approx(float(course.loss(11, course.nets[11]).detach()), rel=1e-6)
    assert found["losses"][12] == told["replayed"]
    assert told["place"] == [0, 0]
    assert told["hidden"]["unmoved"] == 5
    assert (await slice_of(client, 11, directions=RANDOM, gradients=True))["losses"] == found["losses"]
    other = await slice_of(client, 11, directions=RANDOM | {"seed": 4, "reach": 0.1}, path=False)
    assert other["slice"]["path"] is None
    assert other["slice"]["hidden"]["explained"] is None
    assert max(other["losses"]) < max(found["losses"])
    # The slope along the first direction is that of differences along it.
    near = await slice_of(client, 11, directions=RANDOM | {"reach": 1e-4, "count": 3})
    slope = (near["losses"][7] - near["losses"][1]) / 2e-4
    assert told["gradient"][0] == pytest.approx(slope, rel=1e-5)


async def test_the_main_directions_hold_the_path(client: httpx.AsyncClient) -> None:
    found = await slice_of(client, 11, directions={"kind": "pca", "count": 9})
    course, told = Course(), found["slice"]
    # The axes of the network's parameters are in another order than the graph's leaves; distances do not mind.
    rows = torch.stack([nn.utils.parameters_to_vector(net.parameters()).detach() for net in course.nets])
    moved = rows - rows[11]
    _, lengths, directions = torch.linalg.svd(moved, full_matrices=False)
    share = float(lengths[:2].square().sum() / lengths.square().sum())
    assert told["hidden"]["explained"] == pytest.approx(share, rel=1e-4)
    points = torch.tensor(told["path"]["points"]).double()
    torch.testing.assert_close(points.abs(), (moved @ directions[:2].T).abs(), rtol=1e-3, atol=1e-5)
    for line, column in zip(told["coordinates"], points.T, strict=True):
        assert line[0] < float(column.min()) < float(column.max()) < line[-1]


async def test_random_numbers_and_branches_are_those_of_the_pass(client: httpx.AsyncClient) -> None:
    program = """\
import torch
w = torch.tensor(2.0, requires_grad=True)
v = torch.tensor([1.0, 3.0], requires_grad=True)
for step in range(3):
    noise = torch.rand(4)
    kept = torch.nn.functional.dropout(torch.ones(4), 0.5)
    loss = (noise * kept).sum() * w**2 + v.sum() if w > 0 else w
    loss.backward()
    print(float((noise * kept).sum()))
"""
    axes = [{"variable": "w", "start": -2, "stop": 2, "count": 5}]
    found = await slice_of(client, 2, program, axes=axes, seed=5)
    torch.manual_seed(5)
    for _ in range(3):
        factor = float((torch.rand(4) * nn.functional.dropout(torch.ones(4), 0.5)).sum())
    assert found["losses"] == pytest.approx([factor * w**2 + 4 for w in (-2, -1, 0, 1, 2)], rel=1e-6)
    assert found["slice"]["path"]["points"] == [[2]] * 3
    assert found["slice"]["hidden"]["explained"] is None


async def test_what_has_no_batched_form_is_played_cell_by_cell(client: httpx.AsyncClient) -> None:
    program = """\
import torch
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3
    @staticmethod
    def backward(ctx, gradient):
        return gradient * 3 * ctx.saved_tensors[0]**2
w = torch.tensor([1.0, 2.0], requires_grad=True)
loss = Cube.apply(w).sum()
loss.backward()
"""
    axes = [{"variable": "w", "index": [1], "start": -1, "stop": 1, "count": 3}]
    found = await slice_of(client, 0, program, axes=axes, gradients=True)
    assert (found["batched"], found["losses"], found["gradients"]) == (False, [0, 1, 2], [[3, 0, 3]])


async def test_a_run_of_an_expression_has_slices_too(client: httpx.AsyncClient) -> None:
    body = {"expression": "(x - 3)**2 + (x*y)**2", "variables": {"x": 1, "y": 2}, "steps": 6, "optimizer": {"lr": 0.05}}
    axes = [{"variable": "y", "start": 0, "stop": 1, "count": 3}]
    trace = (await client.post("/api/trace", json=body)).json()
    found = (await client.post(PATH, json=body | {"axes": axes, "pass": 4})).json()
    x, y = ({row["variable"]: row["after"] for row in trace["updates"][3]["parameters"]}[name] for name in "xy")
    assert found["losses"] == pytest.approx([(x - 3) ** 2 + (x * at) ** 2 for at in (0, 0.5, 1)], rel=1e-6)
    assert found["slice"]["place"] == [y]
    assert found["slice"]["loss"] == trace["passes"][4]["loss"]


STILL = "import torch\nx = torch.tensor(1.0, requires_grad=True)\ny = x * x\ny.backward()\n"
CANNOT: dict[str, tuple[dict[str, object], str]] = {
    "unknown": ({"axes": [AXES[0] | {"variable": "net.1.weight"}]}, "axis-unknown"),
    "tensor": ({"axes": [{"variable": "net.2.bias", "start": 0, "stop": 1}]}, "axis-not-scalar"),
    "element": ({"axes": [AXES[0] | {"index": [4, 0]}]}, "axis-index"),
    "negative": ({"axes": [AXES[0] | {"index": [-1, 0]}]}, "axis-index"),
    "twice": ({"axes": [AXES[0], AXES[0]]}, "axis-twice"),
    "three": ({"axes": [AXES[0], AXES[1], AXES[0] | {"index": [0, 0]}]}, "axes-count"),
    "no extent": ({"axes": [AXES[0] | {"start": 1}]}, "axis-empty"),
    "one point": ({"directions": RANDOM | {"count": 1}}, "axis-empty"),
    "a billion": ({"directions": RANDOM | {"count": 10**5}}, "limit-cells"),
    "no pass": ({"axes": AXES, "pass": 12}, "no-such-pass"),
    "no backward": ({"program": STILL.replace("y.backward()", ""), "axes": [AXES[0]]}, "slice-no-loss"),
    "nothing": ({"program": "x = 1", "axes": [AXES[0]]}, "slice-no-loss"),
    "many losses": (
        {"program": STILL.replace("y.backward()", "z = torch.stack([y, y])\nz.backward(torch.ones(2))"), "axes": AXES},
        "slice-no-loss",
    ),
    "still": ({"program": STILL, "directions": {"kind": "pca"}}, "slice-no-plane"),
    "flat": ({"program": STILL, "directions": {"kind": "random"}}, "slice-no-plane"),
    "fails": ({"program": "import torch\ntorch.ones(2) @ torch.ones(3)", "axes": AXES}, "shapes-do-not-fit"),
}


@pytest.mark.parametrize(("change", "slug"), CANNOT.values(), ids=CANNOT)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, change: dict[str, object], slug: str, language: str
) -> None:
    reply = await client.post(PATH, json={"program": NETWORK, **change}, headers={"Accept-Language": language})
    problem = assert_problem(reply, 422, slug)
    assert "{" not in problem["detail"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "/axes"),
        ({"axes": AXES, "directions": RANDOM}, "/axes"),
        ({"directions": {"kind": "pca"}, "path": False}, "/path"),
        ({"directions": {"kind": "sideways"}}, "/directions/kind"),
        ({"axes": AXES, "pass": -1}, "/pass"),
        ({"axes": AXES, "critical": True}, "/critical"),
    ],
)
async def test_a_fault_is_pointed_at(client: httpx.AsyncClient, change: dict[str, object], pointer: str) -> None:
    reply = await client.post(PATH, json={"program": NETWORK, **change})
    assert assert_problem(reply, 400, "invalid-request")["errors"][0]["pointer"] == pointer
