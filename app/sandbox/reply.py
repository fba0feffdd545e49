"""One child's reply: its bytes read, decoded and checked until the end, the deadline or a lie."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator

from app.sandbox.spares import Spare
from app.trace.codec import Frames, ReplyError, decode, encode, frame, past_limit
from app.trace.job import Job
from app.trace.ledger import Ledger
from app.trace.model import EndEvent, Event, Failure

log = logging.getLogger(__name__)

_CHUNK_BYTES = 256 * 1024
_GRACE_SECONDS = 0.5
_BURIAL_SECONDS = 2.0
_KILLED = EndEvent(failure=Failure("run-died", {"signal": "SIGKILL"}))


class LostError(Exception):
    """The child was ended from outside, so no program is to blame: its zygote died, or somebody killed it.

    Args:
        end: how to tell it if it happens again; None when only the service can be at fault.
    """

    def __init__(self, end: EndEvent | None = None) -> None:
        super().__init__("a run was lost")
        self.end = end


async def read_reply(spare: Spare, job: Job) -> AsyncGenerator[Event, None]:
    """Give a spare its job and read what it records.

    Yields:
        Checked events; the last one is an `EndEvent`, whatever the child did.

    Raises:
        LostError: the zygote died during the run, or the child was killed before it said anything.
    """
    deadline = Deadline(spare, job.limits.wall_seconds)
    try:
        event = None
        async for event in _read_events(spare, job):
            yield event
        if isinstance(event, EndEvent):
            return
        end = await _end_of_the_dead(spare, job, deadline.passed)
        if end == _KILLED and event is None:
            raise LostError(end)
        yield end
    finally:
        deadline.lift()


class Deadline:
    """Kills a child that is still at work some time after its wall-clock limit, at which it should stop by itself."""

    def __init__(self, spare: Spare, wall_seconds: float) -> None:
        self.passed = False
        self._spare = spare
        self._timer = asyncio.get_running_loop().call_later(wall_seconds + _GRACE_SECONDS, self._pass)

    def _pass(self) -> None:
        self.passed = True
        self._spare.child.kill()

    def lift(self) -> None:
        """Kill nobody any more."""
        self._timer.cancel()


async def _read_events(spare: Spare, job: Job) -> AsyncGenerator[Event, None]:
    loop = asyncio.get_running_loop()
    channel = spare.child.channel
    frames, ledger = Frames(job.limits), Ledger(job.limits)
    try:
        await loop.sock_sendall(channel, frame(encode(job)))
        while data := await loop.sock_recv(channel, _CHUNK_BYTES):
            for payload in frames.feed(data):
                event = ledger.enter(decode(payload))
                yield event
                if isinstance(event, EndEvent):
                    return
            # A child that writes without pause must not keep the loop from everybody else.
            await asyncio.sleep(0)
    except ReplyError as error:
        log.warning("a reply was refused: %s", error)
        yield EndEvent(cut=error.cut, failure=None if error.cut else Failure("bad-reply"))
    except OSError:
        return


async def _end_of_the_dead(spare: Spare, job: Job, deadline_passed: bool) -> EndEvent:
    if deadline_passed:
        return EndEvent(cut=past_limit(job.limits, "wall_seconds").cut)
    try:
        status = await asyncio.wait_for(asyncio.shield(spare.child.exit), _BURIAL_SECONDS)
    except TimeoutError:
        # It has closed its descriptor and lives on; it is killed with the end of this run.
        return EndEvent(failure=Failure("bad-reply"))
    if spare.lineage.dead.is_set():
        raise LostError
    if status == -signal.SIGXCPU:
        return EndEvent(cut=past_limit(job.limits, "cpu_seconds").cut)
    name = signal.Signals(-status).name if status < 0 else f"exit {status}"
    return EndEvent(failure=Failure("run-died", {"signal": name}))
