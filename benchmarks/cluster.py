"""A sweep on a Ray cluster of two nodes on this machine against the same sweep in the local sandbox, as many at once.

Only where the extra `[cluster]` is installed: `.venv-cluster/bin/python -m benchmarks cluster`.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from app.sandbox import Sandbox
from app.settings import Settings
from app.study.cluster import ClusterEngine
from app.study.engine import Engine, LocalEngine
from app.study.lab import Lab
from app.trace.job import Expression, Job
from app.trace.model import EndEvent
from app.trace.optimizer import Configuration, Optimizer
from app.trace.trials import CellsEvent, Start, Sweep
from benchmarks.lab import VALLEY
from benchmarks.table import Row

PLACES = 2
ROUNDS = 5
STARTS: tuple[Start, ...] = tuple({"x": x / 5 - 2, "y": y / 5 - 1} for x in range(20) for y in range(20))
RATES = tuple(10 ** (-4 + 3 * share / 9) for share in range(10))
PROGRAM = """\
import torch
w = torch.randn(8, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range(20):
    optimizer.zero_grad()
    loss = (w**2).sum()
    loss.backward()
    optimizer.step()
"""
PATIENCE = {
    "RAY_agent_register_timeout_ms": "180000",
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""A busy machine starts a node slowly."""


def rows() -> Iterator[Row]:
    """Measure both, turn and turn about; nothing without Ray."""
    if importlib.util.find_spec("ray") is not None:
        yield from asyncio.run(_measure())


async def _measure() -> list[Row]:
    names = ("SGD", "Adam", "RMSprop", "Adagrad")
    expression = Sweep(tuple(Configuration(Optimizer(name)) for name in names), RATES, STARTS, (0,), 500)
    program = Sweep((Configuration(Optimizer("Adam")),), RATES, ({},), tuple(range(32)), 20)
    jobs = {
        "16,000 runs × 500 steps of an expression": Job(Expression(VALLEY), study=expression),
        "320 runs × 20 steps of a program": Job(PROGRAM, study=program),
    }
    settings = Settings(concurrent_runs=PLACES)
    sandbox = Sandbox(settings)
    await sandbox.start()
    with _cluster() as address:
        remote = ClusterEngine(Settings(cluster=address))
        await remote.start()
        try:
            assert remote.places == PLACES
            return [await _row(what, job, remote, LocalEngine(sandbox, settings)) for what, job in jobs.items()]
        finally:
            await remote.stop()
            await sandbox.stop()


async def _row(what: str, job: Job, remote: Engine, local: Engine) -> Row:
    times = [(await _sweep(remote, job), await _sweep(local, job)) for _ in range(ROUNDS + 1)][1:]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return Row(f"sweep on Ray: {what}", f"the local sandbox, {PLACES} at once", ours, theirs, 2)


async def _sweep(engine: Engine, job: Job) -> float:
    """Run a sweep to its end; milliseconds.

    Raises:
        RuntimeError: cells are missing or failed.
    """
    assert isinstance(job.study, Sweep)
    start, cells = time.perf_counter(), 0
    async with aclosing(Lab(engine, Settings()).sweep(job)) as lines:
        async for line in lines:
            if isinstance(line, CellsEvent):
                cells += len(line.initial) - len(line.failures)
            elif isinstance(line, EndEvent) and line != EndEvent():
                raise RuntimeError(str(line))
    if cells != job.study.cells:
        raise RuntimeError(f"{cells} of {job.study.cells} cells")
    return (time.perf_counter() - start) * 1000


@contextmanager
def _cluster() -> Iterator[str]:
    """Two nodes with one place each; not on loopback's first address, which Ray takes for the machine's own."""
    os.environ |= PATIENCE
    made: Any = importlib.import_module("ray.cluster_utils").Cluster()
    node = {
        "num_cpus": 1,
        "node_ip_address": "127.0.0.2",
        "object_store_memory": 100 * 2**20,
        "include_dashboard": False,
    }
    try:
        for _ in range(PLACES):
            made.add_node(**node)
        made.wait_for_nodes(timeout=180)
        yield made.address
    finally:
        made.shutdown()
