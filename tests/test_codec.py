"""What a hostile child may write, and what the server makes of it."""

from __future__ import annotations

import json
import math
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings import Limits
from app.trace import codec
from app.trace.codec import Frames, ReplyError, collect, decode, encode, frame
from app.trace.job import Expression, Job, Variable
from app.trace.ledger import Ledger
from app.trace.model import (
    Cut,
    Diagnostic,
    DiagnosticEvent,
    Edge,
    EndEvent,
    Event,
    Failure,
    Graph,
    GraphEvent,
    Histogram,
    Moment,
    MomentEvent,
    Node,
    ParameterUpdate,
    Pass,
    PassEvent,
    ProgramEvent,
    SavedTensor,
    Span,
    Statistics,
    TensorValue,
    Update,
    UpdateEvent,
)

LIMITS = Limits(
    reply_bytes=200_000,
    event_bytes=100_000,
    nodes=20,
    values=100,
    graphs=2,
    passes=3,
    updates=3,
    moments=20,
    full_elements=16,
)

SPAN = Span(1, 1, 1, 5)
SAVED = {"exponent": 2.0, "self": SavedTensor((), "float32", 4), "dims": (0, 1)}
NODES = (
    Node(
        "n0",
        "operation",
        "PowBackward0",
        "x ** 2",
        "y",
        SPAN,
        (),
        "float32",
        None,
        {"exponent": 2.0, "self": SavedTensor((), "float32", 4)},
    ),
    Node("n1", "leaf", "AccumulateGrad", "x", "x", None, (2, 2), "float32"),
)
GRAPH = Graph("g0", NODES, (Edge("e0", "n0", "n1", 0),))
MATRIX = TensorValue((2, 2), "float32", [[1.0, "NaN"], [2, True]])
STATISTICS = Statistics(0.0, 1.0, 0.5, "NaN", 10.0, 0.1, 1, 0, Histogram(0.0, 1.0, (5, 6)))
LARGE = TensorValue((100, 100), "float32", None, STATISTICS)
PASS = Pass("g0", "backward", 9.0, (9.0, MATRIX), (1.0, LARGE), (MATRIX,), (6.0,), {"n1": MATRIX}, (0, 1), SPAN)
PARAMETER = ParameterUpdate("x", "n1", 3.0, 6.0, 2.4, {"momentum_buffer": 6.0})
UPDATE = Update("SGD", {"lr": 0.1, "nesterov": False}, (PARAMETER,), 0, SPAN)
EVENTS: tuple[Event, ...] = (
    ProgramEvent("x = 3\n"),
    GraphEvent(GRAPH),
    PassEvent(PASS),
    MomentEvent(Moment("forward", 0)),
    MomentEvent(Moment("backward", 0)),
    UpdateEvent(UPDATE),
    MomentEvent(Moment("update", update=0)),
    MomentEvent(Moment("zero_grad")),
    MomentEvent(Moment("print", text="héllo\n")),
    MomentEvent(Moment("print", text="again\n")),
    DiagnosticEvent(Diagnostic("zero-grad-forgotten", "warning", SPAN, {"share": 0.5}, 0, "n1")),
    EndEvent(),
)


def read(data: bytes, limits: Limits = LIMITS) -> list[Event]:
    frames, ledger = Frames(limits), Ledger(limits)
    return [ledger.enter(decode(payload)) for payload in frames.feed(data)]


def write(events: Iterable[Event]) -> bytes:
    return b"".join(frame(encode(event)) for event in events)


def refused(data: bytes, limits: Limits = LIMITS) -> ReplyError:
    with pytest.raises(ReplyError) as caught:
        read(data, limits)
    return caught.value


def changed(record: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(record, **fields)


# -- honest replies ----------------------------------------------------------------------------------------------------


def test_an_honest_reply_comes_back_as_it_was() -> None:
    assert tuple(read(write(EVENTS))) == EVENTS


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_of_any_size_make_the_same_events(size: int) -> None:
    data = write(EVENTS)
    frames, ledger = Frames(LIMITS), Ledger(LIMITS)
    events = [
        ledger.enter(decode(payload))
        for start in range(0, len(data), size)
        for payload in frames.feed(data[start : start + size])
    ]
    assert tuple(events) == EVENTS
    assert frames.received == len(data)


def test_events_sum_to_a_trace() -> None:
    trace = collect(EVENTS)
    assert trace.program == "x = 3\n"
    assert trace.output == "héllo\nagain\n"
    assert (trace.graphs, trace.passes, trace.updates) == ((GRAPH,), (PASS,), (UPDATE,))
    assert len(trace.timeline) == 6
    assert [diagnostic.code for diagnostic in trace.diagnostics] == ["zero-grad-forgotten"]
    assert (trace.cut, trace.failure, trace.version) == (None, None, 1)


def test_what_came_before_an_early_end_stands() -> None:
    cut = Cut("wall_seconds", 10.0, "seconds")
    trace = collect([*EVENTS[:3], EndEvent(cut=cut)])
    assert (len(trace.passes), trace.cut) == (1, cut)
    failure = Failure("run-died", {"signal": "SIGSEGV"})
    assert collect([EndEvent(failure=failure)]).failure == failure


def test_a_job_crosses() -> None:
    job = Job(Expression("a*x", {"a": Variable([1, [2.5]]), "x": Variable("randn(3)", False)}), 7)
    assert codec.decode_job(encode(job)) == job


def test_lone_surrogates_are_replaced_when_written() -> None:
    assert read(write([ProgramEvent("a\ud800b")])) == [ProgramEvent("a\ufffdb")]


# -- bytes that are no events ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0",
        b"null",
        b"[]",
        b"{}",
        b"1e999",
        b"NaN",
        b'{"event":"end"',
        b'{"event":"nothing"}',
        b'{"event":["end"]}',
        b'{"event":"end","extra":1}',
        b'{"event":"end"}{"event":"end"}',
        b'{"event":"program","program":NaN}',
        b'{"event":"program","program":"\xff"}',
        b'{"event":"program","program":"\xed\xa0\x80"}',
        b'{"event":"program","program":"\\ud800"}',
        b'{"event":"program","program":null}',
        b'\xef\xbb\xbf{"event":"end"}',
        b'{"event":"end","cut":{"limit":"x","value":Infinity,"unit":"s"}}',
        b'{"event":"end","cut":{"limit":"x","value":1e400,"unit":"s"}}',
        b'{"event":"end","cut":{"limit":"x","value":' + b"9" * 5000 + b',"unit":"s"}}',
        b"[" * 50_000,
        b'{"event":' * 10_000,
        b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93.",
    ],
)
def test_bytes_that_are_no_event_are_refused(payload: bytes) -> None:
    assert refused(frame(payload)).cut is None


@pytest.mark.parametrize("header", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\0\0\0"])
def test_a_length_that_cannot_be_is_refused(header: bytes) -> None:
    assert refused(header).cut is None


def test_a_long_event_is_refused_before_it_is_kept() -> None:
    length = LIMITS.event_bytes + 1
    assert refused(length.to_bytes(4, "big")).cut == Cut("event_bytes", LIMITS.event_bytes, "bytes")


def test_a_long_reply_is_cut() -> None:
    data = write([ProgramEvent("x" * 1000)] + [MomentEvent(Moment("zero_grad"))] * 10)
    limits = changed(LIMITS, reply_bytes=1200, event_bytes=1100)
    assert refused(data, limits).cut == Cut("reply_bytes", 1200, "bytes")


@pytest.mark.parametrize("filler", [b"[],", b"{},", b"0,", b'"",', b"[[]],", b'{"a":0},'])
def test_a_bomb_of_parts_takes_bounded_time_and_memory(filler: bytes) -> None:
    count = 8_000_000 // len(filler)
    payload = b'{"event":"pass","pass":{"loss":{"shape":[],"dtype":"x","data":[' + filler * count + b"0]}}}"
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ReplyError):
            decode(payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 400_000_000
    assert time.process_time() - start < 10


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_or_wait_for_more(data: bytes) -> None:
    try:
        events = read(data)
    except ReplyError:
        return
    assert all(isinstance(event, Event) for event in events)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def replace_at(document: Any, path: Sequence[Any], value: Any) -> Any:
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replace_at(document[path[0]], path[1:], value)
    return copy


def paths(document: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    return [here, *(path for key, value in items for path in paths(value, (*here, key)))]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_an_honest_reply_with_one_lie_raises_nothing_else(data: st.DataObject) -> None:
    documents = [json.loads(encode(event)) for event in EVENTS]
    place = data.draw(st.sampled_from(paths(documents)))
    lie = data.draw(JSON)
    told = replace_at(documents, place, lie)
    ledger = Ledger(LIMITS)
    try:
        for document in told if isinstance(told, list) else [told]:
            event = ledger.enter(decode(json.dumps(document).encode("utf-8", "surrogatepass")))
            assert_harmless(json.loads(encode(event)))
    except ReplyError:
        pass


def assert_harmless(document: Any) -> None:
    for path in paths(document):
        value = document
        for key in path:
            value = value[key]
        assert not isinstance(value, float) or math.isfinite(value)
        assert not isinstance(value, int) or -(2**63) <= value < 2**64
        for text in [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []:
            assert "\x1b" not in text
            assert "\0" not in text


# -- events that make no sense together --------------------------------------------------------------------------------

BEFORE_PASS: tuple[Event, ...] = (ProgramEvent("x"), GraphEvent(GRAPH))


def graph_with(**fields: Any) -> list[Event]:
    return [ProgramEvent("x"), GraphEvent(changed(GRAPH, **fields))]


def pass_with(**fields: Any) -> list[Event]:
    return [*BEFORE_PASS, PassEvent(changed(PASS, **fields))]


def update_with(**fields: Any) -> list[Event]:
    return [*BEFORE_PASS, PassEvent(PASS), UpdateEvent(changed(UPDATE, **fields))]


def value_with(value: TensorValue) -> list[Event]:
    return pass_with(values=(9.0, value))


def moment(*moments: Moment) -> list[Event]:
    return [*BEFORE_PASS, PassEvent(PASS), *map(MomentEvent, moments)]


LIES: dict[str, Sequence[Event]] = {
    "no program": [GraphEvent(GRAPH)],
    "two programs": [ProgramEvent("x"), ProgramEvent("x")],
    "a huge program": [ProgramEvent("x" * 60_000)],
    "after the end": [ProgramEvent("x"), EndEvent(), EndEvent()],
    "graph twice": [ProgramEvent("x"), GraphEvent(GRAPH), GraphEvent(GRAPH)],
    "graph out of turn": graph_with(id="g1"),
    "graph with a dark id": graph_with(id="g0\"><script>"),
    "node twice": graph_with(nodes=(NODES[0], NODES[0])),
    "node with a dark id": graph_with(nodes=(changed(NODES[0], id="n0\" onclick=x"), NODES[1])),
    "node id in other digits": graph_with(nodes=(changed(NODES[0], id="n٣"), NODES[1])),
    "node id with a line": graph_with(nodes=(changed(NODES[0], id="n0\n"), NODES[1])),
    "node of negative size": graph_with(nodes=(changed(NODES[0], shape=(-1,)), NODES[1])),
    "node of huge size": graph_with(nodes=(changed(NODES[0], shape=(2**63,)), NODES[1])),
    "node of many dimensions": graph_with(nodes=(changed(NODES[0], shape=(1,) * 65), NODES[1])),
    "node of no dtype": graph_with(nodes=(changed(NODES[0], dtype="<b>"), NODES[1])),
    "node with much saved": graph_with(nodes=(changed(NODES[0], saved={str(i): i for i in range(300)}), NODES[1])),
    "node with a huge integer": graph_with(nodes=(changed(NODES[0], saved={"a": (1, 2**64)}), NODES[1])),
    "edge to nowhere": graph_with(edges=(Edge("e0", "n0", "n9", 0),)),
    "edge from nowhere": graph_with(edges=(Edge("e0", "n7", "n1", 0),)),
    "edge twice": graph_with(edges=(Edge("e0", "n0", "n1", 0), Edge("e0", "n0", "n1", 1))),
    "edge of negative slot": graph_with(edges=(Edge("e0", "n0", "n1", -1),)),
    "edge with a dark id": graph_with(edges=(Edge("e0->e1", "n0", "n1", 0),)),
    "a million edges": graph_with(edges=tuple(Edge(f"e{i}", "n0", "n1", i) for i in range(100))),
    "span before the text": graph_with(nodes=(changed(NODES[0], span=Span(0, 1, 1, 1)), NODES[1])),
    "span backwards": graph_with(nodes=(changed(NODES[0], span=Span(2, 1, 1, 1)), NODES[1])),
    "pass over no graph": pass_with(graph="g1"),
    "too few values": pass_with(values=(1.0,)),
    "too many gradients": pass_with(gradients=(1.0, 2.0, 3.0)),
    "too few flows": pass_with(flows=()),
    "too many derivatives": pass_with(derivatives=(1.0, 1.0)),
    "gradient of no node": pass_with(accumulated={"n5": 1.0}),
    "node twice in the order": pass_with(order=(0, 0)),
    "order of no node": pass_with(order=(2,)),
    "order below zero": pass_with(order=(-1,)),
    "loss beyond 64 bits": pass_with(loss=2**64),
    "value beyond 64 bits": value_with(TensorValue((1,), "int64", [-(2**63) - 1])),
    "list for a scalar": value_with(TensorValue((), "float32", [1.0])),
    "too few rows": value_with(TensorValue((2, 2), "float32", [[1.0, 2.0]])),
    "ragged rows": value_with(TensorValue((2, 2), "float32", [[1.0, 2.0], [3.0]])),
    "too deep": value_with(TensorValue((2,), "float32", [[1.0], [2.0]])),
    "too flat": value_with(TensorValue((2, 2), "float32", [1.0, 2.0])),
    "text for an element": value_with(TensorValue((2,), "float32", [1.0, "<svg onload=x>"])),
    "null for an element": value_with(TensorValue((2,), "float32", [1.0, None])),
    "object for an element": value_with(TensorValue((2,), "float32", [1.0, {"a": 1}])),
    "half a complex number": value_with(TensorValue((2,), "complex64", [[1.0, 2.0], [3.0]])),
    "more elements than are kept": value_with(TensorValue((17,), "float32", [0.0] * 17)),
    "a huge shape with data": value_with(TensorValue((2**40, 2**40), "float32", [])),
    "elements and statistics": value_with(changed(LARGE, data=[])),
    "share beyond one": value_with(changed(LARGE, statistics=changed(STATISTICS, zeros=1.5))),
    "count below zero": value_with(changed(LARGE, statistics=changed(STATISTICS, nan=-1))),
    "a million bins": value_with(
        changed(LARGE, statistics=changed(STATISTICS, histogram=Histogram(0, 1, (0,) * 1000)))
    ),
    "update after no pass": [*BEFORE_PASS, UpdateEvent(UPDATE)],
    "update after one that never came": update_with(previous=0),
    "update after itself": [*update_with(), UpdateEvent(changed(UPDATE, previous=1))],
    "update after a negative one": update_with(previous=-1),
    "update of no node": update_with(parameters=(changed(PARAMETER, node="n7"),)),
    "options without end": update_with(options={str(i): 0 for i in range(300)}),
    "moment of no pass": moment(Moment("forward", 1)),
    "forward without pass": moment(Moment("forward")),
    "moment of no update": moment(Moment("update", update=0)),
    "update without number": moment(Moment("update")),
    "print without text": moment(Moment("print")),
    "text without print": moment(Moment("zero_grad", text="x")),
    "diagnostic of no slug": [ProgramEvent("x"), DiagnosticEvent(Diagnostic("<script>", "error"))],
    "diagnostic of no node": [*BEFORE_PASS, DiagnosticEvent(Diagnostic("nan", "error", node="n9"))],
    "diagnostic of no pass": [*BEFORE_PASS, DiagnosticEvent(Diagnostic("nan", "error", pass_index=0))],
    "failure of no slug": [EndEvent(failure=Failure("../../etc"))],
    "failure with a long slug": [EndEvent(failure=Failure("a" * 65))],
    "failure with much to say": [EndEvent(failure=Failure("raised", {str(i): 0 for i in range(300)}))],
    "failure with a huge number": [EndEvent(failure=Failure("raised", {"a": 2**70}))],
    "cut of no name": [EndEvent(cut=Cut("wall seconds", 1, "seconds"))],
    "cut of no unit": [EndEvent(cut=Cut("wall_seconds", 1, "\x1b[31m"))],
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(lie: str) -> None:
    assert refused(write(LIES[lie]), changed(LIMITS, source_bytes=1000)).cut is None


NODES_21 = tuple(changed(NODES[0], id=f"n{i}") for i in range(21))
OVER: dict[str, Sequence[Event]] = {
    "nodes": graph_with(nodes=NODES_21, edges=()),
    "graphs": [ProgramEvent("x"), *(GraphEvent(Graph(f"g{i}", (), ())) for i in range(3))],
    "passes": [*BEFORE_PASS, *[PassEvent(PASS)] * 4],
    "values": [*BEFORE_PASS, *[PassEvent(changed(PASS, values=(1.0, TensorValue((16,), "float32", [0.0] * 16))))] * 3],
    "updates": [ProgramEvent("x"), *[UpdateEvent(Update("in-place", {}, ()))] * 4],
    "moments": [ProgramEvent("x"), *[MomentEvent(Moment("zero_grad"))] * 21],
    "output_bytes": [ProgramEvent("x"), *[MomentEvent(Moment("print", text="é" * 30))] * 2],
    "diagnostics": [ProgramEvent("x"), *[DiagnosticEvent(Diagnostic("nan", "info"))] * 11],
}


@pytest.mark.parametrize("limit", OVER)
def test_a_limit_passed_is_a_cut(limit: str) -> None:
    limits = changed(LIMITS, output_bytes=100, diagnostics=10)
    cut = refused(write(OVER[limit]), limits).cut
    assert cut is not None
    assert (cut.limit, cut.value) == (limit, getattr(limits, limit))


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\tb\nc\r\n", "a\tb\nc\r\n"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("nul\0del\x7fc1\x9b", "nul␀del␡c1\ufffd"),
        ("\u202eevil\u2066", "\ufffdevil\ufffd"),
        ("naïve 日本 👩‍🚀", "naïve 日本 👩‍🚀"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_printed_text_is_made_harmless(text: str, clean: str) -> None:
    events = read(write([ProgramEvent("x"), MomentEvent(Moment("print", text=text))]))
    assert events[1] == MomentEvent(Moment("print", text=clean))


def test_names_are_bounded_and_of_one_line() -> None:
    dark = changed(
        NODES[0], label="a\n\x1b[2Jb" + "c" * 5000, name="N" * 5000, variable="v\0", module="m\n", rule={"x\n": "r\0"}
    )
    event = read(write(graph_with(nodes=(dark, NODES[1]))))[1]
    assert isinstance(event, GraphEvent)
    node = event.graph.nodes[0]
    assert node.label.startswith("a ␛[2Jb")
    assert (len(node.label), len(node.name)) == (1000, 1000)
    assert (node.variable, node.module, node.rule) == ("v␀", "m", {"x": "r␀"})


def test_failure_texts_are_made_harmless() -> None:
    events = read(write([EndEvent(failure=Failure("raised", {"message": "\x1b]0;title\x07"}))]))
    assert events == [EndEvent(failure=Failure("raised", {"message": "␛]0;title␇"}))]


def test_complex_numbers_and_empty_tensors_are_sound() -> None:
    values = (TensorValue((2,), "complex64", [[1.0, 2.0], ["NaN", 0.0]]), TensorValue((2, 0), "float32", [[], []]))
    assert read(write(pass_with(values=values)))[2] == PassEvent(changed(PASS, values=values))
    single = TensorValue((), "complex64", [1.0, -1.0])
    assert read(write(pass_with(loss=single)))[2] == PassEvent(changed(PASS, loss=single))
