"""One explanation of a step, told twice: the page's formulas and `/api/explain-update` give torch's numbers alike."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from app.trace.trials import Explain, ExplainEvent
from app.tracer.lab.explaining import explain_step
from app.tracer.lab.terms import FORMULAS

ROOT = Path(__file__).parents[2]
EXPLAINING = f"""
import {{ readFileSync }} from "node:fs";
import {{ explainStep }} from {json.dumps((ROOT / "static" / "optim" / "step.js").as_uri())};
const told = JSON.parse(readFileSync({json.dumps(str(ROOT / "tests" / "updates.json"))}, "utf8"));
const rows = [];
for (const [name, {{ updates, left }}] of Object.entries(told)) for (const [i, update] of updates.entries()) {{
  const before = update.previous === null ? null : updates[update.previous];
  for (const at of update.parameters.keys()) {{
    const {{ after, others }} = explainStep({{ update, before, at, unclipped: left[i][at], dtype: "float32" }});
    const without = Object.fromEntries(others.map((one) => [one.name, one.after.data]));
    rows.push({{ name, update, before, at, left: left[i][at], after: after.data, others: without }});
  }}
}}
console.log(JSON.stringify(rows));
"""
SAME = {"momentum": "momentum", "decay": "weight_decay", "clipping": "clipping"}
"""What the page calls a part of a step that is thought away, and what the API calls it."""


def data(value: Any) -> Any:
    """The numbers of a recorded value."""
    return value["data"] if isinstance(value, dict) else value


def flat(value: Any) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64).reshape(-1)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Every recorded step of every parameter, as the page explains it."""
    command = ["node", "--input-type=module", "--eval", EXPLAINING]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return [row for row in found if row["update"]["optimizer"] in FORMULAS and row["name"] != "float64"]


def explained(row: dict[str, Any]) -> ExplainEvent:
    """The same step as the API explains it."""
    update, parameter = row["update"], row["update"]["parameters"][row["at"]]
    held = {} if row["before"] is None else row["before"]["parameters"][row["at"]]["state"]
    # A parameter of another group tells that group's options beside its state.
    options = update["options"] | {name: one for name, one in parameter["state"].items() if name in update["options"]}
    state = {name: data(value) for name, value in held.items() if name not in options}
    unclipped = None if row["left"] is None else data(row["left"])
    given = (data(parameter["before"]), data(parameter["gradient"]), state, unclipped)
    return explain_step(Explain(update["optimizer"], options, *given))


def assert_alike(what: str, own: Any, theirs: Any) -> None:
    """Assert that two steps are equal but for rounding, which Muon does in bfloat16."""
    near = 2e-2 if "Muon" in what else 1e-4
    torch.testing.assert_close(flat(own), flat(theirs), rtol=near, atol=near / 50, msg=lambda text: f"{what}: {text}")


def test_every_optimizer_is_explained_alike(rows: list[dict[str, Any]]) -> None:
    compared: dict[str, set[str]] = {name: set() for name in FORMULAS}
    for row in rows:
        told, name = explained(row), row["update"]["optimizer"]
        assert_alike(f"{row['name']}, {name}", row["after"], told.after)
        without = {other.option: other.after for other in told.without}
        for own, option in SAME.items():
            if own in row["others"] and option in without:
                assert_alike(f"{row['name']}, {name} without {own}", row["others"][own], without[option])
                compared[name].add(own)
    assert all("clipping" in parts for parts in compared.values())
    assert {name for name, parts in compared.items() if "decay" not in parts} == {"Rprop"}
    assert {name for name, parts in compared.items() if "momentum" in parts} >= {"SGD", "Adam", "AdamW", "NAdam"}
