"""Trace files: a trace as JSON, with the version of its form, written once and readable for ever.

A file comes from anywhere, so it is read as strictly as what a child sends: exact types, then `ledger.Ledger` over the
events that the trace is the sum of. What the API answers is such a file, too; its pictures are passed over, because
they are drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from app.errors import TraceFileError
from app.settings import Limits
from app.trace.codec import ReplyError, collect, encode
from app.trace.ledger import Ledger
from app.trace.model import (
    DiagnosticEvent,
    EndEvent,
    Event,
    Graph,
    GraphEvent,
    MomentEvent,
    PassEvent,
    ProgramEvent,
    Trace,
    UpdateEvent,
)

VERSION = 1

_MANY = 2**40
FILE_LIMITS = Limits(
    source_bytes=_MANY, output_bytes=_MANY, passes=_MANY, updates=_MANY, moments=_MANY, diagnostics=_MANY,
    graphs=_MANY, nodes=_MANY, values=_MANY, full_elements=2**20,
)  # fmt: skip
"""A file holds what was recorded, under whatever limits that was."""


class _Head(msgspec.Struct):
    version: int


class _StoredGraph(Graph, frozen=True):
    """A graph, with or without its picture."""

    svg: msgspec.Raw = msgspec.Raw()
    groups: msgspec.Raw = msgspec.Raw()
    bundles: msgspec.Raw = msgspec.Raw()
    opened: msgspec.Raw = msgspec.Raw()


class _StoredTrace(Trace, frozen=True):
    graphs: tuple[_StoredGraph, ...]


def write_trace(trace: Trace) -> bytes:
    """Write a trace as a file."""
    return encode(trace) + b"\n"


def read_trace(data: bytes, limits: Limits = FILE_LIMITS) -> Trace:
    """Read a file.

    Args:
        data: what it holds.
        limits: how much it may hold.

    Raises:
        TraceFileError: it was written by a later version, is damaged, or is not a trace.
    """
    try:
        version = msgspec.json.decode(data, type=_Head).version
        if version > VERSION:
            raise TraceFileError("trace-file-newer", {"version": version, "known": VERSION})
        if version < 1:
            raise TraceFileError("trace-file-damaged", {"reason": "no such version"})
        stored = msgspec.json.decode(data, type=_StoredTrace)
        ledger = Ledger(limits)
        return collect([ledger.enter(event) for event in _events(stored)])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ReplyError) as error:
        raise TraceFileError("trace-file-damaged", {"reason": str(error)[:300]}) from None


def _events(trace: _StoredTrace) -> Iterator[Event]:
    """The events that a trace is the sum of, each after those it speaks of."""
    yield ProgramEvent(trace.program)
    for graph in trace.graphs:
        yield GraphEvent(Graph(graph.id, graph.nodes, graph.edges))
    yield from map(PassEvent, trace.passes)
    yield from map(UpdateEvent, trace.updates)
    yield from map(MomentEvent, trace.timeline)
    yield from map(DiagnosticEvent, trace.diagnostics)
    yield EndEvent(trace.cut, trace.failure)
