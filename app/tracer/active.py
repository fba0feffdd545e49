"""The recorder of the run in progress, which what stands in torch's places looks up."""

from __future__ import annotations

import threading

from app.tracer.recorder import Recorder


class Active:
    """The recorder of the run in progress; there is one at most."""

    recorder: Recorder | None = None
    thread: int | None = None
    """The only thread that is recorded; None for any."""


def active() -> Recorder | None:
    """The recorder that records this thread."""
    if Active.thread is not None and Active.thread != threading.get_ident():
        return None
    return Active.recorder
