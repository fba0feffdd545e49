"""Whatever is sent: a problem that helps, never a server error, and the next request works."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest

from tests.web.shapes import assert_problem

JSON = {"Content-Type": "application/json"}
Make = Callable[..., httpx.AsyncClient]


async def post(client: httpx.AsyncClient, body: object, path: str = "/api/trace") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(path, content=content, headers=JSON)


NOT_JSON = {
    "empty": b"",
    "cut": b'{"expression": "x"',
    "word": b"hello",
    "python": b"{'expression': 'x'}",
    "trailing": b'{"expression": "x"} x',
    "not utf-8": b'{"expression": "\xff"}',
    "utf-16": '{"expression": "x"}'.encode("utf-16"),
    "deep list": b'{"expression": "x", "variables": {"x": ' + b"[" * 100_000,
    "deep object": b'{"a":' * 40_000,
    "NaN": b'{"expression": "x", "variables": {"x": NaN}}',
    "infinite": b'{"expression": "x", "variables": {"x": -Infinity}}',
    "key twice": b'{"expression": "x", "expression": "y"}',
    "deep key twice": b'{"expression": "x", "variables": {"x": 1, "x": 2}}',
    "control character": b'{"expression": "x\n"}',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
@pytest.mark.parametrize("path", ["/api/trace", "/api/graph.svg"])
async def test_what_is_not_json_is_said_to_be_so(resting: httpx.AsyncClient, body: bytes, path: str) -> None:
    assert_problem(await post(resting, body, path), 400, "invalid-json")


async def test_a_json_error_names_its_place(resting: httpx.AsyncClient) -> None:
    problem = assert_problem(await post(resting, b'{\n  "expression": x}'), 400, "invalid-json")
    assert "line 2, column 17" in problem["detail"]


MISFITS: dict[str, tuple[Any, str]] = {
    "list": ([], ""),
    "text": ("x", ""),
    "null": (None, ""),
    "nothing": ({}, ""),
    "both": ({"expression": "x", "program": "x"}, "/expression"),
    "unknown": ({"expression": "x", "variabels": {}}, "/variabels"),
    "unknown with slash": ({"expression": "x", "a/b~c": {}}, "/a~1b~0c"),
    "expression": ({"expression": 1}, "/expression"),
    "program": ({"program": ["x"]}, "/program"),
    "program with steps": ({"program": "x", "steps": 3}, "/steps"),
    "steps below zero": ({"expression": "x", "steps": -1}, "/steps"),
    "steps in text": ({"expression": "x", "steps": "3"}, "/steps"),
    "steps huge": ({"expression": "x", "steps": 10**30}, "/steps"),
    "seed huge": ({"expression": "x", "seed": 2**63}, "/seed"),
    "seed below zero": ({"program": "x", "seed": -1}, "/seed"),
    "variables": ({"expression": "x", "variables": [1]}, "/variables"),
    "truth value": ({"expression": "x", "variables": {"a": 1, "x/y": True}}, "/variables/x~1y"),
    "truth value inside": ({"expression": "x", "variables": {"x": {"value": False}}}, "/variables/x/value"),
    "unknown inside": ({"expression": "x", "variables": {"x": {"grad": 1}}}, "/variables/x/grad"),
    "followed": ({"expression": "x", "variables": {"x": {"requires_grad": 1}}}, "/variables/x/requires_grad"),
    "text in list": ({"expression": "x", "variables": {"x": [1, [2, "3"]]}}, "/variables/x/1/1"),
    "object in list": ({"expression": "x", "variables": {"x": [{}]}}, "/variables/x/0"),
    "null in list": ({"expression": "x", "variables": {"x": {"value": [None]}}}, "/variables/x/value/0"),
    "optimizer": ({"expression": "x", "optimizer": "SGD"}, "/optimizer"),
    "optimizer name": ({"expression": "x", "optimizer": {"name": 3}}, "/optimizer/name"),
    "option": ({"expression": "x", "optimizer": {"lr": {"value": 0.1}}}, "/optimizer/lr"),
    "option list": ({"expression": "x", "optimizer": {"lr": 1, "betas": ["0.9"]}}, "/optimizer/betas"),
    "surrogate": ({"expression": "\ud800"}, ""),
    "surrogate in program": ({"program": "x = '\udfff'"}, ""),
    "surrogate in name": ({"expression": "x", "variables": {"\ud800": 1}}, ""),
}


@pytest.mark.parametrize(("body", "pointer"), MISFITS.values(), ids=MISFITS)
async def test_a_misfit_is_pointed_at(resting: httpx.AsyncClient, body: object, pointer: str) -> None:
    problem = assert_problem(await post(resting, body), 400, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400, b"9" * 20_000])
@pytest.mark.parametrize("form", [b"%s", b"[1, %s]", b'{"value": %s}'])
async def test_a_number_past_all_floats_is_pointed_at(resting: httpx.AsyncClient, number: bytes, form: bytes) -> None:
    response = await post(resting, b'{"expression": "x", "variables": {"x": %s}}' % (form % number))
    problem = assert_problem(response, 400, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith("/variables/x")


async def test_lists_nested_past_what_torch_takes_are_refused(resting: httpx.AsyncClient) -> None:
    value: Any = 1
    for _ in range(17):
        value = [value]
    problem = assert_problem(
        await post(resting, {"expression": "x", "variables": {"x": value}}), 400, "invalid-request"
    )
    assert problem["errors"][0]["pointer"] == "/variables/x" + "/0" * 16


async def test_a_milliard_steps_are_refused_with_the_limit(resting: httpx.AsyncClient) -> None:
    problem = assert_problem(await post(resting, {"expression": "x", "steps": 10**9}), 422, "limit-steps")
    assert problem["limit"] == 1000
    assert "1000000000" in problem["detail"]


@pytest.mark.parametrize("body", [{"program": "#" * 150_000}, {"expression": "x+" * 75_000}])
async def test_a_long_source_is_refused_with_the_limit(resting: httpx.AsyncClient, body: object) -> None:
    assert assert_problem(await post(resting, body), 413, "source-too-large")["limit"] == 100_000


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json", "text/json"]
)
async def test_a_body_that_does_not_say_json_is_refused(resting: httpx.AsyncClient, content_type: str) -> None:
    response = await resting.post("/api/trace", content=b"{}", headers={"Content-Type": content_type})
    assert_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"])
async def test_json_may_be_said_in_many_ways(resting: httpx.AsyncClient, content_type: str) -> None:
    response = await resting.post("/api/trace", content=b"", headers={"Content-Type": content_type})
    assert_problem(response, 400, "invalid-json")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "\x80"])
@pytest.mark.parametrize("address", ["/api/trace", "/api/layout", "/api/open", "/api/sweep", "/api/check"])
async def test_a_packed_body_is_refused(resting: httpx.AsyncClient, address: str, encoding: str) -> None:
    headers = httpx.Headers(JSON | {"Content-Encoding": encoding}, encoding="latin-1")
    response = await resting.post(address, content=gzip.compress(b'{"expression": "x"}'), headers=headers)
    problem = assert_problem(response, 415, "unsupported-content-encoding")
    assert problem["parameters"]["given"] == encoding
    assert response.headers["accept-encoding"] == "identity"


async def test_identity_is_no_packing(resting: httpx.AsyncClient) -> None:
    response = await resting.post("/api/trace", content=b"", headers=JSON | {"Content-Encoding": "Identity"})
    assert_problem(response, 400, "invalid-json")


# -- sizes -------------------------------------------------------------------------------------------------------------


async def test_a_body_announced_as_too_long_is_not_read(resting: httpx.AsyncClient) -> None:
    async def never() -> AsyncGenerator[bytes, None]:
        pytest.fail("the body was read")
        yield b""

    headers = JSON | {"Content-Length": "1000000"}
    response = await resting.post("/api/trace", content=never(), headers=headers)
    assert assert_problem(response, 413, "body-too-large")["limit"] == 256 * 1024


async def test_a_body_in_pieces_is_read_up_to_the_limit(resting: httpx.AsyncClient) -> None:
    read = 0

    async def pieces() -> AsyncGenerator[bytes, None]:
        nonlocal read
        for _ in range(1000):
            read += 16 * 1024
            yield b" " * 16 * 1024

    response = await resting.post("/api/trace", content=pieces(), headers=JSON)
    assert_problem(response, 413, "body-too-large")
    assert read <= 256 * 1024 + 2 * 16 * 1024


async def test_a_body_that_drips_is_given_up(make_client: Make) -> None:
    async def drops() -> AsyncGenerator[bytes, None]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    response = await make_client(request_seconds=0.1).post("/api/trace", content=drops(), headers=JSON)
    assert assert_problem(response, 408, "slow-body")["limit"] == 0.1


@pytest.mark.parametrize("length", ["-1", "x", "1" * 50])
async def test_a_length_that_is_no_length_does_no_harm(resting: httpx.AsyncClient, length: str) -> None:
    response = await resting.post("/api/trace", content=b"{}", headers=JSON | {"Content-Length": length})
    assert response.status_code in (400, 413)


# -- addresses and query strings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/", "/api/trace/", "/static/", "/static/../app/main.py"])
async def test_an_address_that_is_not_there(resting: httpx.AsyncClient, path: str) -> None:
    assert_problem(await resting.get(path), 404, "not-found")


async def test_a_format_that_is_not_there(resting: httpx.AsyncClient) -> None:
    assert_problem(await post(resting, {"expression": "x"}, "/api/graph.gif"), 404, "not-found")


async def test_a_method_that_is_not_taken(resting: httpx.AsyncClient) -> None:
    response = await resting.delete("/api/trace")
    problem = assert_problem(response, 405, "method-not-allowed")
    assert "DELETE" in problem["detail"]
    assert response.headers["allow"] == "POST"


QUERIES = {
    "pass below zero": ("?expression=x&pass=-1", "pass"),
    "pass in words": ("?expression=x&pass=first", "pass"),
    "phase": ("?expression=x&phase=update", "phase"),
    "theme": ("?expression=x&theme=pink", "theme"),
    "direction": ("?expression=x&direction=up", "direction"),
    "steps": ("?expression=x&steps=many", "steps"),
    "seed": ("?expression=x&seed=-4", "seed"),
    "rate": ("?expression=x&lr=fast", "lr"),
    "twice": ("?expression=x&x=1&x=2", "x"),
}


@pytest.mark.parametrize(("query", "name"), QUERIES.values(), ids=QUERIES)
async def test_a_query_string_that_does_not_fit(resting: httpx.AsyncClient, query: str, name: str) -> None:
    problem = assert_problem(await resting.get(f"/api/graph.svg{query}"), 400, "invalid-request")
    assert [fault["parameter"] for fault in problem["errors"]] == [name]


async def test_a_picture_of_nothing(resting: httpx.AsyncClient) -> None:
    assert_problem(await resting.get("/api/graph.svg?x=1"), 400, "invalid-request")


async def test_an_unknown_option_of_a_picture(resting: httpx.AsyncClient) -> None:
    response = await post(resting, {"expression": "x"}, "/api/graph.svg?colour=red")
    problem = assert_problem(response, 400, "invalid-request")
    assert problem["errors"][0]["parameter"] == "colour"


# -- graphs that clients bring -----------------------------------------------------------------------------------------


def node(name: str, kind: str = "leaf") -> dict[str, str]:
    return {"id": name, "kind": kind, "name": "A", "label": "a"}


def graph(**changes: object) -> dict[str, object]:
    nodes = [
        {"id": "n0", "kind": "output", "name": "A", "label": "a"},
        {"id": "n1", "kind": "leaf", "name": "B", "label": "b"},
    ]
    edges = [{"id": "e0", "source": "n0", "target": "n1", "slot": 0}]
    return {"graph": {"id": "g0", "nodes": nodes, "edges": edges, **changes}}


GRAPHS: dict[str, tuple[Any, str]] = {
    "nothing": ({}, ""),
    "nodes missing": ({"graph": {"id": "g0", "edges": []}}, "/graph"),
    "kind": (graph(nodes=[node("n0", "phantom")], edges=[]), "/graph/nodes/0/kind"),
    "id": (graph(nodes=[node("x")], edges=[]), "/graph"),
    "edge to nowhere": (graph(edges=[{"id": "e0", "source": "n0", "target": "n9", "slot": 0}]), "/graph"),
    "two edges alike": (graph(edges=[{"id": "e0", "source": "n0", "target": "n1", "slot": 0}] * 2), "/graph"),
    "too many": (
        graph(nodes=[node(f"n{i}") for i in range(20_001)]),
        "/graph",
    ),
    "direction": (graph() | {"direction": "up"}, "/direction"),
    "expanded": (graph() | {"expanded": [1]}, "/expanded/0"),
}


@pytest.mark.parametrize(("body", "pointer"), GRAPHS.values(), ids=GRAPHS)
async def test_a_graph_that_no_run_could_record(resting: httpx.AsyncClient, body: object, pointer: str) -> None:
    problem = assert_problem(await post(resting, body, "/api/layout"), 400, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"graph":' * 50_000])
async def test_a_graph_that_is_no_json(resting: httpx.AsyncClient, body: bytes) -> None:
    response = await post(resting, body, "/api/layout")
    assert response.status_code == 400
    assert_problem(response, 400, response.json()["code"])


# -- languages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("", "No such page"),
        ("en-GB,en;q=0.9", "No such page"),
        ("fr", "No such page"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "没有这个页面"),
        ("fr, zh;q=0.3", "没有这个页面"),
        ("en;q=0.2, zh;q=0.7", "没有这个页面"),
        ("zh;q=0, en", "No such page"),
        (";;;,=,q=x;q=", "No such page"),
    ],
)
async def test_problems_speak_the_language_asked_for(resting: httpx.AsyncClient, accepted: str, title: str) -> None:
    response = await resting.get("/nowhere", headers={"Accept-Language": accepted})
    assert assert_problem(response, 404, "not-found")["title"] == title
    assert "Accept-Language" in response.headers["vary"]
