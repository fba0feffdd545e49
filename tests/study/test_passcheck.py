"""The leaves of one pass of a program beside central differences, and what of its loss is chance."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.study.lab import answer_of
from tests.study.test_programs import PROGRAM
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/check"
OWN = PROGRAM.replace("OPTIMIZER", "torch.optim.Adam(net.parameters(), lr=0.1)")
START = "import os\nimport torch\nx = torch.tensor([1.5, 0.0], requires_grad=True)\n"
RANDOM = START + "loss = (x * torch.rand(2)).sum() + x.relu().sum()\nloss.backward()\n"
WRONG = """\
import torch

class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        return 3 * gradient

x = torch.tensor(1.5, requires_grad=True)
y = torch.tensor(0.5, requires_grad=True)
loss = Double.apply(x) + y**2
loss.backward()
"""


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


async def test_each_element_of_a_network_is_checked_where_the_pass_found_it(client: httpx.AsyncClient) -> None:
    trace = await answer_of(client, "/api/trace", {"program": OWN})
    for number in (0, 30):
        found = await answer_of(client, PATH, {"program": OWN, "pass": number})
        assert found["loss"] == pytest.approx(trace["passes"][number]["loss"], rel=1e-5)
        assert sum(len(leaf["elements"]) for leaf in found["leaves"]) == 17
        assert {leaf["verdict"] for leaf in found["leaves"]} == {"agrees"}
        assert (found["repeatable"], found["random"], found["symbolic"]) == (True, True, None)


async def test_a_wrong_backward_differs(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, {"program": WRONG})
    assert {leaf["variable"]: leaf["verdict"] for leaf in found["leaves"]} == {"x": "differs", "y": "agrees"}
    element = found["leaves"][0]["elements"][0]
    assert (element["autograd"], element["numeric"]) == (3, pytest.approx(2))
    assert (found["repeatable"], found["random"]) == (True, False)


async def test_random_numbers_are_those_of_the_run(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, {"program": RANDOM, "seed": 3})
    trace = await answer_of(client, "/api/trace", {"program": RANDOM, "seed": 3})
    assert found["loss"] == pytest.approx(trace["passes"][0]["loss"], rel=1e-6)
    assert (found["repeatable"], found["random"]) == (True, True)
    assert [element["verdict"] for element in found["leaves"][0]["elements"]] == ["agrees", "kink"]


async def test_a_program_that_no_seed_repeats_is_named_as_one(client: httpx.AsyncClient) -> None:
    chance = "loss = (x**2).sum() * int.from_bytes(os.urandom(6), 'big')\nloss.backward()\n"
    found = await answer_of(client, PATH, {"program": START + chance})
    assert (found["repeatable"], found["random"]) == (False, False)


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"program": "x = 1"}, 422, "slice-no-loss"),
        ({"program": "x = ("}, 422, "syntax"),
        ({"program": WRONG, "pass": 3}, 422, "no-such-pass"),
        ({"program": WRONG, "tolerance": 0}, 400, "invalid-request"),
        ({"program": WRONG, "expression": "x"}, 400, "invalid-request"),
        ({"program": RANDOM.replace("[1.5, 0.0]", "[1.5] * 3000").replace("rand(2)", "rand(3000)")}, 422,
         "limit-checked-elements"),
    ],
)  # fmt: skip
async def test_what_cannot_be_checked_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, slug: str
) -> None:
    problem = assert_problem(await client.post(PATH, json=body), status, slug)
    assert "{" not in problem["detail"]
