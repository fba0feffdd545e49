"""A child's outbox: every event is written once and whole, whenever its clock ticks."""

from __future__ import annotations

import os

import pytest

from app.sandbox.child import Outbox
from app.settings import Limits
from app.trace.codec import Frames, decode
from app.trace.model import EndEvent, Event, Moment, MomentEvent, ProgramEvent


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_a_tick_amid_a_write_writes_nothing_twice(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    outbox, written = Outbox(), bytearray()

    def write(_descriptor: int, data: memoryview) -> int:
        outbox.flush_if_idle()  # the clock ticks
        written.extend(data[:at_once])
        outbox.flush_if_idle()
        return min(at_once, len(data))

    monkeypatch.setattr(os, "write", write)
    events: list[Event] = [
        ProgramEvent("x"),
        *(MomentEvent(Moment("print", text=f"{n}\n")) for n in range(30)),
        EndEvent(),
    ]
    for number, event in enumerate(events):
        outbox.send(event)
        if number % 3 == 0:
            outbox.flush_if_idle()
    outbox.flush()
    assert [decode(payload) for payload in Frames(Limits()).feed(bytes(written))] == events


def test_a_tick_between_joining_and_writing_writes_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was found: the handler of the clock waits for the processor, and the clock ticks again."""
    outbox, written = Outbox(), list[bytes]()

    def write(_descriptor: int, data: memoryview) -> int:
        written.append(bytes(data))
        return len(data)

    monkeypatch.setattr(os, "write", write)

    class Ticking(list[bytes]):
        def clear(self) -> None:
            outbox.flush_if_idle()
            super().clear()

    outbox._parts = Ticking()
    outbox._flushed += 1000
    outbox.send(ProgramEvent("x"))
    outbox.flush_if_idle()
    assert len(written) == 1
