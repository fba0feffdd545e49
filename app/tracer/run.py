"""One run: from the visitor's source to the last event. Read this room from here."""

from __future__ import annotations

import builtins
import gc
import io
import random
import sys
import threading
import types
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.errors import ExplorerError
from app.program import write
from app.settings import Limits
from app.trace.job import Job
from app.trace.model import Cut, EndEvent, Event, Failure, ProgramEvent, Span
from app.tracer.active import Active
from app.tracer.compiled import compiling_nothing
from app.tracer.engine import attach
from app.tracer.failures import exit_status, explain, has_exit_number
from app.tracer.plots import absorb_plots
from app.tracer.recorder import Recorder, RunCut
from app.tracer.slips import slips
from app.tracer.source import FILENAME, Program

QUIET_COLLECTOR = (50_000, 20, 1_000)
"""Thresholds of the collector of cycles while a program runs: a run is short and builds large graphs, at which it would
only look again and again. What records a graph of a thousand nodes makes thirty thousand objects."""

_HERE = str(Path(__file__).parent)
attach()


def trace(job: Job, send: Callable[[Event], None]) -> None:
    """Run a program or an expression under the recorder.

    Args:
        job: what to run, with its seed and limits.
        send: takes each event as it happens; the last one is an `EndEvent`.
    """
    try:
        program = job.source if isinstance(job.source, str) else write(job.source, job.limits)
    except ExplorerError as error:
        send(EndEvent(failure=_failure(error)))
        return
    send(ProgramEvent(program))
    try:
        source = Program(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        send(EndEvent(failure=explain(error, program)))
        return
    recorder = Recorder(source, job.limits, send)
    # While the end is sent the recorder still stands, so that a process that ends there need not take it apart.
    send(_run(source, job, recorder))


def stop(limit: str) -> None:
    """End the program that runs, from a signal handler: at once where its own code is at work, else as soon as it is.

    Args:
        limit: the name of the limit that was met, such as "cpu_seconds".
    """
    recorder = Active.recorder
    if recorder is None:
        return
    recorder.stop_reason = limit
    recorder.calls.is_stopping = True
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == FILENAME:
            recorder.check()
        if frame.f_code.co_filename.startswith(_HERE):
            return
        frame = frame.f_back


def _run(source: Program, job: Job, recorder: Recorder) -> EndEvent:
    recorder.tell(slips(source.text, source.nodes))
    return run_under(recorder, source, job)


def run_under(
    recorder: Recorder, source: Program, job: Job, under: AbstractContextManager[Any] | None = None
) -> EndEvent:
    """Run a program under a recorder.

    Args:
        recorder: takes down what happens.
        source: the program.
        job: its seed and limits.
        under: a mode that lies under the recorder.
    """
    output = Output(recorder, job.limits)
    module = _main_module()
    notes = absorb_plots()
    standard = (sys.stdin, sys.stdout, sys.stderr)
    sys.stdin, sys.stdout, sys.stderr = Keyboard(), output, output
    sys.argv = [FILENAME]
    limit = sys.getrecursionlimit()
    thresholds = gc.get_threshold()
    gc.set_threshold(*QUIET_COLLECTOR)
    _seed(job.seed)
    end = EndEvent()
    Active.recorder, Active.thread = recorder, threading.get_ident()
    try:
        with (
            warnings.catch_warnings(),
            under or nullcontext(),
            compiling_nothing(recorder.ran_uncompiled),
            recorder.calls,
        ):
            warnings.simplefilter("ignore")  # they go to stderr, where nobody looks
            _execute(source, module, output)
    except RunCut as error:
        end = EndEvent(cut=error.cut)
    except BaseException as error:
        Active.recorder = None
        end = EndEvent(failure=explain(error, source.text))
        recorder.failed_at(error)
    finally:
        Active.recorder = None
        sys.stdin, sys.stdout, sys.stderr = standard
        sys.setrecursionlimit(limit)
        gc.set_threshold(*thresholds)
        torch.set_grad_enabled(True)
    return _finish(recorder, output, notes, end, module)


def _execute(source: Program, module: types.ModuleType, output: Output) -> None:
    try:
        exec(source.code, module.__dict__)
    except SystemExit as error:
        # As at a terminal: a text goes to stderr and means 1; only no code, or 0, is a good end.
        if not has_exit_number(error):
            output.write(f"{error.code}\n")
        if exit_status(error) != 0:
            raise


def _finish(recorder: Recorder, output: Output, notes: list[str], end: EndEvent, module: types.ModuleType) -> EndEvent:
    """Send what was still held back; a limit met here cuts the run as anywhere else."""
    recorder.stop_reason = None
    recorder.calls.is_stopping = False
    try:
        output.finish()
        recorder.finish(module.__dict__, has_failed=end.failure is not None or end.cut is not None)
        if notes:
            recorder.diagnose("plots-skipped", None, calls=len(notes))
    except RunCut as error:
        return end if end.failure else EndEvent(cut=error.cut)
    return end


def _failure(error: ExplorerError) -> Failure:
    span = Span(error.line, error.column or 1, error.line, (error.column or 1) + 1) if error.line else None
    return Failure(error.slug, dict(error.parameters), span)


def _main_module() -> types.ModuleType:
    """The module that the program runs as, so that `if __name__ == "__main__"` and dataclasses work."""
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    return module


def _seed(seed: int) -> None:
    # What `torch.manual_seed` does beside this is for devices that are not here; it takes ten times as long.
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


class Keyboard(io.TextIOBase):
    """Standard input of the program: nobody types."""

    def readable(self) -> bool:
        """Always, though nothing ever comes."""
        return True

    def read(self, _size: int | None = -1) -> str:
        """End the wait at once, with the error of a terminal that was closed."""
        raise EOFError("EOF when reading a line")

    readline = __next__ = read  # type: ignore[assignment]


class Output(io.TextIOBase):
    """Standard output of the program: each print becomes a moment of the timeline."""

    def __init__(self, recorder: Recorder, limits: Limits) -> None:
        self._recorder = recorder
        self._limit = limits.output_bytes
        self._size = 0
        self._pieces: list[str] = []

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: Any) -> int:
        """Take a piece of output; a piece that ends a line completes a print."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        text = str(text)
        self._size += len(text.encode(errors="replace"))
        if self._size > self._limit:
            self._send()
            raise RunCut(Cut("output_bytes", self._limit, "bytes", self._recorder.calls.span()))
        self._pieces.append(text)
        if text.endswith("\n"):
            self._send()
        return len(text)

    def finish(self) -> None:
        """Send what was printed without an end of line."""
        self._send()

    def _send(self) -> None:
        if self._pieces:
            text, self._pieces = "".join(self._pieces), []
            self._recorder.printed(text)
