"""Races: each racer is the run that a trace shows; how rates were chosen is said; the plane is that of the paths."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio
import torch

from tests.study.lab import VALLEY, answer_of, lines_of
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/api/race"
CYCLIC = [
    {"name": "SGD", "scheduler": {"name": "CyclicLR", "base_lr": 0.001, "max_lr": rate}} for rate in (0.002, 0.004)
]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


def race(**more: object) -> dict[str, Any]:
    racers = [{"name": "SGD", "lr": 0.001}, {"name": "Adam", "lr": 0.1}, {"name": "LBFGS"}]
    return {"expression": VALLEY, "variables": {"x": -1, "y": 2}, "racers": racers, "steps": 20, "target": 1.0, **more}


async def test_each_racer_is_the_run_that_a_trace_shows(client: httpx.AsyncClient) -> None:
    lines = await lines_of(client, PATH, race())
    assert [line["event"] for line in lines] == ["plan", "racer", "racer", "racer", "end"]
    assert (lines[0]["rates"], lines[0]["tried"]) == ("given", 0)
    assert [entry["lr"] for entry in lines[0]["racers"]] == [0.001, 0.1, 1]
    for line, optimizer in zip(lines[1:3], race()["racers"], strict=False):
        body = {"expression": VALLEY, "variables": {"x": -1, "y": 2}, "optimizer": optimizer, "steps": 20}
        trace = await answer_of(client, "/api/trace", body)
        assert line["losses"][:-1] == [recorded["loss"] for recorded in trace["passes"]]
        rows = [{row["variable"]: row["after"] for row in update["parameters"]} for update in trace["updates"]]
        assert line["path"] == {name: [start, *(row[name] for row in rows)] for name, start in (("x", -1), ("y", 2))}
        assert line["reached"] == next((step for step, loss in enumerate(line["losses"]) if loss <= 1.0), None)
        assert line["rates"] == [optimizer["lr"]] * 20
        assert len(line["gradients"]) == 20
    x, y = -1.0, 2.0
    hessian = torch.tensor([[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]], dtype=torch.float64)
    sharpness = lines[1]["sharpness"]
    assert sharpness["steps"] == list(range(21))
    assert sharpness["values"][0] == pytest.approx(float(torch.linalg.eigvalsh(hessian)[-1]))


async def test_each_is_tuned_over_the_same_rates(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, race(tuning={"start": 0.0001, "stop": 10, "count": 6}))
    assert (found["plan"]["rates"], found["plan"]["tried"]) == ("tuned", 6)
    assert found["plan"]["tuning"] == {"start": 0.0001, "stop": 10, "count": 6}
    for tuned, racer in zip(found["tuned"], found["racers"], strict=True):
        assert len(tuned["tried"]) == 6
        best = min((trial for trial in tuned["tried"] if trial["diverged"] is None), key=lambda trial: trial["best"])
        assert tuned["lr"] == best["lr"] == racer["rates"][0]
        assert racer["best"] == pytest.approx(best["best"], rel=1e-3, abs=1e-9)


async def test_many_parameters_are_shown_in_the_plane_of_their_paths(client: httpx.AsyncClient) -> None:
    racers = [{"name": "SGD", "lr": 0.01}, {"name": "Adam", "lr": 0.05}, {"name": "SGD", "lr": 100}]
    variables = {"W": "randn(4, 3)", "x": "ones(3)", "b": {"value": [1, 2, 3, 4], "requires_grad": False}}
    expression = "((W @ x - b)**2).sum() + (W**4).sum()"
    body = race(expression=expression, surface=5, seed=3, variables=variables, racers=racers)
    found = await answer_of(client, PATH, body)
    projection, surface = found["projection"], found["surface"]
    assert projection["parameters"] == surface["hidden"]["dimensions"] == 15
    assert 0.5 < sum(projection["explained"]) <= 1.0001
    assert [len(points) for points in projection["points"]] == [21, 21, 21]
    assert projection["points"][0][0] == projection["points"][1][0] == [0, 0]
    assert found["racers"][2]["diverged"] is not None
    assert found["racers"][0]["path"] is None
    assert [len(axis) for axis in surface["coordinates"]] == [5, 5]
    assert len(surface["losses"]) == 25
    assert 0 < surface["hidden"]["gradient_inside"] <= 1.0001


async def test_a_random_plane_lies_around_the_end_of_the_best(client: httpx.AsyncClient) -> None:
    racers = [{"name": "SGD", "lr": 0.001}, {"name": "Adam", "lr": 0.05}, {"name": "SGD", "lr": 100}]
    variables = {"W": "randn(4, 3)", "x": "ones(3)", "b": {"value": [1, 2, 3, 4], "requires_grad": False}}
    expression = "((W @ x - b)**2).sum() + (W**4).sum()"
    body = race(expression=expression, surface=7, seed=3, variables=variables, racers=racers, directions="random")
    found = await answer_of(client, PATH, body)
    surface, best = found["surface"], found["racers"][1]
    assert surface["directions"] == "random"
    assert surface["centre"] == {"racer": 1, "step": 20, "loss": best["final"]}
    assert surface["losses"][24] == best["final"] == min(racer["final"] for racer in found["racers"][:2])
    assert surface["coordinates"] == [pytest.approx([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1])] * 2
    assert found["projection"]["points"][1][-1] == pytest.approx([0, 0], abs=1e-12)
    hidden = surface["hidden"]
    assert (hidden["dimensions"], hidden["shown"], hidden["unmoved"]) == (15, 2, 3)
    assert hidden["explained"] == pytest.approx(sum(found["projection"]["explained"]))
    assert 0 < hidden["explained"] < 1
    assert 0 < hidden["gradient_inside"] < 1
    again = await answer_of(client, PATH, body | {"target": 0.5})
    assert again["surface"] == surface


async def test_a_racer_that_fails_says_why_and_the_others_run(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, race(racers=[{"name": "Muon"}, {"name": "SGD", "lr": 0.001}]))
    assert "Muon" in found["racers"][0]["failure"]["detail"]
    assert found["racers"][1]["failure"] is None


async def test_racers_whose_schedulers_set_the_rate_run_as_they_are(client: httpx.AsyncClient) -> None:
    found = await answer_of(client, PATH, race(racers=CYCLIC))
    assert found["plan"]["rates"] == "given"
    assert [racer["rates"][:1] for racer in found["racers"]] == [[0.001], [0.001]]
    assert found["racers"][0]["rates"][-1] < found["racers"][1]["rates"][-1]


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"racers": [{"name": "SGD"}]}, "racers-count"),
        ({"racers": [{"name": "SGD"}] * 9}, "racers-count"),
        ({"racers": [{"name": "SGD"}, {"name": "Adamm"}]}, "misspelt-optimizer"),
        ({"racers": [{"name": "SGD"}, {"name": "Adam", "lr": -1}]}, "negative-option"),
        ({"tuning": {"start": 0.1, "stop": 1, "count": 10**9}}, "limit-runs"),
        ({"surface": 10**6}, "limit-cells"),
        ({"racers": CYCLIC, "tuning": {"start": 0.1, "stop": 1, "count": 3}}, "scheduler-sets-rate"),
        ({"expression": "3"}, "no-variable"),
    ],
)
async def test_what_cannot_be_is_refused(client: httpx.AsyncClient, change: dict[str, Any], slug: str) -> None:
    problem = assert_problem(await client.post(PATH, json=race(**change)), 422, slug)
    assert "{" not in problem["detail"]
