"""A racer opened in the studio is the same run: the page writes its optimizer into the program, and losses agree."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.study.lab import answer_of
from tests.study.test_programs import CLOSURE, OWN

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODULE = Path(__file__).parents[2] / "static" / "lab" / "handing.js"
WRITING = f"""
import {{ openingOf }} from {json.dumps(MODULE.as_uri())};
import {{ withOptimizer, writtenIn }} from {json.dumps(MODULE.with_name("written.js").as_uri())};
const [body, run, server] = JSON.parse(process.argv[1]);
const {{ call, into }} = openingOf(body, run);
console.log(JSON.stringify(server ? withOptimizer(into.program, call.optimizer.name, writtenIn(server)) : call));
"""
RACERS: list[dict[str, Any]] = [
    {"name": "SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    {"name": "Adam", "lr": 0.1, "betas": [0.8, 0.9], "scheduler": {"name": "StepLR", "step_size": 5}, "clip_norm": 0.1},
    {"name": "RMSprop", "lr": 0.01, "clip_value": 0.05, "clip_norm": 0.2},
]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


def written(body: Any, run: Any, server: str | None = None) -> Any:
    """What the page makes of a run: the call it sends for the options, or with its answer the program."""
    command = ["node", "--input-type=module", "--eval", WRITING, json.dumps([body, run, server])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


@pytest.mark.parametrize("program", [OWN, CLOSURE], ids=["steps", "closure"])
async def test_the_program_with_a_racers_optimizer_has_its_losses(client: httpx.AsyncClient, program: str) -> None:
    body = {"program": program, "racers": RACERS, "steps": 15, "seed": 3}
    if program is CLOSURE:  # there the closure clips, which a hook before the step does not see
        body["racers"] = [{"name": "LBFGS", "lr": 0.5, "max_iter": 1}, RACERS[0]]
    race = await answer_of(client, "/api/race", body)
    for planned, racer in zip(race["plan"]["racers"], race["racers"], strict=True):
        run = planned | {"rate": planned["lr"]}
        server = await answer_of(client, "/api/trace", written(body, run))
        text = written(body, run, server["program"])
        assert f"torch.optim.{planned['name']}(" in text
        trace = await answer_of(client, "/api/trace", {"program": text, "seed": 3})
        assert [recorded["loss"] for recorded in trace["passes"]][:15] == racer["losses"][:15]
