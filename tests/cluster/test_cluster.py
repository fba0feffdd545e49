"""A sweep on a real Ray cluster of two nodes on this machine: the same bits as here, also when a node is killed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from app.sandbox import Sandbox
from app.settings import Settings
from app.study.cluster import ClusterEngine
from app.study.engine import Engine, LocalEngine
from app.study.lab import Lab
from app.trace.job import Expression, Job
from app.trace.model import EndEvent
from app.trace.optimizer import Configuration, Optimizer
from app.trace.trials import CellsEvent, Start, Sweep

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]
STARTS: tuple[Start, ...] = tuple({"x": x / 5 - 2, "y": y / 5 - 1} for x in range(20) for y in range(20))
RATES = tuple(10 ** (-4 + 3 * share / 9) for share in range(10))
PATIENCE = {
    "RAY_agent_register_timeout_ms": "180000",
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "5000",
}
"""A busy machine starts a node slowly, and a dead one should be noticed soon."""
Columns = dict[int, tuple[Any, ...]]


def job(steps: int, *names: str) -> Job:
    configurations = tuple(Configuration(Optimizer(name)) for name in names)
    sweep = Sweep(configurations, RATES, STARTS, (0,), steps)
    return Job(Expression("(1 - x)**2 + 100*(y - x**2)**2"), study=sweep)


async def cells_of(engine: Engine, asked: Job, on_cells: Any = None) -> Columns:
    """Run a sweep and gather its cells; none may come twice."""
    cells: Columns = {}
    async with aclosing(Lab(engine, Settings()).sweep(asked)) as lines:
        async for line in lines:
            if isinstance(line, CellsEvent):
                assert not line.failures
                columns = zip(line.initial, line.final, line.best, line.reached, line.diverged, strict=True)
                for cell, row in enumerate(columns, line.first):
                    assert cell not in cells
                    cells[cell] = row
                if on_cells is not None:
                    on_cells(len(cells))
            elif isinstance(line, EndEvent):
                assert line == EndEvent()
    return cells


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with one place each, on loopback; not on its first address, which Ray takes for the machine's own."""
    os.environ |= PATIENCE
    from ray.cluster_utils import Cluster

    made = Cluster()
    for _ in range(2):
        made.add_node(num_cpus=1, node_ip_address="127.0.0.2", object_store_memory=100 * 2**20, include_dashboard=False)
    made.wait_for_nodes(timeout=180)
    yield made
    made.shutdown()


async def local_cells(asked: Job) -> Columns:
    settings = Settings(concurrent_runs=2)
    sandbox = Sandbox(settings)
    await sandbox.start()
    try:
        return await cells_of(LocalEngine(sandbox, settings), asked)
    finally:
        await sandbox.stop()


async def test_the_cluster_gives_the_same_bits_also_when_a_node_is_killed(cluster: Any) -> None:
    engine = ClusterEngine(Settings(cluster=cluster.address))
    await engine.start()
    try:
        assert engine.places == 2
        short = job(50, "Adam")
        assert await cells_of(engine, short) == await local_cells(short)
        killed: list[float] = []

        def kill(done: int) -> None:
            if not killed and done >= 500:
                killed.append(time.monotonic())
                _, victim = cluster.list_all_nodes()
                victim.kill_raylet(check_alive=False)

        long = job(500, "RAdam", "Rprop", "Adam")
        async with asyncio.timeout(400):
            cells = await cells_of(engine, long, kill)
        assert killed
        assert sorted(cells) == list(range(12_000))
        assert cells == await local_cells(long)
        assert engine.places == 1
    finally:
        await engine.stop()
