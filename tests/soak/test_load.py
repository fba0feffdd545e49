"""Sixty-four clients at once: no server error, no wrong answer, and a refusal only with the time to come back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.soak.service import ROOT, Server, quiet, serve

CLIENTS = 64
SECONDS = int(os.environ.get("SOAK_SECONDS", "60"))
PATIENT = {"wall_seconds": 30.0, "cpu_seconds": 20.0, "spares": 4}


async def burden(server: Server, seconds: int) -> dict[str, Any]:
    """Let the clients do their work in another process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.load", str(server.port), str(CLIENTS), str(seconds)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    report: dict[str, Any] = json.loads(output)
    statuses: dict[str, int] = report["statuses"]
    print(f"{CLIENTS} clients for {seconds} s: {statuses}, {sum(statuses.values()) / seconds:.0f} requests a second")
    print(f"milliseconds: {report['milliseconds']}")
    return report


async def test_many_clients_for_a_moment(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **PATIENT) as server:
        report = await burden(server, 3)
    assert report["wrong"] == []


@pytest.mark.soak
async def test_many_clients_at_once_get_right_answers(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **PATIENT) as server:
        report = await burden(server, SECONDS)
        assert report["wrong"] == []
        assert set(report["statuses"]) <= {"200", "422", "503"}
        assert '"stack"' not in server.log()
        await quiet(server, int(PATIENT["spares"]))


@pytest.mark.soak
async def test_a_short_queue_refuses_honestly(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **PATIENT, queued_runs=4, cache_bytes=0) as server:
        report = await burden(server, max(5, SECONDS // 6))
        assert report["wrong"] == []
        assert report["statuses"]["503"] > 0
        assert report["statuses"]["200"] > 0
