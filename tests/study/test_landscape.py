"""The loss over a grid, against torch evaluated by hand, and what no grid can be made of."""

from __future__ import annotations

import base64
import struct
from typing import Any

import httpx
import pytest
import pytest_asyncio
import torch

from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/landscape"


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


def axis(name: str, start: float = -2, stop: float = 2, count: int = 5) -> dict[str, object]:
    return {"variable": name, "start": start, "stop": stop, "count": count}


async def landscape(client: httpx.AsyncClient, expression: str, *axes: object, **more: object) -> Any:
    reply = await client.post(PATH, json={"expression": expression, "axes": axes, "gradients": True, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_two_axes_are_what_torch_says(client: httpx.AsyncClient) -> None:
    found = await landscape(
        client, "a*x**2*y + sin(y)", axis("x", -2, 2, 7), axis("y", 0, 3, 4), variables={"a": 3, "x": 9, "y": 9}
    )
    x, y = torch.meshgrid(torch.linspace(-2, 2, 7), torch.linspace(0, 3, 4), indexing="ij")
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    loss = 3 * x**2 * y + torch.sin(y)
    slopes = torch.autograd.grad(loss.sum(), (x, y))
    assert found["batched"] is True
    torch.testing.assert_close(torch.tensor(found["losses"]).reshape(7, 4), loss.detach())
    for given, expected in zip(found["gradients"], slopes, strict=True):
        torch.testing.assert_close(torch.tensor(given).reshape(7, 4), expected)


async def test_matrices_are_held_and_a_sum_is_made_when_asked(client: httpx.AsyncClient) -> None:
    variables = {"W": [[1, -2], [3, 4]], "v": [1, 2], "x": 0}
    found = await landscape(client, "relu(W @ v + x)", axis("x", -1, 4, 6), variables=variables, sum=True)
    expected = [float(torch.relu(torch.tensor([-3.0, 11.0]) + x).sum()) for x in range(-1, 5)]
    assert found["losses"] == expected
    assert found["gradients"] == [[1, 1, 1, 1, 1, 2]]
    assert found["batched"] is True


async def test_what_branches_on_values_is_evaluated_in_pieces(client: httpx.AsyncClient) -> None:
    found = await landscape(client, "x**2 if x > 0 else -x", axis("x"))
    assert found == {
        "event": "landscape",
        "losses": [2, 1, 0, 1, 4],
        "gradients": [[-1, -1, -1, 2, 4]],
        "batched": False,
    }


async def test_random_numbers_are_the_same_in_every_cell(client: httpx.AsyncClient) -> None:
    found = await landscape(client, "x + randn(1)[0]*0 + rand(1)[0]", axis("x", 0, 4, 5))
    steps = {round(after - before, 4) for before, after in zip(found["losses"], found["losses"][1:], strict=False)}
    assert steps == {1.0}


async def test_what_is_no_number_crosses_as_a_word(client: httpx.AsyncClient) -> None:
    found = await landscape(client, "log(x)", axis("x", -1, 1, 3))
    assert found["losses"] == ["NaN", "-Infinity", 0]
    assert found["gradients"][0][1:] == ["Infinity", 1]


async def test_no_gradients_unless_asked_for(client: httpx.AsyncClient) -> None:
    found = await landscape(client, "x*y", axis("x"), axis("y"), gradients=False)
    assert found["gradients"] == []
    assert len(found["losses"]) == 25


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no axis": ({"axes": []}, "axes-count"),
    "three axes": ({"axes": [axis("x"), axis("y"), axis("z")]}, "axes-count"),
    "twice": ({"axes": [axis("x"), axis("x")]}, "axis-twice"),
    "one point": ({"axes": [axis("x", count=1)]}, "axis-empty"),
    "no extent": ({"axes": [axis("x", 1, 1)]}, "axis-empty"),
    "a billion cells": ({"axes": [axis("x", count=10**5), axis("y", count=10**4)]}, "limit-cells"),
    "unknown": ({"axes": [axis("q")]}, "axis-unknown"),
    "tensor": ({"axes": [axis("x")], "variables": {"x": [1, 2]}, "sum": True}, "axis-not-scalar"),
    "element": ({"axes": [axis("x") | {"index": [2]}], "variables": {"x": [1, 2]}, "sum": True}, "axis-index"),
    "scalar's element": ({"axes": [axis("x") | {"index": [0]}]}, "axis-index"),
    "element twice": (
        {"axes": [axis("x") | {"index": [1]}] * 2, "variables": {"x": [1, 2]}, "sum": True},
        "axis-twice",
    ),
    "loss": ({"axes": [axis("x")], "variables": {"y": [1, 2]}}, "loss-not-scalar"),
    "expression": ({"expression": "x ^ 2", "axes": [axis("x")]}, "caret-power"),
}


@pytest.mark.parametrize(("body", "slug"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, body: dict[str, object], slug: str, language: str
) -> None:
    reply = await client.post(PATH, json={"expression": "x*y", **body}, headers={"Accept-Language": language})
    problem = assert_problem(reply, 422, slug)
    assert "{" not in problem["detail"]


async def test_an_axis_can_be_an_element_of_a_tensor(client: httpx.AsyncClient) -> None:
    variables = {"W": [[1, 2], [3, 4]], "v": [1, -1]}
    axes = [axis("W", -1, 1, 3) | {"index": [1, 0]}, axis("W", 0, 4, 5) | {"index": [0, 1]}]
    found = await landscape(client, "((W @ v)**2).sum()", *axes, variables=variables, critical=True)
    expected = [[float((1 - b) ** 2 + (a - 4) ** 2) for b in range(5)] for a in (-1, 0, 1)]
    assert found["losses"] == [loss for row in expected for loss in row]
    assert found["gradients"][0][:5] == [2 * (-1 - 4)] * 5
    assert found["critical"] == []
    axes = [axis("W", 1, 6, 7) | {"index": [1, 0]}, axis("W", 0, 4, 6) | {"index": [0, 1]}]
    found = await landscape(client, "((W @ v)**2).sum()", *axes, variables=variables, critical=True)
    (lowest,) = found["critical"]
    assert (lowest["kind"], lowest["point"]) == ("minimum", {"W[1][0]": pytest.approx(4), "W[0][1]": pytest.approx(1)})


async def test_numbers_can_be_packed(client: httpx.AsyncClient) -> None:
    axes = (axis("x", -1, 1, 21), axis("y", -1, 3, 30))
    plain = await landscape(client, "log(x)*y", *axes)
    packed = await landscape(client, "log(x)*y", *axes, numbers="base64")
    assert packed["losses"]["dtype"] == "float32"
    for told, given in zip(
        [plain["losses"], *plain["gradients"]], [packed["losses"], *packed["gradients"]], strict=True
    ):
        numbers = struct.unpack(f"<{len(told)}f", base64.b64decode(given["base64"]))
        assert str(list(map(float, told))) == str(list(numbers))
    double = await landscape(client, "x.double()", axis("x"), numbers="base64")
    assert struct.unpack("<5d", base64.b64decode(double["losses"]["base64"])) == (-2, -1, 0, 1, 2)
    assert double["losses"]["dtype"] == "float64"


async def test_a_fault_is_pointed_at(client: httpx.AsyncClient) -> None:
    reply = await client.post(PATH, json={"expression": "x", "axes": [{"variable": "x", "start": 0, "end": 1}]})
    assert assert_problem(reply, 400, "invalid-request")["errors"][0]["pointer"].startswith("/axes/0")


async def test_critical_points_are_found_and_told_apart(client: httpx.AsyncClient) -> None:
    axes = (axis("x", -2, 2, 40), axis("y", -1.1, 1.3, 31))
    found = await landscape(client, "x**4/4 - x**2/2 + y**2", *axes, critical=True, gradients=False)
    assert found["gradients"] == []
    assert [point["kind"] for point in found["critical"]] == ["minimum", "minimum", "saddle"]
    assert sorted(round(point["point"]["x"], 6) for point in found["critical"]) == [-1, 0, 1]
    assert found["critical"][2]["eigenvalues"] == pytest.approx([2, -1])
    assert found["critical"][0]["loss"] == pytest.approx(-0.25)
    curve = await landscape(client, "sin(x)", axis("x", 0, 6, 20), critical=True)
    assert [point["kind"] for point in curve["critical"]] == ["minimum", "maximum"]
    flat = await landscape(client, "relu(x)", axis("x", 1, 2, 5), critical=True)
    assert flat["critical"] == []
