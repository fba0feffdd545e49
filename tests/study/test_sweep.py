"""Sweeps: each cell is the run that a trace would have shown, and no cell is lost."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.study.lab import LINES, VALLEY, answer_of, lines_of
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/sweep"


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


def sweep(**more: object) -> dict[str, Any]:
    return {
        "expression": VALLEY,
        "configurations": [{"name": "SGD", "momentum": 0.9}, {"name": "Adam"}],
        "rates": [0.0001, 0.01, 10],
        "starts": {"x": {"start": -1, "stop": 1, "count": 2}, "y": {"start": 0, "stop": 2, "count": 3}},
        "steps": 12,
        "target": 5.0,
        **more,
    }


async def test_a_cell_is_the_run_that_a_trace_shows(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, sweep())
    plan, cells = found["plan"], found["cells"]
    assert plan["cells"] == 2 * 3 * 6
    assert plan["starts"][1] == {"x": -1, "y": 1}
    assert [entry["label"] for entry in plan["configurations"]] == ["SGD momentum=0.9", "Adam"]
    for configuration, rate, start in ((0, 0, 0), (0, 1, 4), (1, 1, 2), (1, 2, 5)):
        options = {"momentum": 0.9} if configuration == 0 else {}
        name = plan["configurations"][configuration]["name"]
        body = {
            "expression": VALLEY,
            "variables": plan["starts"][start],
            "optimizer": {"name": name, "lr": plan["rates"][rate], **options},
            "steps": 12,
        }
        trace = await answer_of(client, "/api/trace", body)
        losses = [recorded["loss"] for recorded in trace["passes"]]
        cell = (configuration * 3 + rate) * 6 + start
        assert cells["initial"][cell] == pytest.approx(losses[0], rel=1e-5)
        last = {row["variable"]: row["after"] for row in trace["updates"][-1]["parameters"]}
        if all(isinstance(value, float) and abs(value) < 1e6 for value in last.values()):
            final = (1 - last["x"]) ** 2 + 100 * (last["y"] - last["x"] ** 2) ** 2
            assert cells["final"][cell] == pytest.approx(final, rel=1e-3)
        reached = next((step for step, loss in enumerate(losses) if loss <= 5.0), None)
        assert cells["reached"][cell] in (reached, 12)


async def test_what_diverges_is_told_apart(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, sweep(expression="x**2", starts=[{"x": 1}], rates=[0.1, 0.9, 1.1, 100],
                                                configurations=[{"name": "SGD"}], steps=60))  # fmt: skip
    cells, summary = found["cells"], found["summary"]
    assert cells["diverged"][:2] == [None, None]
    assert cells["diverged"][3] == 2  # 199 to the fourth is more than a million
    assert summary["boundary"] == [[2]]
    (start, best) = found["curvature"]["points"]
    assert (start["eigenvalues"], start["bound"]) == ([2], 1)
    assert best["cell"] == summary["best"]
    assert best["bound"] == 1


async def test_lines_come_in_any_order_and_none_is_missing(client: httpx.AsyncClient) -> None:
    body = sweep(rates={"start": 0.0001, "stop": 1, "count": 40}, starts={"x": {"start": -2, "stop": 2, "count": 60}},
                 steps=500, configurations=[{"name": "SGD"}])  # fmt: skip
    lines = await lines_of(client, PATH, body)
    assert [line["event"] for line in (lines[0], *lines[-3:])] == ["plan", "curvature", "summary", "end"]
    seen: list[int] = []
    for line in lines:
        if line["event"] == "cells":
            seen += range(line["first"], line["first"] + len(line["final"]))
    assert sorted(seen) == list(range(2400))
    assert len([line for line in lines if line["event"] == "cells"]) >= 5


async def test_seeds_draw_other_values(client: httpx.AsyncClient) -> None:
    body = sweep(expression="((W @ x - 1)**2).sum()", variables={"W": "randn(3, 2)", "x": "randn(2)"}, starts=None,
                 seeds=[0, 1, 0], rates=[0.01], configurations=[{"name": "Adam"}])  # fmt: skip
    cells = (await answer_of(client, PATH, body))["cells"]
    assert cells["final"][0] == cells["final"][2] != cells["final"][1]
    trace = await answer_of(client, "/api/trace", {k: body[k] for k in ("expression", "variables")} | {"seed": 1})
    assert cells["initial"][1] == pytest.approx(trace["passes"][0]["loss"], rel=1e-5)


@pytest.mark.parametrize(
    "expression", ["x**2 if x > 0 else -x", "x**2 + 0*rand(1)[0]", "x**2 + dropout(x.reshape(1), 0.5).sum()"]
)
async def test_what_cannot_be_stacked_is_run_alone(client: httpx.AsyncClient, expression: str) -> None:
    body = sweep(expression=expression, starts=[{"x": 3}, {"x": 1.5}], configurations=[{"name": "SGD"}], rates=[0.1],
                 variables={"x": 1}, steps=5)  # fmt: skip
    found = await answer_of(client, PATH, body)
    assert not found["failures"]
    body = {"expression": expression, "variables": {"x": 1.5}, "optimizer": {"name": "SGD", "lr": 0.1}, "steps": 5}
    losses = [recorded["loss"] for recorded in (await answer_of(client, "/api/trace", body))["passes"]]
    assert found["cells"]["initial"][1] == pytest.approx(losses[0], rel=1e-6)
    assert found["cells"]["best"][1] <= min(losses) * (1 + 1e-6)


async def test_a_run_that_fails_is_a_cell_with_its_reason(client: httpx.AsyncClient) -> None:
    searching = {"name": "LBFGS", "line_search_fn": "strong_wolfe"}
    body = sweep(configurations=[{"name": "SGD"}, {"name": "Muon"}, searching], rates=[0.01], starts=None)
    found = await answer_of(client, PATH, body)
    assert [failure["cell"] for failure in found["failures"]] == [1]
    assert "Muon" in found["failures"][0]["detail"]
    assert found["cells"]["final"][1] == "NaN"
    assert found["cells"]["best"][2] < 1e-6
    assert found["summary"]["failed"] == 1


ONE_CYCLE = {"name": "OneCycleLR", "max_lr": 0.1, "total_steps": 20}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "optimizer": ({"configurations": [{"name": "Adm"}]}, "misspelt-optimizer"),
    "option": ({"configurations": [{"name": "SGD", "momentun": 1}]}, "misspelt-option"),
    "kind": ({"configurations": [{"name": "SGD", "nesterov": 3}]}, "option-kind"),
    "scheduler": ({"configurations": [{"name": "SGD", "scheduler": {"name": "StepRL"}}]}, "misspelt-scheduler"),
    "needs": ({"configurations": [{"name": "SGD", "scheduler": {"name": "StepLR"}}]}, "scheduler-needs"),
    "rate": ({"configurations": [{"name": "SGD", "scheduler": ONE_CYCLE}]}, "scheduler-sets-rate"),
    "rate of a part": (
        {"configurations": [{"name": "SGD", "scheduler": {"name": "ChainedScheduler", "schedulers": [ONE_CYCLE]}}]},
        "scheduler-sets-rate",
    ),
    "none": ({"configurations": []}, "sweep-empty"),
    "negative": ({"rates": [-0.1]}, "rate-not-positive"),
    "grid": ({"rates": {"start": 0, "stop": 1, "count": 3}}, "rate-not-positive"),
    "billion": ({"rates": {"start": 0.1, "stop": 1, "count": 10**9}}, "limit-runs"),
    "steps": ({"steps": 10**6}, "limit-steps"),
    "still": ({"steps": 0}, "no-steps"),
    "start": ({"starts": [{"q": 1}]}, "start-unknown"),
    "shape": ({"starts": [{"x": [1, 2]}]}, "start-shape"),
    "expression": ({"expression": "x ^ 2"}, "caret-power"),
    "variable": ({"expression": "3 + 4", "starts": None}, "no-variable"),
}


@pytest.mark.parametrize(("change", "slug"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_is_refused(client: httpx.AsyncClient, change: dict[str, Any], slug: str) -> None:
    for accept in ("application/json", "application/x-ndjson"):
        headers = {"Accept": accept, "Accept-Language": "zh"}
        problem = assert_problem(await client.post(PATH, json=sweep(**change), headers=headers), 422, slug)
        assert "{" not in problem["detail"]
    if slug.startswith("misspelt"):
        assert problem["parameters"]["nearest"] in ("Adam", "momentum", "StepLR")
    if slug == "limit-runs":
        assert problem["limit"] == 100_000


async def test_a_fault_is_pointed_at(client: httpx.AsyncClient) -> None:
    for change, pointer in (
        ({"configurations": [{"name": "SGD"}, {"name": "SGD", "clip_norm": "x"}]}, "/configurations/1/clip_norm"),
        ({"starts": [{"x": "one"}]}, "/starts"),
        ({"program": "x = 1"}, "/starts"),
        ({"expression": None}, "/expression"),
    ):
        problem = assert_problem(await client.post(PATH, json=sweep(**change)), 400, "invalid-request")
        assert problem["errors"][0]["pointer"].startswith(pointer), problem


async def test_schedulers_and_clipping_are_those_of_a_trace(client: httpx.AsyncClient) -> None:
    extras = {"scheduler": {"name": "StepLR", "step_size": 2, "gamma": 0.5}, "clip_norm": 1.0}
    body = sweep(configurations=[{"name": "SGD", **extras}], rates=[0.1], starts=[{"x": -1, "y": 1}, {"x": 0, "y": 2}])
    cells = (await answer_of(client, PATH, body))["cells"]
    trace = await answer_of(client, "/api/trace", {"expression": VALLEY, "variables": {"x": 0, "y": 2}, "steps": 12,
                                                   "optimizer": {"name": "SGD", "lr": 0.1}, **extras})  # fmt: skip
    assert "clip_grad_norm_" in trace["program"]
    last = {row["variable"]: row["after"] for row in trace["updates"][-1]["parameters"]}
    final = (1 - last["x"]) ** 2 + 100 * (last["y"] - last["x"] ** 2) ** 2
    assert cells["final"][1] == pytest.approx(final, rel=1e-4)
    assert math.isfinite(cells["final"][0])


async def test_hanging_up_ends_the_work_of_the_children(
    service_app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, children = service_app.state.sandbox, []
    take = sandbox._take_spare

    async def noted() -> Any:
        spare = await take()
        children.append(spare.child)
        return spare

    monkeypatch.setattr(sandbox, "_take_spare", noted)
    body = sweep(expression="(x - 1)**2 if x > 0 else x**2", configurations=[{"name": "SGD"}], steps=1000,
                 rates={"start": 0.001, "stop": 0.1, "count": 100}, starts=None, seeds=list(range(20)))  # fmt: skip
    async with client.stream("POST", PATH, json=body, headers=LINES) as reply:
        async for line in reply.aiter_lines():
            if json.loads(line)["event"] == "cells":
                break
        assert sandbox.status.running > 0
    # All of it would take minutes; an end that came by itself would be 0.
    async with asyncio.timeout(60):
        ends = [await child.exit for child in children]
    assert -signal.SIGKILL in ends
    assert sandbox.status.running == 0
