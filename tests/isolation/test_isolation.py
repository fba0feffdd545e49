"""Two programs in a row never see each other, however the first one ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
import pytest
import pytest_asyncio

from app.sandbox import Sandbox
from app.settings import Settings
from app.trace.job import Job
from app.trace.model import MomentEvent
from tests.isolation.marks import FIND_ALL, MARKS, finder, leave_all
from tests.sandbox.running import children_of, open_sandbox, run, until, zygotes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Lines = dict[str, str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox() -> AsyncGenerator[Sandbox, None]:
    """One run at a time and one spare: the process of a run was born while the run before it was alive."""
    async with open_sandbox(Settings(concurrent_runs=1, spares=1)) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def untouched(sandbox: Sandbox) -> Lines:
    """What the first program of a fresh sandbox finds."""
    return await look(sandbox)


async def look(sandbox: Sandbox) -> Lines:
    trace = await run(sandbox, FIND_ALL)
    assert (trace.failure, trace.cut) == (None, None)
    lines = lines_of(trace.output)
    assert set(lines) == set(MARKS)
    return lines


def lines_of(output: str) -> Lines:
    return dict(line.split(" | ", 1) for line in output.splitlines() if " | " in line)


async def test_every_search_works(untouched: Lines) -> None:
    assert {name: line for name, line in untouched.items() if "Error(" in line} == {}


@pytest.mark.parametrize("name", MARKS)
async def test_the_next_run_finds_nothing(sandbox: Sandbox, untouched: Lines, name: str) -> None:
    mark = MARKS[name]
    left = await run(sandbox, f"{mark.leave}\n{finder(mark, name)}")
    noticed = lines_of(left.output).get(name) != untouched[name]
    assert noticed != mark.refused, "a search that notices nothing proves nothing"
    assert await look(sandbox) == untouched


ENDINGS: dict[str, tuple[str, dict[str, float]]] = {
    "an end": ("", {}),
    "an exception": ("raise RuntimeError", {}),
    "a cut by the wall clock": ("while True: pass", {"wall_seconds": 0.3}),
    "a cut by the processor's clock": ("while True: pass", {"cpu_seconds": 0.3}),
    "a cut in native code": ("sum(range(10**12))", {"wall_seconds": 0.3}),
    "a cut of the output": ("while True: print('left')", {"output_bytes": 2000}),
    "want of memory": ("held = [bytearray(10**8) for _ in range(1000)]", {}),
    "a crash": ("import ctypes\nctypes.string_at(0)", {}),
    "a forbidden call": ("import os\nos.execv('/bin/sh', ['sh'])", {}),
    "a forged reply": ("import os\nos.write(3, b'\\0\\0\\0\\2{}')\nwhile True: pass", {}),
    "a sudden exit": ("import os\nos._exit(0)", {}),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_nothing_is_found_after(sandbox: Sandbox, untouched: Lines, ending: str) -> None:
    source, limits = ENDINGS[ending]
    await run(sandbox, f"{leave_all()}\n{source}", **limits)
    assert await look(sandbox) == untouched


async def begin(sandbox: Sandbox, begun: asyncio.Event) -> None:
    job = Job(f"print('begun')\n{leave_all()}\nwhile True: pass")
    async with aclosing(sandbox.run(job)) as events:
        async for event in events:
            if isinstance(event, MomentEvent):
                begun.set()


@pytest.mark.parametrize("ended_by", ["hang-up", "SIGKILL", "SIGKILL of the zygote"])
async def test_nothing_is_found_after_an_end_from_outside(sandbox: Sandbox, untouched: Lines, ended_by: str) -> None:
    (zygote,) = zygotes()
    begun = asyncio.Event()
    await until(lambda: sandbox.status.spares == 1 and len(children_of(zygote)) == 1)
    (child,) = children_of(zygote)
    task = asyncio.create_task(begin(sandbox, begun))
    await asyncio.wait_for(begun.wait(), 60)
    await asyncio.sleep(0.2)
    if ended_by == "hang-up":
        task.cancel()
    else:
        os.kill(child if ended_by == "SIGKILL" else zygote, signal.SIGKILL)
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: sandbox.status.ready and sandbox.status.spares == 1, 60)
    assert await look(sandbox) == untouched


async def test_runs_beside_each_other_find_nothing(untouched: Lines) -> None:
    async with open_sandbox(Settings(concurrent_runs=4, spares=4)) as sandbox:
        loud = [run(sandbox, leave_all()) for _ in range(6)]
        quiet = [look(sandbox) for _ in range(6)]
        found = await asyncio.gather(*(work for pair in zip(loud, quiet, strict=True) for work in pair))
    assert found[1::2] == [untouched] * 6


async def test_a_trace_says_nothing_of_the_run_before(sandbox: Sandbox) -> None:
    source = "import torch\nx = torch.rand(3, requires_grad=True)\n(x ** 2).sum().backward()\nprint(x.grad)"
    before = msgspec.json.encode(await run(sandbox, source))
    await run(sandbox, leave_all())
    assert msgspec.json.encode(await run(sandbox, source)) == before
