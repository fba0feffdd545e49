"""One update taken apart: torch's own step again, its terms, and what it would have been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
import torch

from app.program.optimizers import catalogue
from tests.study.lab import answer_of
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/explain-update"
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    ],
    "Adam": [{"lr": 0.1, "betas": [0.8, 0.9], "weight_decay": 0.1}, {"lr": 0.1, "amsgrad": True}],
    "RMSprop": [{"momentum": 0.5, "centered": True}, {}],
    "Rprop": [{"etas": [0.4, 1.3]}],
}
EXPLAINED = [kind.name for kind in catalogue().optimizers if kind.name not in ("LBFGS", "SparseAdam")]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


def numbers(value: Any) -> torch.Tensor:
    return torch.tensor(value["data"] if isinstance(value, dict) else value)


RECOMBINED: dict[str, Callable[[Any, Any], torch.Tensor]] = {
    "SGD": lambda o, t: -o["lr"] * t.get("b_t", t["g_t"]) if not o.get("nesterov") else -o["lr"] * t["g_t"],
    "Adam": lambda o, t: -o["lr"] * t[r"\hat m_t"] / (t[r"\hat v_t"].sqrt() + 1e-8),
    "NAdam": lambda o, t: -o["lr"] * t[r"\hat m_t"] / (t[r"\hat v_t"].sqrt() + 1e-8),
    "RAdam": lambda o, t: -o["lr"] * t[r"\hat m_t"] * t.get("r_t", 1) * t.get("l_t", 1),
    "Adamax": lambda o, t: -o["lr"] * t[r"\hat m_t"] / t["u_t"],
    "Adagrad": lambda _, t: -t[r"\tilde\gamma"] * t["g_t"] / (t["s_t"].sqrt() + 1e-10),
    "Adadelta": lambda o, t: -o["lr"] * t[r"\Delta x_t"],
    "RMSprop": lambda o, t: -o["lr"] * t.get("b_t", t["g_t"] / (t["v_t"].sqrt() + 1e-8)),
    "Rprop": lambda _, t: -(t["g_t"].sign() * t[r"\eta_t"]),
}
"""The last formula of each, over the terms before it."""


@pytest.mark.parametrize("name", EXPLAINED)
async def test_every_step_of_a_trace_is_taken_again_and_recombined(client: httpx.AsyncClient, name: str) -> None:
    for options in OPTIONS.get(name, [{}]):
        body = {"expression": "(W @ W).sin().sum()", "variables": {"W": [[1, -0.5], [0.3, 2]]}, "steps": 7,
                "optimizer": {"name": name, **options}}  # fmt: skip
        trace = await answer_of(client, "/api/trace", body)
        state: dict[str, Any] = {}
        for update in trace["updates"]:
            (row,) = update["parameters"]
            call = {"optimizer": name, "options": update["options"], "before": row["before"], "state": state}
            found = await answer_of(client, PATH, call | {"gradient": row["gradient"]})
            assert found["after"] == row["after"]["data"]
            assert {key: numbers(value).tolist() for key, value in row["state"].items()} == found["state"]
            terms = {term["symbol"]: numbers(term["value"]) for term in found["terms"]}
            if name in RECOMBINED:
                step = RECOMBINED[name](update["options"], terms)
                torch.testing.assert_close(step, numbers(found["step"]), rtol=2e-4, atol=2e-6)
            state = row["state"]
        assert found["terms"][-1]["symbol"] == r"\Delta_t"
        off = {other["option"]: other["step"] for other in found["without"]}
        assert {key for key in ("momentum", "weight_decay", "nesterov", "amsgrad", "centered", "maximize", "dampening")
                if options.get(key)} <= set(off)  # fmt: skip


async def test_a_step_without_one_option_is_that_of_torch(client: httpx.AsyncClient) -> None:
    options = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.5}
    call = {"optimizer": "SGD", "options": options, "before": 2.0, "gradient": 1.0, "state": {"momentum_buffer": 3.0}}
    found = await answer_of(client, PATH, call | {"unclipped": 10.0})
    off = {other["option"]: other["step"] for other in found["without"]}
    assert found["step"] == pytest.approx(-0.1 * (0.9 * 3 + 2))
    assert off == {
        "momentum": pytest.approx(-0.2),
        "weight_decay": pytest.approx(-0.1 * (2.7 + 1)),
        "clipping": pytest.approx(-0.1 * (2.7 + 11)),
    }


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"optimizer": "Adamw"}, 422, "misspelt-optimizer"),
        ({"optimizer": "LBFGS"}, 422, "explain-unsupported"),
        ({"gradient": [1, 2, 3]}, 422, "explain-misfit"),
        ({"state": {"momentum_buffer": [1, 2, 3]}}, 422, "explain-misfit"),
        ({"gradient": "much"}, 400, "invalid-request"),
    ],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, change: dict[str, Any], status: int, slug: str
) -> None:
    call = {"optimizer": "SGD", "options": {"lr": 0.1, "momentum": 0.9}, "before": [1, 2], "gradient": [1, 2]}
    assert_problem(await client.post(PATH, json=call | change), status, slug)
