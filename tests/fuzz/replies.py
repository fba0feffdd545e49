"""Replies as a hostile child might write them: honest ones with something changed, and none that was ever honest."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

HONEST: tuple[dict[str, Any], ...] = (
    {"event": "program", "program": "y = x ** 2\ny.backward()"},
    {
        "event": "graph",
        "graph": {
            "id": "g0",
            "nodes": [
                {
                    "id": "n0",
                    "kind": "output",
                    "name": "PowBackward0",
                    "label": "x ** 2",
                    "variable": "y",
                    "span": {"line": 1, "column": 5, "end_line": 1, "end_column": 11},
                    "shape": [],
                    "dtype": "float32",
                    "module": "net.layers.0",
                    "saved": {"exponent": 2, "self": {"shape": [2], "dtype": "float32", "bytes": 8}, "dims": [0, 1]},
                    "rule": {"self": "pow_backward(grad, self, exponent)"},
                },
                {"id": "n1", "kind": "leaf", "name": "AccumulateGrad", "label": "x", "shape": [2], "dtype": "float32"},
                {"id": "n2", "kind": "constant", "name": "Constant", "label": "2", "shape": [], "dtype": "int"},
            ],
            "edges": [
                {"id": "e0", "source": "n0", "target": "n1", "slot": 0, "input": 0},
                {"id": "e1", "source": "n0", "target": "n1", "slot": 1},
                {"id": "e2", "source": "n0", "target": "n2", "slot": 1},
            ],
        },
    },
    {
        "event": "pass",
        "pass": {
            "graph": "g0",
            "call": "backward",
            "loss": 4.0,
            "values": [4.0, {"shape": [2], "dtype": "float32", "data": [1.5, "NaN"]}, 2],
            "gradients": [1.0, {"shape": [2], "dtype": "complex64", "data": [[1.0, 0.0], [2.0, "Infinity"]]}, None],
            "flows": [
                "-Infinity",
                {
                    "shape": [100, 100],
                    "dtype": "float32",
                    "statistics": {
                        "min": 0.0,
                        "max": 1.0,
                        "mean": 0.5,
                        "std": "NaN",
                        "norm": 3.0,
                        "zeros": 0.5,
                        "nan": 1,
                        "inf": 0,
                        "histogram": {"low": 0.0, "high": 1.0, "counts": [1, 2]},
                    },
                },
                None,
            ],
            "derivatives": [4.0, None, None],
            "accumulated": {"n1": 4.0},
            "order": [0, 1],
            "span": {"line": 2, "column": 1, "end_line": 2, "end_column": 13},
        },
    },
    {
        "event": "update",
        "update": {
            "optimizer": "Adam",
            "options": {"lr": 0.1, "fused": None, "name": "text", "amsgrad": False},
            "parameters": [
                {"variable": "x", "node": "n1", "before": 2.0, "gradient": 4.0, "after": 1.6, "state": {"step": 1.0}}
            ],
            "pass": 0,
            "span": None,
        },
    },
    {"event": "moment", "moment": {"kind": "forward", "pass": 0}},
    {"event": "moment", "moment": {"kind": "update", "update": 0}},
    {"event": "moment", "moment": {"kind": "print", "text": "27.0\n"}},
    {
        "event": "diagnostic",
        "diagnostic": {
            "code": "zero-grad-forgotten",
            "severity": "warning",
            "parameters": {"variable": "x", "share": 0.5},
            "pass": 0,
            "node": "n1",
        },
    },
    {"event": "end", "cut": {"limit": "wall_seconds", "value": 1.0, "unit": "seconds"}, "failure": None},
)
"""A reply that holds a bit of everything."""

NASTY: tuple[Any, ...] = (
    *(-1, 0, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, 5e-324, 0.1, True, False, None),
    *("", "n0", "n1", "n99999999", "e0", "g0", "g1", "NaN", "Infinity", "nan", "float32", "complex64", "FLOAT32"),
    *('"];', "\\N\\G\\E\\l", "<svg onload=alert(1)>", "]]>", "&#x3c;", "\\", "\x1b[2J", "\u202e", "\ud800", "\0", "\n"),
    *("=HTML<b>", "<<b>>", "é" * 2000, "a" * 20000, "__proto__", "../../etc", "%s%n", "{0.__class__}"),
    *([], {}, [[]], [[[[]]]], {"": ""}, {"id": "n0"}, [0] * 300, ["n0"], {"shape": [], "dtype": "x"}),
    *({"shape": [0], "dtype": "float32", "data": []}, {"shape": [2**40, 2**40], "dtype": "float32"}),
    {"shape": [1, 1], "dtype": "float32", "data": [[[1]]]},
)
"""What is put in the place of something honest."""

Path = tuple[str | int, ...]


def places(value: object, path: Path = ()) -> list[Path]:
    """Every place in a JSON value, the whole included."""
    found: list[Path] = [path]
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += places(inner, (*path, key))
    return found


def changed(value: Any, path: Path, new: object) -> Any:
    """A JSON value with another one at one place."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@st.composite
def lies(draw: st.DrawFn) -> list[bytes]:
    """An honest reply after some changes: values, keys, order, bytes."""
    reply: Any = json.loads(json.dumps(HONEST))
    for _ in range(draw(st.integers(0, 4))):
        path: Path = draw(st.sampled_from(places(reply)))
        new: Any = draw(st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.integers(), st.floats()))
        is_change: bool = draw(st.booleans())
        if path and is_change:
            reply = changed(reply, path, new)
        elif isinstance(reply, list) and reply:
            event = draw(st.integers(0, len(reply) - 1))
            reply.insert(draw(st.integers(0, len(reply))), reply[event])
    payloads = [written(event) for event in reply] if isinstance(reply, list) else [written(reply)]
    if draw(st.integers(0, 4)) == 0 and payloads:
        index = draw(st.integers(0, len(payloads) - 1))
        payloads[index] = draw(scratched(payloads[index]))
    return payloads


def written(event: object) -> bytes:
    """JSON, with lone surrogates as no UTF-8 has them."""
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


def scratched(payload: bytes) -> st.SearchStrategy[bytes]:
    """A payload with some of its bytes replaced."""
    return st.tuples(st.integers(0, len(payload)), st.integers(0, 8), st.binary(max_size=8)).map(
        lambda cut: payload[: cut[0]] + cut[2] + payload[cut[0] + cut[1] :]
    )
