"""The real service in a process of its own, and what the system says of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.sandbox.running import children_of, command_of
from tests.soak.client import Client

ROOT = Path(__file__).parents[2]


class Server:
    """A running service, seen from outside."""

    def __init__(self, pid: int, port: int, folder: Path) -> None:
        self.pid = pid
        self.port = port
        self.folder = folder

    @property
    def zygote(self) -> int | None:
        """The process that bears the others; None between two of them."""
        found = [pid for pid in children_of(self.pid) if "zygote.py" in command_of(pid)]
        return found[0] if found else None

    def born(self) -> set[int]:
        """The zygote's children: spares and runs."""
        zygote = self.zygote
        return children_of(zygote) if zygote else set()

    def memory_kib(self) -> int:
        """What the server's own process holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1])

    def left(self) -> dict[str, object]:
        """What a run could have left: processes, descriptors, files."""
        kinds = [command_of(pid).split()[-2:-1] or ["?"] for pid in children_of(self.pid)]
        return {
            "processes": sorted(Path(kind[0]).name for kind in kinds),
            "children": len(self.born()),
            "descriptors": len(os.listdir(f"/proc/{self.pid}/fd")),
            "files": sorted(str(path) for path in self.folder.rglob("*")),
        }

    def log(self) -> str:
        """What it wrote to its standard error."""
        return self.folder.with_suffix(".log").read_text()


@asynccontextmanager
async def serve(folder: Path, **settings: float) -> AsyncIterator[Server]:
    """Start the service in an empty folder that is also its home and its place for temporary files."""
    folder.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EXPLORER_")},
        **{f"EXPLORER_{name.upper()}": str(value) for name, value in settings.items()},
        "EXPLORER_REQUESTS_PER_MINUTE": "0",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with folder.with_suffix(".log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.main"),
            cwd=folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.search(r":(\d+)/", line)
        assert found is not None, line
        server = Server(process.pid, int(found[1]), folder)
        await ready(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        # uvicorn hands the signal on once it has finished in good order.
        assert await asyncio.wait_for(process.wait(), 60) in (0, -signal.SIGTERM)


async def ready(server: Server, seconds: float = 120) -> None:
    """Wait until the service says that it is ready."""
    client = Client(server.port)
    async with asyncio.timeout(seconds):
        while (await client.ask("/readyz")).status != 200:
            await asyncio.sleep(0.1)
    client.hang_up()


async def quiet(server: Server, spares: int) -> dict[str, object]:
    """Wait until nothing runs and all spares wait; then look at what is there."""
    async with asyncio.timeout(60):
        before: dict[str, object] = {}
        while server.left() != before or len(server.born()) != spares:
            before = server.left()
            await asyncio.sleep(0.5)
    return before
