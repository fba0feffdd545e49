"""Autograd beside central differences: right gradients, wrong ones, kinks, jumps, and what is no number."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio
import torch

from app.tracer.check import Slopes, judge
from tests.web.shapes import assert_problem

PATH = "/api/check"


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


async def check(client: httpx.AsyncClient, expression: str, **variables: object) -> Any:
    reply = await client.post(PATH, json={"expression": expression, "variables": variables})
    assert reply.status_code == 200, reply.text
    return reply.json()


def verdicts(found: Any) -> dict[str, str]:
    return {leaf["variable"]: leaf["verdict"] for leaf in found["leaves"]}


@pytest.mark.asyncio(loop_scope="session")
async def test_each_element_has_both_gradients(client: httpx.AsyncClient) -> None:
    found = await check(client, "log_softmax(W @ x, 0)[1]", W=[[1, -2], [0.5, 4]], x=[1, 2])
    w = torch.tensor([[1, -2], [0.5, 4]], dtype=torch.float64, requires_grad=True)
    torch.log_softmax(w @ torch.tensor([1.0, 2.0], dtype=torch.float64), 0)[1].backward()
    assert w.grad is not None
    elements = found["leaves"][0]["elements"]
    assert [element["index"] for element in elements] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [element["autograd"] for element in elements] == w.grad.reshape(-1).tolist()
    assert all(element["error"] < 1e-8 for element in elements)
    assert verdicts(found) == {"W": "agrees", "x": "agrees"}
    assert found["random"] is False


@pytest.mark.asyncio(loop_scope="session")
async def test_a_kink_and_a_jump_are_told_apart(client: httpx.AsyncClient) -> None:
    found = await check(client, "relu(k) + floor(j) + abs(c) + s**2", k=0, j=1, c=0, s=3)
    assert verdicts(found) == {"k": "kink", "j": "jump", "c": "kink", "s": "agrees"}
    assert found["leaves"][0]["elements"][0] == {
        "index": [], "autograd": 0, "numeric": 0.5, "error": 0.5, "verdict": "kink"
    }  # fmt: skip


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_cut_off_differs_and_what_is_random_is_said(client: httpx.AsyncClient) -> None:
    found = await check(client, "x.detach()*y + rand(1)[0]*y", x=2, y=3)
    assert verdicts(found) == {"x": "differs", "y": "agrees"}
    assert found["leaves"][0]["reached"] is False
    assert found["random"] is True


@pytest.mark.asyncio(loop_scope="session")
async def test_what_has_no_slope_is_undefined(client: httpx.AsyncClient) -> None:
    found = await check(client, "sqrt(x)", x=0)
    assert found["leaves"][0]["elements"][0]["autograd"] == "Infinity"
    assert verdicts(found) == {"x": "undefined"}


@pytest.mark.asyncio(loop_scope="session")
async def test_too_many_elements_are_refused_with_the_limit(client: httpx.AsyncClient) -> None:
    body = {"expression": "W.sum()", "variables": {"W": "ones(100, 100)"}}
    problem = assert_problem(await client.post(PATH, json=body), 422, "limit-checked-elements")
    assert problem["limit"] == 2_000
    assert problem["parameters"]["count"] == 10_000


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"expression": "x", "variables": {"x": [1, 2]}}, "loss-not-scalar"),
        ({"program": "x = 1"}, "slice-no-loss"),
        ({"expression": "3 + 4"}, "no-variable"),
        ({"expression": "x @ y", "variables": {"x": [1, 2], "y": [1, 2, 3]}}, "shapes-do-not-fit"),
    ],
)
async def test_what_cannot_be_checked_is_refused(client: httpx.AsyncClient, body: object, slug: str) -> None:
    assert_problem(await client.post(PATH, json=body), 422, slug)


def test_a_wrong_gradient_at_a_smooth_point_differs() -> None:
    slopes = Slopes(lambda distance: (1 + distance) ** 3, 1.0, 2.0**-17)
    assert judge(3.0, slopes, 1e-5)[1] == "agrees"
    assert judge(3.1, slopes, 1e-5)[1] == "differs"


def test_a_gradient_outside_of_a_kink_differs() -> None:
    slopes = Slopes(abs, 0.0, 2.0**-17)
    assert judge(-1.0, slopes, 1e-5)[1] == "kink"
    assert judge(1.5, slopes, 1e-5)[1] == "differs"


@pytest.mark.asyncio(loop_scope="session")
async def test_what_rounding_hides_is_not_called_right(client: httpx.AsyncClient) -> None:
    found = await check(client, "relu(k) + s**2", k=0, s=1e6)
    assert verdicts(found) == {"k": "unclear", "s": "agrees"}


@pytest.mark.asyncio(loop_scope="session")
async def test_formulas_stand_beside_the_numbers(client: httpx.AsyncClient) -> None:
    found = await check(client, "a*sin(x)**2 + exp(-x*y)", a=2, x=0.5, y=3)
    assert found["repeatable"] is True
    assert found["symbolic"]["expression"] == r"a \sin^{2}{\left(x \right)} + e^{- x y}"
    elements = {leaf["variable"]: leaf["elements"][0] for leaf in found["symbolic"]["leaves"]}
    assert (elements["a"]["derivative"], elements["y"]["latex"]) == ("sin(x)**2", "- x e^{- x y}")
    assert all(element["error"] < 1e-12 for element in elements.values())
    for leaf in found["leaves"]:
        assert elements[leaf["variable"]]["value"] == pytest.approx(leaf["elements"][0]["autograd"], rel=1e-12)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("expression", "variables", "count"),
    [
        ("log_softmax(W @ x, 0)[1]", {"W": [[1, -2], [0.5, 4]], "x": [1, 2]}, 6),
        ("relu(W @ x + 1).sum()", {"W": [[1, -2], [3, 4]], "x": [1, 2]}, 6),
        ("mse_loss(sigmoid(w*x), t)", {"w": 0.5, "x": [1, 2], "t": {"value": [0, 1], "requires_grad": False}}, 3),
        ("x.square().mean() + tanh(x[0])", {"x": [0.3, 2]}, 2),
    ],
)
async def test_formulas_of_tensors_agree_with_autograd(
    client: httpx.AsyncClient, expression: str, variables: dict[str, object], count: int
) -> None:
    found = await check(client, expression, **variables)
    elements = [element for leaf in found["symbolic"]["leaves"] for element in leaf["elements"]]
    assert len(elements) == count
    assert all(element["error"] < 1e-12 for element in elements)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("expression", "variables"),
    [("rand(1)[0]*x", {"x": 1}), ("W.sum()", {"W": "ones(5, 5)"}), ("det(W)", {"W": [[1, 2], [3, 4]]})],
)
async def test_without_a_readable_formula_there_is_none(
    client: httpx.AsyncClient, expression: str, variables: dict[str, object]
) -> None:
    assert (await check(client, expression, **variables))["symbolic"] is None
