"""Each layer with the others off: what it promises by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from app.errors import SandboxUnavailableError
from app.sandbox import Sandbox
from app.sandbox.control import LAYERS
from app.settings import Settings
from tests.sandbox.running import children_of, open_sandbox, run, until, zygotes

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATE = ("descriptors", "parent-death", "undumpable", "no-new-privs")
SETS = (("seccomp",), ("landlock",), ("rlimits",), STATE)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandboxes() -> AsyncGenerator[dict[tuple[str, ...], Sandbox], None]:
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(
            *(stack.enter_async_context(open_sandbox(Settings(spares=1), layers)) for layers in SETS)
        )
        yield dict(zip(SETS, opened, strict=True))


Sandboxes = dict[tuple[str, ...], Sandbox]

TRY = """
def attempt(name, call):
    try:
        result = call()
    except BaseException as error:
        print(name, type(error).__name__)
    else:
        print(name, 'done', result)
"""


@pytest.mark.parametrize("layers", SETS, ids=lambda layers: layers[0])
async def test_only_the_chosen_layers_hold(sandboxes: Sandboxes, layers: tuple[str, ...]) -> None:
    status = sandboxes[layers].status
    assert status.layers == layers
    assert (status.ready, status.confined) == (True, False)
    assert set(status.missing) == set(LAYERS) - set(layers)
    assert (await run(sandboxes[layers], "print(1)")).output == "1\n"


async def test_a_missing_layer_refuses_runs_where_all_must_hold(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = sandboxes["seccomp",]
    monkeypatch.setattr(sandbox, "_required", True)
    status = sandbox.status
    assert not status.ready
    assert status.fault is not None
    assert "landlock" in status.fault
    with pytest.raises(SandboxUnavailableError):
        await run(sandbox, "print(1)")


async def attempts(sandbox: Sandbox, calls: dict[str, str]) -> dict[str, str]:
    lines = [f"attempt({name!r}, lambda: {call})" for name, call in calls.items()]
    trace = await run(sandbox, "import os, socket, signal\n" + TRY + "\n".join(lines))
    assert trace.failure is None
    return dict(line.split(" ", 1) for line in trace.output.splitlines())


async def test_seccomp_alone_denies_everything(sandboxes: Sandboxes, tmp_path: Path) -> None:
    canary, evil = tmp_path / "canary", tmp_path / "evil"
    canary.write_text("secret", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        results = await attempts(
            sandboxes["seccomp",],
            {
                "read": f"open({str(canary)!r})",
                "write": f"open({str(evil)!r}, 'w')",
                "list": "os.listdir('/')",
                "inherited": "[os.read(number, 1) for number in range(20) if number != 3]",
                "spoken": "[os.write(number, b'x') for number in range(20) if number != 3]",
                "connect": f"socket.create_connection({address!r})",
                "fork": "os.fork()",
                "kill": f"os.kill({os.getpid()}, 9)",
                "thread": "__import__('_thread').start_new_thread(print, ())",
                "limit": "__import__('resource').setrlimit(7, (1, 1))",
            },
        )
    assert set(results.values()) <= {"PermissionError", "RuntimeError", "ValueError"}
    assert not evil.exists()


@pytest.mark.parametrize("number", [59, 58, 101, 310, 311, 434, 272, 308, 425, 321, 323, 250, 165, 0x40000002])
async def test_seccomp_alone_kills_what_only_attacks_do(sandboxes: Sandboxes, number: int) -> None:
    trace = await run(sandboxes["seccomp",], f"import ctypes\nctypes.CDLL(None).syscall({number}, 0, 0, 0, 0, 0)")
    assert trace.failure is not None
    assert trace.failure.parameters == {"signal": "SIGSYS"}


async def test_landlock_alone_denies_files_tcp_and_signals(sandboxes: Sandboxes, tmp_path: Path) -> None:
    canary, evil = tmp_path / "canary", tmp_path / "evil"
    canary.write_text("secret", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        results = await attempts(
            sandboxes["landlock",],
            {
                "read": f"open({str(canary)!r})",
                "write": f"open({str(evil)!r}, 'w')",
                "make": f"os.mkdir({str(evil)!r})",
                "remove": f"os.remove({str(canary)!r})",
                "list": f"os.listdir({str(tmp_path)!r})",
                "execute": "os.execv('/bin/true', ['true'])",
                "connect": f"socket.create_connection({listener.getsockname()!r})",
                "bind": "socket.socket().bind(('127.0.0.1', 0))",
                "kill": f"os.kill({os.getpid()}, signal.SIGTERM)",
                "memory": f"open('/proc/{os.getpid()}/mem', 'rb')",
            },
        )
    assert results == dict.fromkeys(results, "PermissionError")
    assert canary.exists()
    assert not evil.exists()


async def test_rlimits_alone_bound_files_memory_and_time(sandboxes: Sandboxes) -> None:
    sandbox = sandboxes["rlimits",]
    results = await attempts(
        sandbox,
        {
            "open": "open('/etc/hostname')",
            "socket": "socket.socket()",
            "duplicate": "os.dup(3)",
            "memory": "bytearray(600 * 1024 * 1024)",
        },
    )
    assert results == {"open": "OSError", "socket": "OSError", "duplicate": "OSError", "memory": "MemoryError"}


async def test_state_alone_is_as_promised(sandboxes: Sandboxes) -> None:
    source = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "print(libc.prctl(3, 0, 0, 0, 0), libc.prctl(39, 0, 0, 0, 0))\n"
        "print(os.listdir('/proc/self/fd') if os.geteuid() == 0 else ['3', '4'])\n"
    )
    trace = await run(sandboxes[STATE], source)
    dumpable, descriptors = trace.output.splitlines()
    assert dumpable == "0 1"
    # The second one is the folder that is being listed.
    assert len(eval(descriptors)) == 2
    assert "'3'" in descriptors


async def test_a_child_dies_with_its_zygote(sandboxes: Sandboxes) -> None:
    sandbox = sandboxes[STATE]
    printed = (await run(sandbox, "import os\nprint(os.getppid())")).output
    zygote = int(printed)
    assert zygote in zygotes()
    await until(lambda: len(children_of(zygote)) == 1)
    (child,) = children_of(zygote)
    os.kill(zygote, signal.SIGKILL)
    await until(lambda: not os.path.exists(f"/proc/{child}") or "Z" in Path(f"/proc/{child}/stat").read_text())
