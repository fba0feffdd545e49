"""Confined, warm children that wait for a job, and the zygote that bears them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import msgspec

from app.errors import SandboxUnavailableError
from app.sandbox.control import Configuration, Greeting
from app.sandbox.lineage import Child, Lineage
from app.trace.codec import HEADER_BYTES

log = logging.getLogger(__name__)

_REFILL_SECONDS = 0.005
_GREETING_BYTES = 4096
_GREETING_SECONDS = 20.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Spare:
    """A child that has said it is ready."""

    child: Child
    lineage: Lineage
    layers: tuple[str, ...]
    rehearsed: bool
    born: float


class Spares:
    """Keeps a number of spares ready, from start to stop, whatever happens to the zygote.

    Args:
        configuration: what children are confined to.
        number: how many spares to keep.
        seconds: how long one may wait before it is replaced.
        is_busy: tells whether runs wait for their turn; spares are then made without a rehearsal, which helps the next
            run alone and costs as much time of the processor as the run itself.
    """

    def __init__(
        self, configuration: Configuration, number: int, seconds: float, is_busy: Callable[[], bool] = lambda: False
    ) -> None:
        self.layers: tuple[str, ...] | None = None
        """The layers that hold in the living zygote's latest spare; None while there is none."""
        self.fault: str | None = None
        """Why there is no spare, in words for an operator."""
        self._flaw: str | None = None
        self.restarts = 0
        self.threads = 0
        self._configuration = configuration
        self._number = number
        self._seconds = seconds
        self._is_busy = is_busy
        self._ready: deque[Spare] = deque()
        self._waiting: deque[asyncio.Future[Spare]] = deque()
        self._wanted = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._making = 0
        self._stopped = False

    @property
    def ready(self) -> int:
        """How many spares wait; one that was killed from outside waits no more."""
        return sum(spare.child.is_alive for spare in self._ready)

    def start(self) -> None:
        """Begin to make spares in the background."""
        self._spawn(self._keep_zygote())

    async def stop(self) -> None:
        """End the zygote and all spares."""
        self._stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._refuse_waiting()

    async def take(self, seconds: float) -> Spare:
        """Take one spare, and have the next one made.

        Raises:
            SandboxUnavailableError: there was none within `seconds`.
        """
        while self._ready:
            spare = self._ready.popleft()
            self._refill_soon()
            if spare.child.is_alive:
                return spare
            spare.child.discard()
        if self._stopped:
            raise SandboxUnavailableError("sandbox-unavailable")
        future: asyncio.Future[Spare] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wanted.set()
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            raise SandboxUnavailableError("sandbox-unavailable", {"retry_after_seconds": 2}) from None
        except asyncio.CancelledError:
            # A spare may be handed over in the very moment in which its client hangs up.
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().child.discard()
            raise
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def _refill_soon(self) -> None:
        # Forking beside a run slows that run down; with spares left there is time to let a short one finish.
        if self._ready:
            asyncio.get_running_loop().call_later(_REFILL_SECONDS, self._wanted.set)
        else:
            self._wanted.set()

    # -- the zygote ----------------------------------------------------------------------------------------------------

    async def _keep_zygote(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            lineage = Lineage(self._configuration)
            started = time.monotonic()
            try:
                await lineage.start()
                self.threads = lineage.warm.result()
                self._spawn(self._tell_of_death(lineage))
                await self._keep_spares(lineage)
            except OSError as error:
                self.fault = f"the zygote does not start: {error}"
                log.error(self.fault)
            finally:
                self.layers = None
                self._drop_ready()
                await lineage.stop()
            self.restarts += 1
            pause = _FIRST_PAUSE_SECONDS if time.monotonic() - started > 30 else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            log.warning("the zygote ended; another starts in %.1f s", pause)
            await asyncio.sleep(pause)

    async def _keep_spares(self, lineage: Lineage) -> None:
        while not lineage.dead.is_set():
            self._replace_old()
            missing = self._number + len(self._waiting) - len(self._ready) - self._making
            for _ in range(missing):
                self._making += 1
                self._spawn(self._make(lineage))
            self._wanted.clear()
            await self._wait_for_change()

    async def _wait_for_change(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds / 4):
                await self._wanted.wait()

    async def _tell_of_death(self, lineage: Lineage) -> None:
        await lineage.dead.wait()
        self._wanted.set()

    def _replace_old(self) -> None:
        oldest = time.monotonic() - self._seconds
        while self._ready and self._ready[0].born < oldest:
            self._ready.popleft().child.discard()

    def _drop_dead(self, _exit: asyncio.Future[int]) -> None:
        dead = [spare for spare in self._ready if not spare.child.is_alive]
        for spare in dead:
            self._ready.remove(spare)
            spare.child.discard()
        if dead:
            self._wanted.set()

    def _drop_ready(self) -> None:
        while self._ready:
            self._ready.popleft().child.discard()

    # -- one spare -----------------------------------------------------------------------------------------------------

    async def _make(self, lineage: Lineage) -> None:
        try:
            # The first child of a zygote always rehearses: it shows that a run works within these walls.
            is_to_rehearse = self.layers is None or not (self._waiting or self._is_busy())
            async with asyncio.timeout(_GREETING_SECONDS):
                spare, greeting = await _raise_spare(lineage, is_to_rehearse)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self.fault = f"no child could be made: {error or type(error).__name__}"
            log.error(self.fault)
            if isinstance(error, TimeoutError):
                lineage.abandon()
            await asyncio.sleep(_FIRST_PAUSE_SECONDS)
        else:
            self._offer(spare, greeting)
        finally:
            self._making -= 1
            self._wanted.set()

    def _offer(self, spare: Spare, greeting: Greeting) -> None:
        if greeting.rehearsed:
            self._flaw = greeting.fault
        self.layers, self.fault = greeting.layers, self._flaw
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(spare)
                return
        self._ready.append(spare)
        spare.child.exit.add_done_callback(self._drop_dead)

    def _refuse_waiting(self) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(SandboxUnavailableError("sandbox-unavailable"))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _raise_spare(lineage: Lineage, is_to_rehearse: bool) -> tuple[Spare, Greeting]:
    child = await lineage.fork(is_to_rehearse)
    try:
        greeting = await _read_greeting(child)
    except BaseException:
        child.discard()
        raise
    return Spare(child, lineage, greeting.layers, greeting.rehearsed, time.monotonic()), greeting


async def _read_greeting(child: Child) -> Greeting:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < HEADER_BYTES or len(data) < HEADER_BYTES + int.from_bytes(data[:HEADER_BYTES], "big"):
        part = await loop.sock_recv(child.channel, _GREETING_BYTES)
        if not part or len(data) > _GREETING_BYTES:
            raise EOFError("a child died before it was ready")
        data += part
    return msgspec.json.decode(data[HEADER_BYTES:], type=Greeting)
