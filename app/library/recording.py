"""Recording in the user's own process: a `with` block or a call, on this thread, and nothing left behind."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, redirect_stdout
from types import FrameType, TracebackType
from typing import Any, TextIO, overload

import msgspec

from app.library.recorded import Trace
from app.settings import Limits
from app.trace.codec import collect
from app.trace.model import Cut, EndEvent, Event, Failure, ProgramEvent
from app.trace.model import Trace as Data
from app.tracer.active import Active
from app.tracer.engine import attached
from app.tracer.failures import explain
from app.tracer.files import FileSources
from app.tracer.kernels import next_sequence_number
from app.tracer.metadata import is_tensor
from app.tracer.recorder import Call, Recorder, RunCut
from app.tracer.recording import Options
from app.tracer.walk import function_of

LIMITS = Limits(passes=4_000, updates=8_000, moments=40_000, graphs=1_000, values=1_000_000, output_bytes=1024 * 1024)
"""How much one recording keeps: of longer runs fewer steps, of more graphs or larger ones no more of them."""

_ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)
"""Not failures of what was recorded."""


@overload
def trace(*, every: int = ..., limits: Limits = ...) -> Tracing: ...
@overload
def trace(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Trace: ...
def trace(function: Callable[..., Any] | None = None, /, *args: Any, **kwargs: Any) -> Trace | Tracing:
    """Record what autograd does, in this process and on this thread.

        with trace() as t:
            loss = model(x).sum()
            loss.backward()

        t = trace(train, model, epochs=3)   # `t.result` is what it returned

    Args:
        function: what to call with the other arguments; without it the answer is for a `with` statement.
        every: for the `with` statement: of the steps only every so-maniest is kept, and always the first, the last and
            the odd ones. By default long runs are thinned as far as `limits` ask.
        limits: for the `with` statement: how much is kept.

    Returns:
        The trace; of a `with` statement, what `as` names is one.

    Raises:
        RuntimeError: a recording goes on already.
        TypeError: what is to be called cannot be.
        Exception: what the function raised; a `with` statement keeps what was recorded until then.
    """
    if function is None:
        return Tracing(**kwargs)
    if not callable(function):
        kind = type(function).__name__
        raise TypeError(
            f"trace() records a call, `trace(train, model)`, or a block, `with trace() as t:`, and no {kind}"
        )
    tracing = Tracing()
    with tracing as recorded:
        recorded.result = result = function(*args, **kwargs)
        tracing.found = (
            {str(place): one for place, one in enumerate(result)} if isinstance(result, tuple | list) else {"": result}
        )
    return recorded


class Tracing:
    """A recording for one `with` statement.

    Args:
        every: of the steps only every so-maniest is kept.
        limits: how much is kept.
        main: the file that is recorded; None takes the one that the `with` statement stands in.
    """

    def __init__(self, *, every: int = 1, limits: Limits = LIMITS, main: str | None = None) -> None:
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"every {every!r} steps: keep every one, or every second, or fewer")
        self._every = every
        self.found: Mapping[str, Any] | None = None
        """What may hold a graph that was never differentiated; None for the variables around the statement."""
        self._limits = limits
        self._main = main
        self._error: BaseException | None = None
        self._first = 0
        self._stack = ExitStack()
        self._events: list[Event] = []
        self._sources: FileSources | None = None
        self._frame: FrameType | None = None
        self._observer: Observer | None = None

    def __enter__(self) -> Trace:
        """Begin."""
        if Active.recorder is not None or self._sources is not None:
            raise RuntimeError("a recording goes on already, or this one is over: ask for another `trace()`")
        self._frame = None if self._main else _caller(sys._getframe(1))
        self._sources = FileSources(self._frame.f_code.co_filename if self._frame else self._main)
        self._observer = observer = Observer(self._sources, self._limits, self._events.append, self._every)
        self._stack.enter_context(attached(observer))
        self._stack.enter_context(redirect_stdout(Tee(sys.stdout, observer)))
        self._stack.enter_context(observer.calls)
        self._first = next_sequence_number()
        return Trace(Reel(self._events, self._sources).read)

    def failed(self, error: BaseException) -> None:
        """Tell of an error that does not leave the statement."""
        self._error = error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End; what was raised is told in the trace, and goes on."""
        observer, frame, sources = self._observer, self._frame, self._sources
        assert observer is not None
        assert sources is not None
        self._observer = self._frame = None
        failure = None
        error = error or self._error
        self._error = None
        try:
            self._stack.close()
            if error is not None and not isinstance(error, _ENDS):
                failure = _failure(error, sources)
                observer.failed_at(error)
            observer.finish(self._results(frame), has_failed=failure is not None)
        finally:
            self._events.append(EndEvent(observer.cut, failure))
            _forget_locals(frame)

    def _results(self, frame: FrameType | None) -> dict[str, Any]:
        """What may hold a graph that was never differentiated: what a function returned, or a block's variables."""
        found = self.found if self.found is not None else dict(frame.f_locals) if frame is not None else {}
        self.found = None
        functions = {name: function_of(one) for name, one in found.items() if is_tensor(one)}
        return {name: found[name] for name, one in functions.items() if one and one._sequence_nr() >= self._first}


class Reel:
    """The events so far, summed when they are asked for."""

    def __init__(self, events: list[Event], sources: FileSources) -> None:
        self._events = events
        self._sources = sources
        self._summed = 0
        self._data = collect(())

    def read(self) -> Data:
        """The trace so far."""
        if self._summed != len(self._events):
            self._summed = len(self._events)
            self._data = collect([ProgramEvent(self._sources.text), *self._events])
        return self._data


class Observer(Recorder):
    """A recorder that ends itself, and never the program, when a limit is met."""

    cut: Cut | None = None

    def __init__(self, sources: FileSources, limits: Limits, send: Callable[[Event], None], every: int) -> None:
        super().__init__(sources, limits, send, every)
        self.passes.takes_hooks_away = True

    def backward(self, outputs: Iterable[Any], run: Call, options: Options) -> Any:
        """Record one run of the engine, or only run it."""
        if self.cut is not None:
            return run()
        results: list[Any] = []

        def once() -> Any:
            results.append(run())
            return results[0]

        try:
            return super().backward(outputs, once, options)
        except RunCut as error:
            self.cut = error.cut
            self.calls.is_resting = True
            return results[0] if results else run()

    def printed(self, text: str) -> None:
        """The program printed."""
        if self.cut is None:
            super().printed(text)


class Tee:
    """Standard output as it was, of which the recording takes down whole lines."""

    def __init__(self, stream: TextIO, observer: Observer) -> None:
        self._stream = stream
        self._observer = observer
        self._pieces: list[str] = []
        self._left = observer.limits.output_bytes

    def write(self, text: str) -> int:
        """Write, and take down."""
        written = self._stream.write(text)
        self._left -= len(text)
        if self._left >= 0:
            self._pieces.append(text)
            if text.endswith("\n"):
                whole, self._pieces = "".join(self._pieces), []
                self._observer.printed(whole)
        return written

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's own."""
        return getattr(self._stream, name)


def _caller(frame: FrameType | None) -> FrameType | None:
    """The frame that asked for a recording: the innermost one outside of this module."""
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame


def _failure(error: BaseException, sources: FileSources) -> Failure:
    """Say why the program ended, and where."""
    span = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if sources.is_program[code.co_filename]:
            place = sources.place(code, traceback.tb_lasti)
            span = place.span if place is not None else span
        traceback = traceback.tb_next
    return msgspec.structs.replace(explain(error, ""), span=span)


def _forget_locals(frame: FrameType | None) -> None:
    """Before Python 3.13 a frame whose variables were looked at keeps what they held then: let go of it."""
    while frame is not None and sys.version_info < (3, 13):
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            frame.f_locals.clear()
        frame = frame.f_back
