"""Every attack of two data files, run through the sandbox: nothing outside of the child may feel it.

`known.json` holds attacks collected while the sandbox was designed, `own.json` those of this project. `{canary}` is a
file with a secret, `{evil}` a file that must not come to be, `{port}` a listening socket, `{server_pid}` this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from app.sandbox import Sandbox
from app.sandbox.spares import Spare
from app.settings import Limits, Settings
from app.trace.codec import collect, encode
from app.trace.job import Job
from app.trace.model import EndEvent, Event
from tests.attacks.watching import Table, Watch
from tests.sandbox.running import children_of, open_sandbox, until, zygotes

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = Path(__file__).parent
ATTACKS: dict[str, str] = {
    f"{file}/{attack['category']}/{attack['name']}": attack["source"]
    for file in ("known", "own")
    for attack in json.loads((HERE / f"{file}.json").read_text("utf-8"))
}
LIMITS = Limits(wall_seconds=1.0, cpu_seconds=0.8, memory_bytes=256 * 1024 * 1024)
AT_ONCE = 6
HANDED_OUT: ContextVar[list[Spare] | None] = ContextVar("handed_out", default=None)
CONTROL = "import torch\nx = torch.tensor(3.0, requires_grad=True)\n(x * x).backward()\nprint(x.grad.item())"


@dataclass
class Outside:
    """What stands around the sandbox and must not be touched."""

    folder: Path
    secret: str
    listener: socket.socket
    bystander: subprocess.Popen[bytes]
    watch: Watch
    server: int = field(default_factory=os.getpid)

    @property
    def canary(self) -> Path:
        return self.folder / "canary"

    def aim(self, source: str) -> str:
        places = {
            "{canary}": str(self.canary),
            "{evil}": str(self.folder / "evil"),
            "{port}": str(self.listener.getsockname()[1]),
            "{server_pid}": str(self.server),
        }
        for mark, place in places.items():
            source = source.replace(mark, place)
        return source

    def harm(self) -> str | None:
        """What was done to it."""
        if events := self.watch.seen():
            return f"the canary or its folder was opened: {events}"
        if [path.name for path in self.folder.iterdir()] != ["canary"]:
            return "a file was made"
        self.watch.seen()
        with suppress(BlockingIOError):
            self.listener.accept()
            return "a connection was made"
        return None


@dataclass
class Outcome:
    """How one attack went."""

    events: list[Event]
    harm: str | None
    control: str
    seconds: float


@dataclass
class Arena:
    """The sandbox under attack, and all that is looked at after each attack."""

    sandbox: Sandbox
    outside: Outside
    table: Table

    async def attack(self, source: str) -> Outcome:
        loop = asyncio.get_running_loop()
        start = loop.time()
        taken: list[Spare] = []
        HANDED_OUT.set(taken)
        events = [event async for event in self.sandbox.run(Job(self.outside.aim(source), limits=LIMITS))]
        seconds = loop.time() - start
        assert taken
        for spare in taken:
            await asyncio.wait_for(asyncio.shield(spare.child.exit), 10)
        harm = self.outside.harm() or self.table.harm({spare.child.pid for spare in taken})
        control = collect([event async for event in self.sandbox.run(Job(CONTROL))])
        return Outcome(events, harm, control.output, seconds)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    folder = tmp_path_factory.mktemp("outside")
    secret = f"canary-{secrets.token_hex(16)}"
    (folder / "canary").write_text(secret, "utf-8")
    (folder / "canary").chmod(0o640)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return Outside(folder, secret, listener, subprocess.Popen(["sleep", "1000"]), Watch(folder, folder / "canary"))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def outcomes(outside: Outside) -> AsyncGenerator[dict[str, Outcome], None]:
    """Run all attacks, some at once; starting them one by one would take minutes."""
    settings = Settings(concurrent_runs=AT_ONCE, queued_runs=len(ATTACKS), spares=4, limits=LIMITS)
    async with open_sandbox(settings) as sandbox:
        note_spares(sandbox)
        (zygote,) = zygotes()
        arena = Arena(sandbox, outside, Table(zygote, (os.getpid(), zygote, outside.bystander.pid)))
        places = asyncio.Semaphore(AT_ONCE)

        async def attack(source: str) -> Outcome:
            async with places:
                return await arena.attack(source)

        results = await asyncio.gather(*map(attack, ATTACKS.values()))
        await until(lambda: len(children_of(zygote)) == settings.spares)
        assert sandbox.status.restarts == 0, "the zygote was hurt"
        yield dict(zip(ATTACKS, results, strict=True))
    assert outside.canary.read_text("utf-8") == outside.secret
    outside.bystander.kill()
    outside.bystander.wait()
    outside.listener.close()
    outside.watch.close()


def note_spares(sandbox: Sandbox) -> None:
    """Let each attack know which processes ran it."""
    take = sandbox._spares.take

    async def noted(seconds: float) -> Spare:
        spare = await take(seconds)
        if (taken := HANDED_OUT.get()) is not None:
            taken.append(spare)
        return spare

    sandbox._spares.take = noted  # type: ignore[method-assign]


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_stays_inside(name: str, outcomes: dict[str, Outcome], outside: Outside) -> None:
    outcome = outcomes[name]
    assert outcome.harm is None
    assert outcome.control == "6.0\n"
    assert isinstance(outcome.events[-1], EndEvent)
    assert outcome.seconds < 12
    reply = b"".join(map(encode, outcome.events)).decode()
    assert outside.secret not in reply
    assert not {"\x1b", "\0"} & set(reply)
    assert "\\u001b" not in reply


async def test_there_are_attacks_enough() -> None:
    count = {file: sum(name.startswith(file) for name in ATTACKS) for file in ("known", "own")}
    assert count["known"] == 240
    assert count["own"] >= 150


async def test_what_is_looked_at_would_show_harm(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret", "utf-8")
    watch = Watch(tmp_path, canary)
    assert watch.seen() == []
    canary.read_text("utf-8")
    assert "open" in watch.seen()
    watch.close()
    with (
        subprocess.Popen(["sh", "-c", "echo; read line"], stdin=-1, stdout=-1, start_new_session=True) as zygote,
        subprocess.Popen(["sleep", "100"]) as bystander,
    ):
        table = Table(zygote.pid, (zygote.pid, bystander.pid))
        assert table.harm(set()) is None
        assert table.harm({bystander.pid}) == "a process was left"
        bystander.send_signal(signal.SIGSTOP)
        await until(lambda: table.harm(set()) == "another process was touched")
        bystander.kill()
        bystander.wait()
        assert table.harm(set()) == "another process was ended"
        zygote.communicate(b"\n", timeout=10)
