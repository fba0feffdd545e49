"""Running programs in a sandbox and looking at the processes around it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec

from app.sandbox import Sandbox
from app.sandbox.control import LAYERS
from app.settings import Limits, Settings
from app.trace.codec import collect
from app.trace.job import Job
from app.trace.model import EndEvent, Event, Trace

READY_SECONDS = 90.0


@asynccontextmanager
async def open_sandbox(
    settings: Settings | None = None, layers: Collection[str] = LAYERS
) -> AsyncGenerator[Sandbox, None]:
    sandbox = Sandbox(settings or Settings(), layers)
    await sandbox.start()
    try:
        await until(lambda: sandbox.status.spares > 0, READY_SECONDS)
        yield sandbox
    finally:
        await sandbox.stop()


async def events_of(sandbox: Sandbox, source: str, limits: Limits) -> list[Event]:
    async with aclosing(sandbox.run(Job(source, limits=limits))) as events:
        return [event async for event in events]


async def run(sandbox: Sandbox, source: str, **limits: float) -> Trace:
    """Run a program; whatever it is, its last event must be an end, and the only one."""
    events = await events_of(sandbox, source, msgspec.structs.replace(Limits(), **limits))
    assert [isinstance(event, EndEvent) for event in events] == [False] * (len(events) - 1) + [True]
    return collect(events)


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be so in time"
        await asyncio.sleep(0.02)


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def children_of(pid: int) -> set[int]:
    """Every process whose parent is `pid`, dead ones that nobody has collected included."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return {other for other in pids if parent_of(other) == pid}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def zygotes() -> set[int]:
    return {pid for pid in children_of(os.getpid()) if "zygote.py" in command_of(pid)}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
