"""Warm Graphviz processes: started once, asked many times, killed and replaced when they fail or take too long.

Graphviz runs in `worker`, a process of its own, because a heavy or hostile graph must not take the server along. One
worker answers one request at a time; `Engines` lends them out.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Literal

from app.errors import LayoutUnavailableError
from app.settings import Settings

Format = Literal["svg", "png", "pdf"]

_FOLDER = Path(__file__).parent
_FORMAT_BYTES: dict[Format, bytes] = {"svg": b"s", "png": b"p", "pdf": b"f"}
_START_SECONDS = 20.0
_START_ATTEMPTS = 3
_REPLY_BYTES = 64 * 1024 * 1024


class EngineFailure(Exception):
    """Graphviz took too long, died, or refused this graph; a coarser one may do."""


class EngineDied(EngineFailure):
    """The process ended by itself or was killed by another; the graph need not be the reason."""


class Engine:
    """One Graphviz process.

    Args:
        settings: memory and time that one drawing may take.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self.layers: tuple[str, ...] = ()
        """What confines the process: of `rlimits`, `landlock`, `seccomp`."""
        self.starts = 0

    async def start(self) -> None:
        """Start the process, unless it runs, and wait until it is warm.

        Raises:
            LayoutUnavailableError: Graphviz cannot be started on this machine.
        """
        if self._process is not None and self._process.returncode is None:
            return
        for attempt in range(1, _START_ATTEMPTS + 1):
            await self.stop()
            try:
                async with asyncio.timeout(_START_SECONDS):
                    self._process = await self._spawn()
                    self.layers = tuple((await self._reply()).decode().split())
                self.starts += 1
                return
            except (OSError, TimeoutError, EngineFailure, asyncio.IncompleteReadError) as error:
                await self.stop()
                if attempt == _START_ATTEMPTS:
                    raise LayoutUnavailableError("layout-unavailable", {"retry_after_seconds": 5}) from error
            except BaseException:
                self._kill()
                raise

    async def _spawn(self) -> Process:
        fonts = _FOLDER / "fonts"
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_FOLDER / "worker.py"),
            str(self._settings.layout_memory_bytes),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=fonts,
            env={"FONTCONFIG_FILE": str(fonts / "fonts.conf"), "LANG": "C.UTF-8"},
            start_new_session=True,
        )

    async def draw(self, dot: str, picture: Format, seconds: float) -> bytes:
        """Lay out and draw one graph.

        Args:
            dot: what `dot.write` made.
            picture: the format.
            seconds: after this time the process is killed.

        Raises:
            EngineFailure: this graph cannot be drawn within the limits.
            LayoutUnavailableError: there is no Graphviz.
        """
        await self.start()
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(_FORMAT_BYTES[picture], dot.encode(), seconds)
        except TimeoutError as error:
            await self.stop()
            raise EngineFailure("too slow") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.stop()
            raise EngineDied("died") from error
        except asyncio.CancelledError:
            # An answer is on its way that nobody will read: the pipe is of no more use.
            self._kill()
            raise

    async def _ask(self, picture: bytes, dot: bytes, seconds: float) -> bytes:
        assert self._process is not None
        assert self._process.stdin is not None
        head = picture + bytes([min(255, int(seconds) + 1)]) + len(dot).to_bytes(4, "big")
        self._process.stdin.write(head + dot)
        await self._process.stdin.drain()
        return await self._reply()

    async def _reply(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        head = await self._process.stdout.readexactly(5)
        length = int.from_bytes(head[1:], "big")
        if length > _REPLY_BYTES:
            raise ConnectionError("reply too long")
        body = await self._process.stdout.readexactly(length)
        if head[:1] != b"k":
            raise EngineFailure(body.decode(errors="replace"))
        return body

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.communicate()


class Engines:
    """A few engines, lent to one request at a time; the one used last is lent first.

    Args:
        settings: how many there are, how long a request may wait for one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all = tuple(Engine(settings) for _ in range(settings.layout_workers))
        self._idle: asyncio.LifoQueue[Engine] = asyncio.LifoQueue()
        for engine in reversed(self._all):
            self._idle.put_nowait(engine)
        self._tasks: set[asyncio.Task[bytes]] = set()

    @property
    def layers(self) -> tuple[str, ...]:
        """What confines every engine that was started."""
        started = [engine.layers for engine in self._all if engine.starts]
        return tuple(layer for layer in started[0] if all(layer in layers for layers in started)) if started else ()

    @property
    def restarts(self) -> int:
        """How often a process had to be replaced."""
        return sum(max(0, engine.starts - 1) for engine in self._all)

    async def start(self) -> None:
        """Start one engine; the others start when they are first needed."""
        await self._all[0].start()

    async def stop(self) -> None:
        """End every process, whatever it is doing."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(engine.stop() for engine in self._all))

    async def draw(self, dot: str, picture: Format, seconds: float) -> bytes:
        """Draw with the next engine that is free.

        A caller that goes away leaves its drawing to end by itself, so that no warm process is lost.

        Raises:
            EngineFailure: this graph cannot be drawn within the limits.
            LayoutUnavailableError: there is no Graphviz, or none is free in time.
        """
        task = asyncio.create_task(self._draw(dot, picture, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._finish)
        return await asyncio.shield(task)

    def _finish(self, task: asyncio.Task[bytes]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Counts as seen, also when the caller has gone.

    async def _draw(self, dot: str, picture: Format, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(self._settings.layout_wait_seconds):
                engine = await self._idle.get()
        except TimeoutError as error:
            raise LayoutUnavailableError("layout-busy", {"retry_after_seconds": 5}) from error
        try:
            return await engine.draw(dot, picture, seconds)
        finally:
            self._idle.put_nowait(engine)
