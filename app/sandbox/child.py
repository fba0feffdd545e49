"""The life of one child: confine itself, rehearse if there is time, wait for one job, trace it, end.

Nothing here defends against the program that runs: it has this process to itself and can write what it likes on the
one descriptor. The walls are the kernel's, and the reader's on the other side.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import msgspec

from app.sandbox.confinement import Confinement
from app.sandbox.control import Greeting
from app.sandbox.policy import JOB_DESCRIPTOR
from app.settings import Limits
from app.trace import codec
from app.trace.job import Expression, Job, Variable
from app.trace.model import EndEvent, Event, GraphEvent, MomentEvent
from app.tracer import run
from app.tracer.study import study

FLUSH_BYTES = 64 * 1024
FLUSH_SECONDS = 0.05
PROMPT_PRINTS = 16

_REHEARSAL = Job(
    Expression(
        "a*x**2 + b*x + c", {name: Variable(value) for name, value in zip("axbc", (1.0, 4.0, 2.0, 3.0), strict=True)}
    )
)


class Outbox:
    """Events on their way out: written in bulk, but none waits longer than `FLUSH_SECONDS`.

    Native code that never returns also never lets the clock's signal through, so what a watcher waits for most goes
    out at once: the first graph, and the first prints.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._bytes = 0
        self._flushed = time.monotonic()
        self._graphs = 1
        self._prints = PROMPT_PRINTS
        self._busy = False

    def send(self, event: Event) -> None:
        """Take the next event."""
        self._busy = True
        part = codec.frame(codec.encode(event))
        self._parts.append(part)
        self._bytes += len(part)
        late = time.monotonic() - self._flushed > FLUSH_SECONDS
        if late or self._bytes > FLUSH_BYTES or self._is_urgent(event):
            self.flush()
        self._busy = False

    def _is_urgent(self, event: Event) -> bool:
        if isinstance(event, GraphEvent):
            self._graphs -= 1
            return self._graphs >= 0
        if isinstance(event, MomentEvent) and event.moment.kind == "print":
            self._prints -= 1
            return self._prints >= 0
        return False

    def flush_if_idle(self) -> None:
        """Write what waits, unless the call came while `send` or `flush` is at work."""
        if not self._busy and self._parts:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        # The clock may tick again while its own handler is at work here, after a wait for the processor.
        was_busy, self._busy = self._busy, True
        data = memoryview(b"".join(self._parts))
        self._parts.clear()
        self._bytes = 0
        while data:
            data = data[os.write(JOB_DESCRIPTOR, data) :]
        self._flushed = time.monotonic()
        self._busy = was_busy


def live(confinement: Confinement, job_descriptor: int, is_to_rehearse: bool) -> None:
    """Be a child: never returns."""
    status = 1
    try:
        sys.stdin = sys.stdout = sys.stderr = None
        layers = confinement.take_on(job_descriptor)
        greeting = Greeting(tuple(layers), is_to_rehearse, rehearse() if is_to_rehearse else None)
        _write(codec.frame(msgspec.json.encode(greeting)))
        job = codec.decode_job(_read_frame())
        _work(job)
    except BaseException:
        status = 1
    finally:
        os._exit(status)


def rehearse() -> str | None:
    """Run something tiny, and say what went wrong.

    The first run of a process pays for pages and caches that the fork shared; a spare pays before anybody waits for it.
    """
    ends: list[EndEvent] = []

    def send(event: Event) -> None:
        codec.frame(codec.encode(event))
        if isinstance(event, EndEvent):
            ends.append(event)

    run.trace(codec.decode_job(codec.encode(_REHEARSAL)), send)
    failure = ends[-1].failure if ends else None
    return None if ends and failure is None else f"the first run failed: {failure.code if failure else 'no end'}"


def _work(job: Job) -> None:
    outbox = Outbox()

    def send(event: Event) -> None:
        outbox.send(event)
        if isinstance(event, EndEvent):
            # Nothing comes after the end: to return would only take the objects of the run apart.
            signal.setitimer(signal.ITIMER_REAL, 0)
            outbox.flush()
            os._exit(0)

    _start_clock(job.limits, outbox)
    if job.study is None:
        run.trace(job, send)
    else:
        study(job, send)


def _start_clock(limits: Limits, outbox: Outbox) -> None:
    """Look at the clocks every `FLUSH_SECONDS`: send what waits, and stop the program once its time is up."""
    cpu_end = time.process_time() + limits.cpu_seconds
    wall_end = time.monotonic() + limits.wall_seconds

    def tick(_signal: int, _frame: FrameType | None) -> None:
        outbox.flush_if_idle()
        if time.process_time() > cpu_end:
            run.stop("cpu_seconds")
        elif time.monotonic() > wall_end:
            run.stop("wall_seconds")

    # The handler itself was set before the confinement, which forbids to set another.
    _ticks.append(tick)
    signal.setitimer(signal.ITIMER_REAL, FLUSH_SECONDS, FLUSH_SECONDS)


_ticks: list[Callable[[int, FrameType | None], None]] = []


def on_tick(number: int, frame: FrameType | None) -> None:
    """Handle the signal of the child's clock."""
    for tick in _ticks:
        tick(number, frame)


def _read_frame() -> bytes:
    length = int.from_bytes(_read(codec.HEADER_BYTES), "big")
    return _read(length)


def _read(length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = os.read(JOB_DESCRIPTOR, length - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(JOB_DESCRIPTOR, view) :]
