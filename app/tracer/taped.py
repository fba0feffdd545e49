"""A recorder with a tape under it, for what is to be computed again."""

from __future__ import annotations

from types import FrameType
from typing import Any

from app.trace.job import Job
from app.trace.model import Event
from app.tracer.recorder import Recorder
from app.tracer.recording import Recording
from app.tracer.source import Program
from app.tracer.tape import Tape


class Taped(Recorder):
    """Records a run for nobody, and keeps its calls on a tape, which is to lie under the recorder."""

    def __init__(self, source: Program, job: Job) -> None:
        super().__init__(source, job.limits, _ignore)
        self.tape = Tape()
        custom = self.calls.custom

        def taken(func: Any, args: Any, result: Any, start: int) -> None:
            custom(func, args, result, start)
            self.tape.add(func.apply, args, {}, result)

        self.calls.custom = taken  # type: ignore[method-assign]

    def _close(self, recording: Recording, call: str, frame: FrameType | None = None) -> None:
        super()._close(recording, call, frame)
        self.tape.start = len(self.tape.entries)


def _ignore(_event: Event) -> None:
    """The events of a run that is only looked at are nobody's."""
