"""The process as it is started: it says where it listens, and finishes what runs before it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio

from app.main import address_of
from app.settings import Settings

SLOW = """import torch, time
x = torch.tensor(2.0, requires_grad=True)
end = time.process_time() + 1.5
while time.process_time() < end:
    pass
(x * x).backward()
"""


@pytest_asyncio.fixture
async def process() -> AsyncGenerator[Process, None]:
    """The service as `make serve` starts it, on a port that the system chooses."""
    environment = {**os.environ, "PORT": "0", "HOST": "127.0.0.1"}
    command = (sys.executable, "-m", "app.main")
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment)
    yield process
    if process.returncode is None:
        process.kill()
        await process.communicate()


async def ready_address(process: Process) -> str:
    assert process.stdout is not None
    found = re.fullmatch(r"Autograd Explorer: (http://127\.0\.0\.1:\d+)/\n", (await process.stdout.readline()).decode())
    assert found
    async with httpx.AsyncClient(base_url=found[1]) as client, asyncio.timeout(60):
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.1)
    return found[1]


async def test_it_finishes_what_runs_before_it_ends(process: Process) -> None:
    address = await ready_address(process)
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        asking = asyncio.ensure_future(client.post("/api/trace", json={"program": SLOW}))
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        response = await asking
    assert response.status_code == 200
    assert response.json()["passes"][0]["loss"] == 4
    _, logs = await process.communicate()
    lines = [json.loads(line) for line in logs.decode().splitlines()]
    assert {"/api/trace"} <= {line.get("route") for line in lines}
    assert not [line for line in lines if line["level"] in ("error", "critical")]
    assert "process_time" not in logs.decode()


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "http://127.0.0.1:{}/"), ("0.0.0.0", "http://localhost:{}/")]
)
def test_an_address_is_one_that_a_person_can_open(host: str, address: str) -> None:
    with socket.socket() as listening:
        listening.bind((host, 0))
        assert address_of(listening) == address.format(listening.getsockname()[1])


@pytest.mark.parametrize("prefix", ["", "EXPLORER_"])
def test_host_and_port_come_from_the_environment(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "EXPLORER_HOST", "EXPLORER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8000)
    monkeypatch.setenv(f"{prefix}HOST", "0.0.0.0")
    monkeypatch.setenv(f"{prefix}PORT", "9000")
    assert (Settings().host, Settings().port) == ("0.0.0.0", 9000)
    assert Settings(port=1).port == 1


def test_lists_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_HOSTS", "a.example, b.example")
    assert Settings().hosts == ("a.example", "b.example")
