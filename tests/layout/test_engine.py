"""Graphviz's processes: kept warm, bounded in time and memory, replaced when they fail, left with nothing open."""

from __future__ import annotations

import asyncio
import os
import random
import struct
import zlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from app.errors import LayoutUnavailableError
from app.layout.engine import Engine, EngineFailure, Engines
from app.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL = "digraph { n0 -> n1 }"


def tangle(nodes: int) -> str:
    """A graph that takes Graphviz minutes."""
    chance = random.Random(0)
    edges = (f"n{chance.randrange(nodes)} -> n{chance.randrange(nodes)}" for _ in range(4 * nodes))
    return "digraph { " + "; ".join(edges) + " }"


@pytest_asyncio.fixture(loop_scope="session")
async def engine() -> AsyncGenerator[Engine, None]:
    """An engine of its own."""
    started = Engine(Settings(layout_memory_bytes=300 * 1024 * 1024))
    await started.start()
    yield started
    await started.stop()


def pid_of(engine: Engine) -> int:
    assert engine._process is not None
    return engine._process.pid


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
async def test_draws_every_format(engine: Engine, form: str, start: bytes) -> None:
    assert (await engine.draw(SMALL, form, 5)).startswith(start)  # type: ignore[arg-type]


async def test_one_process_draws_many(engine: Engine) -> None:
    first = pid_of(engine)
    pictures = {await engine.draw(SMALL, "svg", 5) for _ in range(50)}
    assert len(pictures) == 1
    assert pid_of(engine) == first


async def test_a_broken_graph_does_not_end_the_process(engine: Engine) -> None:
    first = pid_of(engine)
    for broken in ("digraph { [[", "", "digraph {", "\0", "graph { a -> b }"):
        with pytest.raises(EngineFailure):
            await engine.draw(broken, "svg", 5)
    assert await engine.draw(SMALL, "svg", 5)
    assert pid_of(engine) == first


async def test_a_graph_that_takes_too_long_is_killed(engine: Engine) -> None:
    first = pid_of(engine)
    with pytest.raises(EngineFailure):
        await engine.draw(tangle(400), "svg", 0.2)
    assert is_gone(first)
    assert await engine.draw(SMALL, "svg", 5)
    assert engine.starts == 2


async def test_a_process_that_dies_is_replaced(engine: Engine) -> None:
    for _ in range(3):
        first = pid_of(engine)
        os.kill(first, 9)
        with pytest.raises(EngineFailure):
            await engine.draw(SMALL, "svg", 5)
        assert await engine.draw(SMALL, "svg", 5)
        assert pid_of(engine) != first


async def test_memory_is_bounded(engine: Engine) -> None:
    side = 30_000  # A bitmap of this side would take 3.6 GB.
    with pytest.raises(EngineFailure):
        await engine.draw(
            f"digraph {{ n0 [shape=box fixedsize=true width={side // 96} height={side // 96}] }}", "png", 9
        )
    assert await engine.draw(SMALL, "svg", 5)


async def test_nothing_stays_open(engine: Engine) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        os.kill(pid_of(engine), 9)
        with pytest.raises(EngineFailure):
            await engine.draw(SMALL, "svg", 5)
        await engine.draw(SMALL, "svg", 5)
    assert len(os.listdir("/proc/self/fd")) <= before
    inside = len(os.listdir(f"/proc/{pid_of(engine)}/fd"))
    for _ in range(50):
        await engine.draw(SMALL, "png", 5)
    assert len(os.listdir(f"/proc/{pid_of(engine)}/fd")) == inside


def png_file(path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + b"\xff\0\0" * 40 for _ in range(40)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


async def test_the_process_has_no_rights(engine: Engine, tmp_path: Path) -> None:
    if "seccomp" in engine.layers:
        status = Path(f"/proc/{pid_of(engine)}/status").read_text()
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status
    assert "rlimits" in engine.layers
    # Graphviz opens the file that `image` names; here it may not.
    png_file(tmp_path / "secret.png")
    picture = await engine.draw(f'digraph {{ n0 [image="{tmp_path}/secret.png"] }}', "svg", 5)
    assert b"<image" not in picture or engine.layers == ("rlimits",)
    assert set(Path(f"/proc/{pid_of(engine)}/environ").read_bytes().split(b"\0")) <= {
        *(part for part in Path(f"/proc/{pid_of(engine)}/environ").read_bytes().split(b"\0") if part[:5] == b"FONTC"),
        b"LANG=C.UTF-8",
        b"LC_CTYPE=C.UTF-8",
        b"",
    }


async def test_the_process_leaves_with_the_server() -> None:
    engine = Engine(Settings())
    await engine.start()
    pid = pid_of(engine)
    assert engine._process is not None
    assert engine._process.stdin is not None
    engine._process.stdin.close()
    await asyncio.wait_for(engine._process.wait(), 5)
    assert is_gone(pid)
    await engine.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def engines() -> AsyncGenerator[Engines, None]:
    """Two engines for which a drawing waits as long as it must."""
    started = Engines(Settings(layout_workers=2, layout_wait_seconds=60))
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def hurried() -> AsyncGenerator[Engines, None]:
    """Two engines for which a drawing waits a short time."""
    started = Engines(Settings(layout_workers=2, layout_wait_seconds=0.3))
    await started.start()
    yield started
    await started.stop()


async def test_many_at_once_each_get_their_own_picture(engines: Engines) -> None:
    async def one(number: int) -> bool:
        picture = await engines.draw(f'digraph {{ n0 [id="x{number}"] }}', "svg", 20)
        return f'id="x{number}"'.encode() in picture

    assert all(await asyncio.gather(*(one(number) for number in range(60))))
    assert engines.restarts == 0


async def test_a_caller_that_leaves_costs_no_process(engines: Engines) -> None:
    for _ in range(20):
        task = asyncio.create_task(engines.draw(SMALL, "svg", 5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await engines.draw(SMALL, "svg", 5)
    assert engines.restarts == 0


async def test_waiting_has_an_end(hurried: Engines) -> None:
    slow = [asyncio.create_task(hurried.draw(tangle(400), "svg", 1.5)) for _ in range(2)]
    await asyncio.sleep(0.2)
    with pytest.raises(LayoutUnavailableError) as caught:
        await hurried.draw(SMALL, "svg", 5)
    assert caught.value.slug == "layout-busy"
    for task in slow:
        with pytest.raises(EngineFailure):
            await task
    assert await hurried.draw(SMALL, "svg", 5)


async def test_stop_ends_what_runs() -> None:
    engines = Engines(Settings(layout_workers=1))
    await engines.start()
    pid = pid_of(engines._all[0])
    task = asyncio.create_task(engines.draw(tangle(400), "svg", 30))
    await asyncio.sleep(0.1)
    await engines.stop()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)


async def test_no_graphviz_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(LayoutUnavailableError) as caught:
        await Engine(Settings()).start()
    assert caught.value.slug == "layout-unavailable"
