"""Thousands of runs with every kind of misfortune among them: what is answered is right, and nothing is left."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.soak import work
from tests.soak.client import Answer, Client, pause_for
from tests.soak.service import Server, quiet, ready, serve

RUNS = int(os.environ.get("SOAK_RUNS", "10000"))
ZYGOTES = int(os.environ.get("SOAK_ZYGOTES", "10"))
CLIENTS = 8
SPARES = 4
TRIES = 60
SETTINGS = {
    "wall_seconds": 2.0,
    "cpu_seconds": 0.6,
    "memory_bytes": 256 * 2**20,
    "cache_bytes": 2 * 2**20,
    "spares": SPARES,
    "concurrent_runs": CLIENTS - 2,
}
SHARES = {"kill": 0.05, "time-out": 0.05, "memory": 0.05, "hang-up": 0.02}


@dataclass
class Tally:
    """What was asked and what came of it."""

    asked: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    stray: int = 0
    """Ordinary runs that met a signal meant for any process of the sandbox."""
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    recovery: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many requests have been dealt with."""
        return self.asked.total()

    def drifts(self) -> float:
        """How much memory grew between the end of the first quarter and the last tenth."""
        samples = self.memory[len(self.memory) // 4 :]
        tenth = max(1, len(samples) // 10)
        return statistics.median(samples[-tenth:]) / statistics.median(samples[:tenth]) - 1

    def report(self) -> str:
        """Write the numbers for a person."""
        ordered = sorted(self.seconds)
        return "\n".join(
            [
                f"{self.total} runs: {dict(self.asked)}; wrong {len(self.wrong)}, refused {self.refused}",
                f"ordinary runs: median {ordered[len(ordered) // 2] * 1000:.1f} ms, "
                f"p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms; {self.stray} met a stray SIGKILL",
                f"memory of the server: {self.memory[0]} KiB at first, {self.memory[-1]} KiB at last, "
                f"most {max(self.memory)} KiB, drift {self.drifts():+.1%}",
                f"back after the death of a zygote: {', '.join(f'{one:.1f} s' for one in self.recovery) or '-'}",
            ]
        )


async def ask(server: Server, client: Client, chance: random.Random, tally: Tally) -> None:
    """Make one request of some kind."""
    kind = chance.choices([*SHARES, "ordinary"], [*SHARES.values(), 1 - sum(SHARES.values())])[0]
    tally.asked[kind] += 1
    if kind == "hang-up":
        await work.hang_up(client, chance)
    elif kind == "kill" and chance.random() < 0.5:
        kill_any(server, chance)
    elif kind == "kill":
        await insist_on_death(client, chance, tally)
    elif kind == "ordinary":
        await insist(client, chance.choice(work.ORDINARY)(chance), tally, timed=True)
    else:
        await insist(client, (work.timing_out if kind == "time-out" else work.out_of_memory)(chance), tally)


def kill_any(server: Server, chance: random.Random) -> None:
    """Kill some child of the zygote: a spare, or a run."""
    born = sorted(server.born())
    if born:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(born), signal.SIGKILL)


async def insist(client: Client, request: work.Request, tally: Tally, timed: bool = False) -> None:
    """Ask until there is room, and look at the answer."""
    for _ in range(TRIES):
        started = time.perf_counter()
        answer = await client.ask(request.path, request.body, Accept=request.accept)
        if answer.status != 503 and not says_unavailable(answer.body):
            break
        tally.refused += 1
        await pause_for(answer) if answer.status == 503 else await asyncio.sleep(1)
    if timed:
        tally.seconds.append(time.perf_counter() - started)
    if work.died(answer):
        tally.stray += 1
    elif not request.is_right(answer):
        tally.wrong.append(f"{request.body}: {answer.status} {gist(answer)}")


def gist(answer: Answer) -> str:
    """Shorten an answer to what tells how the run ended."""
    try:
        document = answer.document
    except ValueError:
        return repr(answer.body[-1000:])
    return str({name: document.get(name) for name in ("code", "parameters", "output", "cut", "failure", "timeline")})


def says_unavailable(body: bytes) -> bool:
    """Whether a stream that had begun ends by saying that its zygote is gone."""
    return b'"event":"problem"' in body and b'"sandbox-unavailable"' in body


async def insist_on_death(client: Client, chance: random.Random, tally: Tally) -> None:
    """Run a program that is killed, until there was room for it."""
    for _ in range(TRIES):
        answer = await work.killed(client, chance)
        if answer.status != 503 and not says_unavailable(answer.body):
            break
        tally.refused += 1
        await asyncio.sleep(1)
    if not work.died(answer):
        tally.wrong.append(f"a killed run: {answer.status} {answer.body!r}")


async def watch(server: Server, tally: Tally, runs: int, zygotes: int) -> None:
    """Take samples of the server's memory, and kill its zygote now and then."""
    while tally.total < runs:
        tally.memory.append(server.memory_kib())
        due = len(tally.recovery) < zygotes and tally.total > runs * (len(tally.recovery) + 0.5) / zygotes
        if due and server.zygote is not None:
            started = time.monotonic()
            os.kill(server.zygote, signal.SIGKILL)
            await asyncio.sleep(0.2)
            await ready(server)
            tally.recovery.append(time.monotonic() - started)
        await asyncio.sleep(0.25)
    tally.memory.append(server.memory_kib())


async def soak(server: Server, runs: int, zygotes: int) -> Tally:
    """Ask for many runs over several connections."""
    tally = Tally()

    async def visit(number: int) -> None:
        client, chance = Client(server.port), random.Random(number)
        while tally.total < runs:
            await ask(server, client, chance, tally)
        client.hang_up()

    async with asyncio.TaskGroup() as group:
        group.create_task(watch(server, tally, runs, zygotes))
        for number in range(CLIENTS):
            group.create_task(visit(number))
    return tally


async def is_well(server: Server, tally: Tally, before: dict[str, object]) -> None:
    """Check everything that must hold afterwards."""
    after = await quiet(server, SPARES)
    print(tally.report())
    print(f"left before: {before}\nleft after:  {after}")
    assert tally.wrong == []
    assert tally.stray <= tally.asked["kill"]
    assert after == before
    assert '"stack"' not in server.log()


async def warm(server: Server) -> dict[str, object]:
    """Let each kind of answer be given once, so that what stays for good is there; then look."""
    client, tally = Client(server.port), Tally()
    for make in work.ORDINARY:
        await insist(client, make(random.Random(0)), tally)
    client.hang_up()
    assert tally.wrong == []
    return await quiet(server, SPARES)


async def test_a_few_runs_with_misfortunes_leave_nothing(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **SETTINGS) as server:
        before = await warm(server)
        await is_well(server, await soak(server, runs=200, zygotes=0), before)


@pytest.mark.soak
async def test_many_runs_with_misfortunes_leave_nothing(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **SETTINGS) as server:
        before = await warm(server)
        tally = await soak(server, RUNS, ZYGOTES)
        await is_well(server, tally, before)
        assert len(tally.recovery) == ZYGOTES
        assert max(tally.recovery) < 60
        assert abs(tally.drifts()) < 0.1
