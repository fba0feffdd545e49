"""The reply of a child, taken as an attacker's: refused, or harmless in whatever is made of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layout.layout import Layout
from app.layout.view import View
from app.settings import Limits, Settings
from app.trace.codec import Frames, ReplyError, collect, decode, frame
from app.trace.ledger import Ledger
from app.trace.model import EndEvent, Event, GraphEvent, Trace
from app.web.outcomes import error_of
from app.web.problems import describe
from tests.fuzz.replies import HONEST, NASTY, changed, lies, written
from tests.fuzz.searching import A_ROUND, search

LIMITS = Limits(reply_bytes=400_000, event_bytes=200_000, nodes=50, values=500, passes=5, updates=5, moments=20)
HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LAYOUT = Layout(Settings())
LABEL = re.compile(r"(?<=label=<)<TABLE.*?</TABLE>(?=>[ \]])", re.DOTALL)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
TABLED = {"TABLE", "TR", "TD", "FONT", "B"}
"""All that a label in DOT is made of."""
STYLED = {"ALIGN", "BORDER", "CELLBORDER", "CELLPADDING", "CELLSPACING", "COLOR", "COLSPAN", "FIXEDSIZE", "HEIGHT"} | {
    "POINT-SIZE",
    "WIDTH",
}
DRAWN = {"svg", "g", "polygon", "path", "text", "ellipse", "polyline", "tspan", "rect", "line"}
"""All that a picture is made of."""


def read(stream: bytes, size: int) -> list[Event]:
    """Read a stream in parts of one size, as the server does; what came before a lie stands."""
    frames, ledger = Frames(LIMITS), Ledger(LIMITS)
    events: list[Event] = []
    try:
        for start in range(0, len(stream), size):
            for payload in frames.feed(stream[start : start + size]):
                events.append(ledger.enter(decode(payload)))
                if isinstance(events[-1], EndEvent):
                    return events
    except ReplyError:
        pass
    return events


def check(stream: bytes, size: int = 1000) -> None:
    """Read a stream, make everything of it that the server would, and look for harm."""
    started = time.monotonic()
    events = read(stream, size)
    trace = collect(events)
    answer = msgspec.json.encode(trace)
    document = json.loads(answer, parse_constant=refuse)
    assert not any(map(HARMFUL.search, texts(document)))
    error = error_of(EndEvent(trace.cut, trace.failure), not trace.passes, answer)
    for language in ("en", "zh"):
        assert error is None or describe(error, language).title
    check_pictures(trace)
    assert time.monotonic() - started < 5


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value:
            yield from texts(inner)
            yield from texts(value[inner]) if isinstance(value, dict) else ()


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def check_pictures(trace: Trace) -> None:
    """Write each graph as DOT; nothing of the reply may end its quotes, or its place in a table."""
    numbers = {passed.graph: passed for passed in trace.passes}
    for graph in trace.graphs:
        dot = LAYOUT.dot(graph, View(), (numbers.get(graph.id), "backward"))
        for label in LABEL.findall(dot):
            for element in ElementTree.fromstring(label).iter():
                assert element.tag in TABLED
                assert set(element.attrib) <= STYLED
        bare = QUOTED.sub("", LABEL.sub("", dot))
        assert not re.search(r"[<>&]|svg|alert|HTML|__proto__", bare.replace("->", "").replace("label=<>", "")), bare


@pytest.mark.fuzz
def test_changed_replies_do_no_harm() -> None:
    @A_ROUND
    @given(payloads=lies(), size=st.sampled_from([1, 7, 100_000]))
    def one_round(payloads: list[bytes], size: int) -> None:
        check(b"".join(map(frame, payloads)), size)

    print(search(one_round), "rounds")


@pytest.mark.fuzz
def test_arbitrary_bytes_do_no_harm() -> None:
    head = b"".join(frame(written(event)) for event in HONEST[:3])

    @A_ROUND
    @given(
        start=st.sampled_from([b"", head]),
        rest=st.lists(st.one_of(st.binary(max_size=200), st.binary(min_size=1, max_size=60).map(frame))),
    )
    def one_round(start: bytes, rest: list[bytes]) -> None:
        check(start + b"".join(rest))

    print(search(one_round), "rounds")


def test_an_honest_reply_comes_through_whole() -> None:
    events = read(b"".join(frame(written(event)) for event in HONEST), 11)
    assert len(events) == len(HONEST)
    check(b"".join(frame(written(event)) for event in HONEST))


def test_some_changed_replies_do_no_harm() -> None:
    @A_ROUND
    @given(payloads=lies())
    def one_round(payloads: list[bytes]) -> None:
        check(b"".join(map(frame, payloads)))

    one_round()


async def test_graphviz_draws_the_nastiest_names_as_text() -> None:
    """Each nasty text stands in a label, a name and a variable, and goes through Graphviz itself."""
    layout = Layout(Settings(layout_workers=1))
    await layout.start()
    try:
        for nasty in (one for one in NASTY if isinstance(one, str) and one.isprintable()):
            event = HONEST[1]
            for field in ("label", "name", "variable", "module"):
                event = changed(event, ("graph", "nodes", 0, field), nasty)
            (graph,) = [
                one.graph
                for one in read(frame(written(HONEST[0])) + frame(written(event)), 10**6)
                if isinstance(one, GraphEvent)
            ]
            svg = (await layout.draw(graph)).svg(None)
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
            assert tags <= DRAWN
    finally:
        await layout.stop()
