"""One fresh, confined process for each run: the queue before it, the deadline over it, the end after it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Collection

import msgspec

from app.errors import SandboxUnavailableError
from app.sandbox.control import LAYERS, Configuration
from app.sandbox.reply import LostError, read_reply
from app.sandbox.spares import Spare, Spares
from app.sandbox.turns import Turns
from app.settings import Settings
from app.trace.job import Job
from app.trace.model import Event

log = logging.getLogger(__name__)

_SPARE_SECONDS = 20.0
_ATTEMPTS = 2
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Status(msgspec.Struct, frozen=True):
    """How the sandbox is, for `/readyz`, metrics and the log."""

    ready: bool
    confined: bool
    layers: tuple[str, ...]
    missing: tuple[str, ...]
    spares: int
    running: int
    waiting: int
    restarts: int
    fault: str | None


class Sandbox:
    """Runs programs of strangers.

    Args:
        settings: limits, number of spares and of runs at once.
        layers: the layers to put around each run; fewer only to test one by itself.
    """

    def __init__(self, settings: Settings, layers: Collection[str] = LAYERS) -> None:
        self._settings = settings
        self._turns = Turns(settings.concurrent_runs, settings.queued_runs)
        configuration = Configuration(settings.limits, tuple(layers))
        self._spares = Spares(configuration, settings.spares, settings.spare_seconds, lambda: self._turns.waiting > 0)
        required = settings.require_confinement
        self._required = settings.host not in _LOOPBACK if required is None else required

    async def start(self) -> None:
        """Begin to make spares in the background; `status` says when there are some."""
        self._spares.start()

    async def stop(self) -> None:
        """End all processes."""
        await self._spares.stop()

    @property
    def status(self) -> Status:
        """How the sandbox is just now."""
        layers = self._spares.layers
        held = layers or ()
        missing = () if layers is None else _missing(layers)
        fault = self._spares.fault
        if missing and self._required:
            fault = f"layers that must hold are missing: {', '.join(missing)}"
        return Status(
            ready=layers is not None and fault is None,
            confined=layers is not None and not missing,
            layers=held,
            missing=missing,
            spares=self._spares.ready,
            running=self._turns.running,
            waiting=self._turns.waiting,
            restarts=self._spares.restarts,
            fault=fault,
        )

    async def run(self, job: Job) -> AsyncGenerator[Event, None]:
        """Run one program in a process of its own.

        Closing the generator ends the process at once.

        Yields:
            What was recorded, as it happens; the last event is always an `EndEvent`.

        Raises:
            BusyError: too many runs wait already.
            SandboxUnavailableError: no confined process could be had.
        """
        async with self._turns.turn(), contextlib.aclosing(self._run_twice_if_lost(job)) as events:
            async for event in events:
                yield event

    async def _run_twice_if_lost(self, job: Job) -> AsyncGenerator[Event, None]:
        begun, end = False, None
        for _ in range(_ATTEMPTS):
            spare = await self._take_spare()
            try:
                async with contextlib.aclosing(read_reply(spare, job)) as events:
                    async for event in events:
                        begun = True
                        yield event
                return
            except LostError as lost:
                log.warning("a run was ended from outside")
                end = lost.end
                if begun:
                    break
            finally:
                spare.child.discard()
        if end is None:
            raise SandboxUnavailableError("sandbox-unavailable", {"retry_after_seconds": 2})
        yield end

    async def _take_spare(self) -> Spare:
        spare = await self._spares.take(_SPARE_SECONDS)
        if self._required and (missing := _missing(spare.layers)):
            spare.child.discard()
            raise SandboxUnavailableError("sandbox-unavailable", {"missing": ", ".join(missing)})
        return spare


def _missing(held: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in LAYERS if name not in held)
