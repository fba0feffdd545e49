"""Events ⇄ bytes, and their sum.

A child writes events as frames: four bytes of length, big-endian, then JSON. Whoever reads them must take each byte
as written by an attacker: `Frames` bounds sizes before anything is parsed, `decode` bounds what parsing may build and
admits only the types of `model`, and `ledger.Ledger` then checks that the events make sense together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from app.settings import Limits
from app.trace.job import Job
from app.trace.model import (
    Cut,
    Diagnostic,
    DiagnosticEvent,
    EndEvent,
    Event,
    Graph,
    GraphEvent,
    Moment,
    MomentEvent,
    Pass,
    PassEvent,
    ProgramEvent,
    Trace,
    Update,
    UpdateEvent,
)

HEADER_BYTES = 4
_PLAIN_BYTES = 64 * 1024
_CONTAINERS = 1_000_000
_ITEMS = 4_000_000

_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_jobs: msgspec.json.Decoder[Job] = msgspec.json.Decoder(Job)
_encoder = msgspec.json.Encoder()


class ReplyError(Exception):
    """A child's reply cannot be taken any further.

    Args:
        reason: what is wrong, for logs and tests; it never quotes the reply.
        cut: the limit that an otherwise sound reply went past; None when the reply is malformed.
    """

    def __init__(self, reason: str, cut: Cut | None = None) -> None:
        super().__init__(reason)
        self.cut = cut


def past_limit(limits: Limits, name: str) -> ReplyError:
    """Make the error of a reply that went past the limit called `name`."""
    unit = name.rpartition("_")[2]
    return ReplyError(f"more than {name} allows", Cut(name, getattr(limits, name), unit))


# -- writing -----------------------------------------------------------------------------------------------------------


def encode(message: Event | Job | Trace) -> bytes:
    """Write one event or job as JSON in UTF-8; what UTF-8 cannot carry (lone surrogates) becomes U+FFFD.

    NaN and infinity must already be the strings that `model.NonFinite` lists: as floats they would become `null`.
    """
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(message)))


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value


def frame(payload: bytes) -> bytes:
    """Put the length before a payload."""
    return len(payload).to_bytes(HEADER_BYTES, "big") + payload


# -- reading -----------------------------------------------------------------------------------------------------------


class Frames:
    """Cuts a stream of bytes into frames, and refuses what is too long before keeping it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._received = 0

    @property
    def received(self) -> int:
        """Bytes taken so far."""
        return self._received

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take more bytes of the stream and yield the frames that are now whole.

        Raises:
            ReplyError: the stream or one frame is longer than its limit, or a frame is empty.
        """
        self._received += len(data)
        if self._received > self._limits.reply_bytes:
            raise past_limit(self._limits, "reply_bytes")
        self._buffer += data
        start = 0
        try:
            while (end := self._end_of_frame(start)) is not None:
                payload = bytes(self._buffer[start + HEADER_BYTES : end])
                start = end
                yield payload
        finally:
            del self._buffer[:start]

    def _end_of_frame(self, start: int) -> int | None:
        header = self._buffer[start : start + HEADER_BYTES]
        if len(header) < HEADER_BYTES:
            return None
        length = int.from_bytes(header, "big")
        if length == 0 or length > self._limits.reply_bytes:
            raise ReplyError("a length that cannot be")
        if length > self._limits.event_bytes:
            raise past_limit(self._limits, "event_bytes")
        end = start + HEADER_BYTES + length
        return end if end <= len(self._buffer) else None


def decode(payload: bytes) -> Event:
    """Read one event out of hostile bytes, in bounded time and memory.

    Raises:
        ReplyError: not JSON, not UTF-8, NaN or infinite literals, too deep, too many parts, or not of a type of
            `model`.
    """
    # An empty list costs 20 times the bytes that ask for it, so a long payload's parts are counted before any is built.
    if len(payload) > _PLAIN_BYTES and not is_bounded(payload):
        raise ReplyError("too many parts in one event")
    try:
        return _events.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ReplyError(f"not an event: {type(error).__name__}") from None


def is_bounded(payload: bytes) -> bool:
    """Whether JSON has few enough parts to be built."""
    if len(payload) <= min(_CONTAINERS, _ITEMS):
        return True  # Each part is a byte at least.
    containers = payload.count(b"[") + payload.count(b"{")
    return containers <= _CONTAINERS and payload.count(b",") <= _ITEMS


def decode_job(payload: bytes) -> Job:
    """Read the job that the server wrote."""
    return _jobs.decode(payload)


# -- the sum of events -------------------------------------------------------------------------------------------------


def collect(events: Iterable[Event]) -> Trace:
    """Sum the events of one run; what came before an early end stands."""
    program, end = "", EndEvent()
    graphs: list[Graph] = []
    passes: list[Pass] = []
    updates: list[Update] = []
    timeline: list[Moment] = []
    diagnostics: list[Diagnostic] = []
    for event in events:
        match event:
            case ProgramEvent():
                program = event.program
            case GraphEvent():
                graphs.append(event.graph)
            case PassEvent():
                passes.append(event.pass_)
            case UpdateEvent():
                updates.append(event.update)
            case MomentEvent():
                timeline.append(event.moment)
            case DiagnosticEvent():
                diagnostics.append(event.diagnostic)
            case EndEvent():
                end = event
    return Trace(
        program=program,
        output="".join(moment.text or "" for moment in timeline if moment.kind == "print"),
        graphs=tuple(graphs),
        passes=tuple(passes),
        updates=tuple(updates),
        timeline=tuple(timeline),
        diagnostics=tuple(diagnostics),
        cut=end.cut,
        failure=end.failure,
    )
