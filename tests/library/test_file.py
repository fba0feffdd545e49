"""Trace files: every version that was ever written is read, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.errors import TraceFileError
from app.trace.file import VERSION, read_trace, write_trace
from tests.tracer.recording import record

FILES = sorted(Path(__file__).with_name("files").glob("version-*.json"))
"""Written once by the version that they name; never written anew."""
PROGRAM = """\
import torch
x = torch.tensor([1.0, float("inf")], requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.9)
for step in range(2):
    optimizer.zero_grad()
    loss = (x.exp() * torch.arange(2.0)).sum()
    loss.backward()
    optimizer.step()
    print("wert", step, "✓")
"""


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A sound file, changed by hand."""
    content = json.loads(write_trace(record(PROGRAM)))
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_of_every_version_are_read(path: Path) -> None:
    run = read_trace(path.read_bytes())
    assert run.passes
    assert {one.graph for one in run.passes} == {graph.id for graph in run.graphs}
    again = json.loads(write_trace(run))
    for name, content in json.loads(path.read_bytes()).items():
        if name in ("program", "output", "version"):
            assert again[name] == content
        else:
            assert len(again[name] or ()) == len(content or ())


def test_every_version_has_a_file() -> None:
    assert {int(path.stem.split("-")[1]) for path in FILES} == set(range(1, VERSION + 1))


def test_what_is_written_is_read_back_whole() -> None:
    run = record(PROGRAM)
    assert read_trace(write_trace(run)) == run


def test_an_answer_of_the_api_is_a_file_too() -> None:
    def draw(content: dict[str, Any]) -> None:
        content["graphs"][0] |= {"svg": "<svg/>", "groups": [{"id": "m0"}], "bundles": [], "opened": []}

    assert read_trace(changed(draw)) == record(PROGRAM)


def test_a_later_version_is_told_apart_from_damage() -> None:
    newer = changed(lambda content: content.update(version=VERSION + 1, surprise=True))
    with pytest.raises(TraceFileError, match="has version 2; this Autograd Explorer reads versions up to 1") as caught:
        read_trace(newer)
    assert caught.value.slug == "trace-file-newer"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Input data was truncated"),
        (b"\x89PNG\r\n", "malformed"),
        (b"{}", "missing required field `version`"),
        (b'{"version": 0}', "no such version"),
        (b'{"version": 1}', "missing required field `program`"),
        (b'{"version": 1, "program": ' + b"[" * 100_000, "truncated|recursion"),
        (write_trace(record(PROGRAM))[:-100], "truncated"),
        (changed(lambda content: content.update(surprise=1)), "unknown field `surprise`"),
        (changed(lambda content: content["passes"][0]["values"].pop()), "do not fit the nodes"),
        (changed(lambda content: content["passes"][0].update(graph="g7")), "a pass over no graph"),
        (changed(lambda content: content["timeline"][1].update({"pass": 9})), "a pass that never came"),
        (changed(lambda content: content["graphs"][0]["edges"][0].update(target="n99")), "an edge to nowhere"),
        (changed(lambda content: content["passes"][0].update(loss=float("nan"))), "malformed"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_trace_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(TraceFileError, match=f"(?i){reason}") as caught:
        read_trace(data)
    assert caught.value.slug == "trace-file-damaged"


def test_texts_of_a_file_are_made_harmless() -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["graphs"][0]["nodes"][0]["label"] = "a\x1b[31m\u202eb"

    assert read_trace(changed(spoil)).graphs[0].nodes[0].label == "a␛[31m�b"


def test_a_file_is_plain_json() -> None:
    content = msgspec.json.decode(write_trace(record(PROGRAM)))
    assert content["version"] == VERSION
    assert "Infinity" in json.dumps(content)
