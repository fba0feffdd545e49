"""From the first spare to the last: how runs begin, end, wait and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from app.errors import BusyError, SandboxUnavailableError
from app.sandbox import Sandbox
from app.sandbox.control import LAYERS
from app.settings import Settings
from app.trace.codec import collect
from app.trace.job import Job
from app.trace.model import Event, Failure, MomentEvent, ProgramEvent, Trace
from tests.sandbox.running import READY_SECONDS, children_of, descriptors, open_sandbox, run, until, zygotes

pytestmark = pytest.mark.asyncio(loop_scope="module")

SQUARE = """import torch
x = torch.tensor(3.0, requires_grad=True)
(x * x).backward()
print(x.grad.item())
"""
ENDLESS = "print('begun')\nwhile True: pass"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Let a run wait as long as a zygote needs on a busy machine: how fast that is, is measured elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.sandbox.service._SPARE_SECONDS", READY_SECONDS)
        yield


async def begin(sandbox: Sandbox, source: str, seen: asyncio.Event) -> Trace:
    """Run a program and say when it has printed."""
    events: list[Event] = []
    async with aclosing(sandbox.run(Job(source))) as run:
        async for event in run:
            events.append(event)
            if isinstance(event, MomentEvent):
                seen.set()
    return collect(events)


async def test_a_run_gives_its_events_in_order(sandbox: Sandbox) -> None:
    events: list[Event] = [event async for event in sandbox.run(Job(SQUARE))]
    assert isinstance(events[0], ProgramEvent)
    assert events[0].program == SQUARE
    assert (await run(sandbox, SQUARE)).output == "6.0\n"


async def test_a_fresh_sandbox_says_which_layers_hold(sandbox: Sandbox) -> None:
    status = sandbox.status
    assert (status.ready, status.confined, status.fault) == (True, True, None)
    assert status.layers == LAYERS
    assert status.missing == ()


async def test_every_run_has_a_process_of_its_own(sandbox: Sandbox) -> None:
    outputs = [(await run(sandbox, "import os\nprint(os.getpid())")).output for _ in range(5)]
    assert len(set(outputs)) == 5


async def test_a_watcher_sees_events_while_the_program_runs(sandbox: Sandbox) -> None:
    seen = asyncio.Event()
    task = asyncio.create_task(begin(sandbox, ENDLESS, seen))
    await asyncio.wait_for(seen.wait(), 60)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_hanging_up_ends_the_process(sandbox: Sandbox) -> None:
    (zygote,) = zygotes()
    seen = asyncio.Event()
    await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
    task = asyncio.create_task(begin(sandbox, ENDLESS, seen))
    await asyncio.wait_for(seen.wait(), 60)
    await until(lambda: sandbox.status.spares == 2)
    assert len(children_of(zygote)) == 3
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: len(children_of(zygote)) == 2, 3)
    assert sandbox.status.running == 0


async def test_many_runs_leave_no_process_and_no_descriptor(sandbox: Sandbox) -> None:
    (zygote,) = zygotes()
    await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
    before = descriptors()
    outputs = await asyncio.gather(*(run(sandbox, f"print({number})") for number in range(40)))
    assert [trace.output for trace in outputs] == [f"{number}\n" for number in range(40)]
    await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
    assert descriptors() <= before + 1


async def test_equal_jobs_have_equal_answers(sandbox: Sandbox) -> None:
    source = (
        "import random, torch, numpy\n"
        "print(random.random(), torch.rand(3), numpy.random.rand(2), torch.empty(3), {'a', 'b', 'c'})"
    )
    first, second = await asyncio.gather(run(sandbox, source), run(sandbox, source))
    assert first.output == second.output != ""


async def test_spares_made_while_runs_wait_answer_alike(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import torch\nx = torch.randn(3, requires_grad=True)\n(x**2).sum().backward()\nprint(x, x.grad)"
    rehearsed = await run(sandbox, program)
    monkeypatch.setattr(sandbox._spares, "_is_busy", lambda: True)
    spares = [await sandbox._spares.take(20) for _ in range(8)]
    for spare in spares:
        spare.child.discard()
    assert not spares[-1].rehearsed
    assert set(spares[-1].layers) == set(sandbox.status.layers) == set(LAYERS)
    assert sandbox.status.ready
    assert await run(sandbox, program) == rehearsed


async def test_a_dead_zygote_is_replaced(sandbox: Sandbox) -> None:
    restarts = sandbox.status.restarts
    (zygote,) = zygotes()
    children = children_of(zygote)
    os.kill(zygote, signal.SIGKILL)
    # A spare outlives its zygote by some milliseconds, in which a run may begin that nobody could bring to its end.
    await until(lambda: not any(map(is_alive, children)))
    assert (await run(sandbox, SQUARE)).output == "6.0\n"
    await until(lambda: len(zygotes() - {zygote}) == 1 and sandbox.status.spares == 2, 60)
    assert sandbox.status.restarts == restarts + 1


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_a_run_whose_zygote_dies_is_nobodys_wrong_answer(sandbox: Sandbox) -> None:
    seen = asyncio.Event()
    task = asyncio.create_task(begin(sandbox, ENDLESS, seen))
    await asyncio.wait_for(seen.wait(), 60)
    (zygote,) = zygotes()
    os.kill(zygote, signal.SIGKILL)
    with pytest.raises(SandboxUnavailableError):
        await asyncio.wait_for(task, 60)
    await until(lambda: sandbox.status.ready, 60)


async def test_a_run_killed_from_outside_is_run_again_and_then_reported(sandbox: Sandbox) -> None:
    (zygote,) = zygotes()
    for killed in (min, max):  # one of the two is the spare that is taken
        await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
        idle = children_of(zygote)
        for child in idle:
            os.kill(child, signal.SIGSTOP)  # whichever is taken says nothing before it dies
        task = asyncio.create_task(run(sandbox, "print('again')"))
        await until(lambda: sandbox.status.running == 1)
        os.kill(killed(idle), signal.SIGKILL)
        for child in idle - {killed(idle)}:
            os.kill(child, signal.SIGCONT)
        assert (await task).output == "again\n"
        await run(sandbox, SQUARE)  # meets the dead one, if it was not taken before
    seen = asyncio.Event()
    task = asyncio.create_task(begin(sandbox, "print('begun')\nimport time\ntime.sleep(60)", seen))
    await asyncio.wait_for(seen.wait(), 60)
    for child in children_of(zygote):
        os.kill(child, signal.SIGKILL)
    assert (await task).failure == Failure("run-died", {"signal": "SIGKILL"})


async def test_spares_that_die_while_they_wait_are_no_spares_and_cost_no_run(sandbox: Sandbox) -> None:
    (zygote,) = zygotes()
    await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
    idle = children_of(zygote)
    os.kill(zygote, signal.SIGSTOP)  # nobody else tells of the deaths
    for child in idle:
        os.kill(child, signal.SIGKILL)
    await until(lambda: sandbox.status.spares == 0)
    task = asyncio.create_task(run(sandbox, "print('next')"))
    await until(lambda: sandbox.status.running == 1)
    os.kill(zygote, signal.SIGCONT)
    assert (await task).output == "next\n"
    await until(lambda: sandbox.status.spares == 2)
    for child in children_of(zygote):
        os.kill(child, signal.SIGKILL)
    await until(lambda: sandbox.status.spares == 2 and len(children_of(zygote)) == 2)
    assert zygotes() == {zygote}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def narrow() -> AsyncGenerator[tuple[Sandbox, int], None]:
    """A sandbox with one place, two seats to wait and short-lived spares; and its zygote."""
    others = zygotes()
    settings = Settings(concurrent_runs=1, queued_runs=2, spares=1, spare_seconds=2.0)
    async with open_sandbox(settings) as sandbox:
        (zygote,) = zygotes() - others
        yield sandbox, zygote


async def test_a_full_queue_refuses_and_a_free_place_is_taken(narrow: tuple[Sandbox, int]) -> None:
    sandbox, _ = narrow
    seen = asyncio.Event()
    first = asyncio.create_task(begin(sandbox, ENDLESS, seen))
    await asyncio.wait_for(seen.wait(), 60)
    second, third = (asyncio.create_task(run(sandbox, f"print({number})")) for number in (2, 3))
    await until(lambda: sandbox.status.waiting == 2)
    with pytest.raises(BusyError) as caught:
        await run(sandbox, "print(4)")
    assert caught.value.parameters["retry_after_seconds"] == 3
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    first.cancel()
    assert (await asyncio.wait_for(third, 60)).output == "3\n"
    assert (sandbox.status.running, sandbox.status.waiting) == (0, 0)


async def test_an_old_spare_is_replaced(narrow: tuple[Sandbox, int]) -> None:
    sandbox, zygote = narrow
    await until(lambda: sandbox.status.spares == 1 and len(children_of(zygote)) == 1)
    before = children_of(zygote)
    await until(lambda: len(now := children_of(zygote)) == 1 and not now & before)
    assert (await run(sandbox, "print(1)")).output == "1\n"


async def test_a_zygote_that_hangs_is_replaced(narrow: tuple[Sandbox, int], monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox, zygote = narrow
    monkeypatch.setattr("app.sandbox.spares._GREETING_SECONDS", 0.5)
    await until(lambda: sandbox.status.spares == 1 and sandbox._spares._making == 0)
    os.kill(zygote, signal.SIGSTOP)
    await until(lambda: not is_alive(zygote), 20)
    monkeypatch.undo()
    assert (await run(sandbox, "print(1)")).output == "1\n"


async def test_stopping_leaves_nothing() -> None:
    before, others = descriptors(), zygotes()
    async with open_sandbox(Settings(spares=2)) as sandbox:
        (zygote,) = zygotes() - others
        assert (await run(sandbox, "print(1)")).output == "1\n"
        children = children_of(zygote)
    assert zygotes() == others
    await until(lambda: not any(map(is_alive, children)))
    await asyncio.sleep(0.05)
    assert descriptors() <= before + 1
    with pytest.raises(SandboxUnavailableError):
        await asyncio.wait_for(run(sandbox, "print(1)"), 60)


@pytest.mark.parametrize(
    ("host", "required", "ready"),
    [("0.0.0.0", None, False), ("0.0.0.0", False, True), ("127.0.0.1", None, True), ("127.0.0.1", True, False)],
)
async def test_beyond_loopback_all_layers_must_hold(host: str, required: bool | None, ready: bool) -> None:
    sandbox = Sandbox(Settings(host=host, require_confinement=required))
    sandbox._spares.layers = ("rlimits",)
    assert sandbox.status.ready == ready


async def test_the_servers_side_loads_no_torch() -> None:
    program = "import app.sandbox, sys; print(sorted({'torch', 'numpy', 'app.tracer'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
