"""`POST /api/open`: a sound file of any version comes back drawn; whatever else is sent is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.settings import Settings
from app.trace.file import VERSION
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")
Change = Callable[[dict[str, Any]], object]

FILES = sorted((Path(__file__).parents[1] / "library" / "files").glob("version-*.json"))
GOOD = next(path for path in FILES if path.stem == "version-1").read_bytes()
"""The oldest file there is: fields that came later are missing in it."""
SVG = "{http://www.w3.org/2000/svg}"
LARGEST = Settings().layout_body_bytes
MARKUP = (
    '</text></svg><script>alert(1)</script>"];} digraph { x -> y [label="&<b>',
    "<<table>",
    "\\N\\G\\",
    "]]>\0\x1b[31m",
)


async def post(client: httpx.AsyncClient, content: bytes, media_type: str = "application/json") -> httpx.Response:
    return await client.post("/api/open", content=content, headers={"Content-Type": media_type})


async def assert_refused(client: httpx.AsyncClient, response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem, and the next file is opened."""
    problem = assert_problem(response, status, code)
    assert (await post(client, GOOD)).status_code == 200
    return problem


def changed(change: Change) -> bytes:
    """The good file, changed by hand."""
    content = json.loads(GOOD)
    change(content)
    return json.dumps(content).encode()


def graph_of(content: dict[str, Any]) -> dict[str, Any]:
    graph: dict[str, Any] = content["graphs"][0]
    return graph


# -- what is opened ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_files_of_every_version_come_back_drawn(client: httpx.AsyncClient, path: Path) -> None:
    response = await post(client, path.read_bytes())
    assert response.status_code == 200, response.text
    given, trace = json.loads(path.read_bytes()), response.json()
    assert trace["version"] == VERSION
    assert (trace["program"], trace["output"]) == (given["program"], given["output"])
    assert [one["loss"] for one in trace["passes"]] == [one["loss"] for one in given["passes"]]
    assert [one["gradients"] for one in trace["passes"]] == [one["gradients"] for one in given["passes"]]
    for before, drawn in zip(given["graphs"], trace["graphs"], strict=True):
        shown = {element.get("id") for element in ElementTree.fromstring(drawn["svg"]).iter(f"{SVG}g")}
        assert {node["id"] for node in before["nodes"]} <= shown


async def test_an_answer_is_a_file_again(client: httpx.AsyncClient) -> None:
    first = await post(client, GOOD)
    again = await post(client, first.content)
    assert (again.status_code, again.json()) == (200, first.json())


def spoil(content: dict[str, Any]) -> None:
    """Write markup wherever a file has words."""
    for node, words in zip(graph_of(content)["nodes"], MARKUP * 10, strict=False):
        node |= {"label": words, "name": words, "variable": words, "module": words}
    content["program"] = content["output"] = MARKUP[0]


async def test_texts_of_a_file_stay_texts(client: httpx.AsyncClient) -> None:
    response = await post(client, changed(spoil))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    graph = graph_of(response.json())
    picture = ElementTree.fromstring(graph["svg"])
    assert {element.tag.removeprefix(SVG) for element in picture.iter()}.isdisjoint({"script", "foreignObject", "a"})
    assert sum(element.get("class", "").startswith("node") for element in picture.iter()) == len(graph["nodes"])
    assert any("<script>" in (element.text or "") for element in picture.iter(f"{SVG}text"))


ODD: dict[str, Change] = {
    "edge to itself": lambda content: graph_of(content)["edges"][0].update(source="n1", target="n1"),
    "ring": lambda content: graph_of(content)["edges"][0].update(source="n1", target="n0"),
    "no passes": lambda content: content.update(passes=[], updates=[], timeline=[], diagnostics=[]),
    "nothing": lambda content: content.update(graphs=[], passes=[], updates=[], timeline=[], diagnostics=[]),
    "empty graph": lambda content: content.update(
        graphs=[{"id": "g0", "nodes": [], "edges": []}], passes=[], updates=[], timeline=[], diagnostics=[]
    ),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
async def test_an_odd_file_is_drawn_all_the_same(client: httpx.AsyncClient, change: Change) -> None:
    content = changed(change)
    response = await post(client, content)
    assert response.status_code == 200, response.text
    graphs = response.json()["graphs"]
    assert [graph["id"] for graph in graphs] == [graph["id"] for graph in json.loads(content)["graphs"]]
    assert all(ElementTree.fromstring(graph["svg"]).tag == f"{SVG}svg" for graph in graphs)


# -- pictures ----------------------------------------------------------------------------------------------------------

STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
QUERIES = ("", "?pass=1", "?phase=forward", "?theme=dark", "?direction=LR", "?pass=1&phase=forward&theme=dark")


async def draw(client: httpx.AsyncClient, content: bytes, form: str) -> httpx.Response:
    return await client.post(f"/api/open.{form}", content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("form", STARTS)
async def test_a_file_is_drawn_in_every_format(client: httpx.AsyncClient, form: str) -> None:
    response = await draw(client, GOOD, form)
    assert response.status_code == 200, response.text
    assert response.content.startswith(STARTS[form])
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("form", ["svg", "dot"])
async def test_a_file_looks_like_the_run_that_it_was_kept_from(client: httpx.AsyncClient, form: str) -> None:
    body = {"program": json.loads(GOOD)["program"]}
    kept = (await client.post("/api/trace", json=body)).content
    pictures = set()
    for query in QUERIES:
        drawn = await draw(client, kept, form + query)
        assert drawn.status_code == 200, drawn.text
        assert drawn.text == (await client.post(f"/api/graph.{form}{query}", json=body)).text
        pictures.add(drawn.text)
    assert len(pictures) == len(QUERIES)


async def test_texts_of_a_file_stay_texts_in_its_pictures(client: httpx.AsyncClient) -> None:
    content = changed(spoil)
    for form, start in STARTS.items():
        response = await draw(client, content, form)
        assert response.status_code == 200, response.text
        assert response.content.startswith(start)


async def test_what_cannot_be_drawn_is_refused(client: httpx.AsyncClient) -> None:
    assert_problem(await draw(client, GOOD, "svg?pass=2"), 400, "no-such-pass")
    assert_problem(await draw(client, GOOD, "svg?theme=pink"), 400, "invalid-request")
    assert_problem(await draw(client, GOOD, "gif"), 404, "not-found")
    assert_problem(await draw(client, b"{}", "png"), 400, "trace-file-damaged")
    assert_problem(await draw(client, b"{}" + b" " * LARGEST, "dot"), 413, "trace-too-large")
    assert_problem(await draw(client, changed(ODD["nothing"]), "svg"), 422, "nothing-to-draw")
    assert_problem(await draw(client, changed(ODD["empty graph"]), "pdf"), 422, "nothing-to-draw")
    assert (await draw(client, GOOD, "svg")).status_code == 200


# -- what is not -------------------------------------------------------------------------------------------------------

BROKEN = {
    "empty": b"",
    "blank": b" \n",
    "word": b"hello",
    "picture": b"\x89PNG\r\n\x1a\n",
    "cut": GOOD[: len(GOOD) // 2],
    "trailing": GOOD + b"x",
    "two": GOOD + GOOD,
    "not utf-8": GOOD.replace(b"Sum", b"S\xff\xfe", 1),
    "utf-16": GOOD.decode().encode("utf-16"),
    "NaN": GOOD.replace(b'"loss":', b'"loss": NaN, "x":', 1),
    "infinite": GOOD.replace(b'"loss":', b'"loss": -Infinity, "x":', 1),
    "number past all floats": GOOD.replace(b'"loss":', b'"loss": 1e999, "x":', 1),
    "half a surrogate pair": GOOD.replace(b'"program": "', b'"program": "\\ud800', 1),
    "deep list": b'{"version": 1, "program": ' + b"[" * 200_000,
    "deep object": b'{"version": ' + b'{"a":' * 200_000,
    "deep and unknown": b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b', "version": 1}',
    "deep element": changed(lambda content: content["passes"][0].update(loss="DEEP")).replace(
        b'"DEEP"', b'{"shape": [1], "dtype": "float32", "data": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    ),
    "many parts": b'{"version": 1, "program": [' + b"[]," * 1_500_000 + b"[]]}",
    "list": b"[]",
    "null": b"null",
    "nothing": b"{}",
    "html": b"<!doctype html><script>alert(1)</script>",
    "dot": b"digraph { a -> b }",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_file_is_refused_with_a_reason(client: httpx.AsyncClient, body: bytes) -> None:
    problem = await assert_refused(client, await post(client, body), 400, "trace-file-damaged")
    assert problem["parameters"]["reason"]


EDGE = {"id": "e0", "source": "n0", "target": "n1", "slot": 0}
MISSHAPEN: dict[str, Change] = {
    "unknown field": lambda content: content.update({"<script>": 1}),
    "missing field": lambda content: content.pop("passes"),
    "version in words": lambda content: content.update(version="1"),
    "version 0": lambda content: content.update(version=0),
    "version below zero": lambda content: content.update(version=-(10**30)),
    "program": lambda content: content.update(program=["x"]),
    "graphs": lambda content: content.update(graphs={}),
    "graph of null": lambda content: content.update(graphs=[None]),
    "graph id": lambda content: graph_of(content).update(id="<b>"),
    "two graphs alike": lambda content: content["graphs"].append(graph_of(content)),
    "many graphs": lambda content: content.update(
        graphs=[{"id": f"g{index}", "nodes": [], "edges": []} for index in range(65)]
    ),
    "many nodes": lambda content: graph_of(content).update(
        nodes=[{"id": f"n{index}", "kind": "leaf", "name": "A", "label": "a"} for index in range(20_001)]
    ),
    "node kind": lambda content: graph_of(content)["nodes"][0].update(kind="phantom"),
    "node id": lambda content: graph_of(content)["nodes"][0].update(id='n0"]; x ['),
    "two nodes alike": lambda content: graph_of(content)["nodes"].append(graph_of(content)["nodes"][0]),
    "node from nowhere": lambda content: graph_of(content)["nodes"][0].update(origin={"graph": "g9", "node": "n0"}),
    "node shape": lambda content: graph_of(content)["nodes"][0].update(shape=[-1]),
    "edge to nowhere": lambda content: graph_of(content)["edges"][0].update(target="n99"),
    "edge from nowhere": lambda content: graph_of(content)["edges"][0].update(source="n99"),
    "edge slot": lambda content: graph_of(content)["edges"][0].update(slot=-1),
    "two edges alike": lambda content: graph_of(content).update(edges=[EDGE, EDGE]),
    "many edges": lambda content: graph_of(content).update(
        edges=[EDGE | {"id": f"e{index}"} for index in range(80_001)]
    ),
    "pass over no graph": lambda content: content["passes"][0].update(graph="g7"),
    "pass call": lambda content: content["passes"][0].update(call="sideways"),
    "values too few": lambda content: content["passes"][0]["values"].pop(),
    "flows too many": lambda content: content["passes"][0]["flows"].append(1.0),
    "order of no node": lambda content: content["passes"][0].update(order=[10**6]),
    "order twice": lambda content: content["passes"][0].update(order=[0, 0]),
    "gradient of no node": lambda content: content["passes"][0].update(accumulated={"n99": 1.0}),
    "loss in words": lambda content: content["passes"][0].update(loss="much"),
    "loss past 64 bits": lambda content: content["passes"][0].update(loss=10**30),
    "elements and shape": lambda content: content["passes"][0].update(
        loss={"shape": [3], "dtype": "float32", "data": [1.0]}
    ),
    "element": lambda content: content["passes"][0].update(loss={"shape": [1], "dtype": "float32", "data": [{}]}),
    "place": lambda content: content["passes"][0].update(
        span={"line": -1, "column": 0, "end_line": 0, "end_column": 0}
    ),
    "moment of no pass": lambda content: content["timeline"][1].update({"pass": 9}),
    "update of no pass": lambda content: content["updates"][0].update({"pass": 9}),
    "failure": lambda content: content.update(failure={"code": "<script>", "parameters": {}}),
    "cut": lambda content: content.update(cut={"limit": "../etc", "value": 1, "unit": "x"}),
}


@pytest.mark.parametrize("change", MISSHAPEN.values(), ids=MISSHAPEN)
async def test_a_file_that_no_run_could_record_is_refused(client: httpx.AsyncClient, change: Change) -> None:
    problem = await assert_refused(client, await post(client, changed(change)), 400, "trace-file-damaged")
    assert problem["parameters"]["reason"] in problem["detail"]


@pytest.mark.parametrize("version", [VERSION + 1, 2**63 - 1, 2**64, 10**30], ids=["next", "64 bits", "65 bits", "huge"])
async def test_a_later_version_is_told_apart_from_damage(client: httpx.AsyncClient, version: int) -> None:
    response = await post(client, changed(lambda content: content.update(version=version, surprise={})))
    problem = await assert_refused(client, response, 400, "trace-file-newer")
    assert problem["parameters"]["known"] == VERSION
    assert str(version) in problem["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data", "application/octet-stream", ""])
async def test_a_file_that_does_not_say_json_is_refused(client: httpx.AsyncClient, media_type: str) -> None:
    await assert_refused(client, await post(client, GOOD, media_type), 415, "unsupported-media-type")


async def test_a_file_that_is_too_long_is_refused_with_the_limit(client: httpx.AsyncClient) -> None:
    exact = GOOD + b" " * (LARGEST - len(GOOD))
    assert (await post(client, exact)).status_code == 200
    problem = await assert_refused(client, await post(client, exact + b" "), 413, "trace-too-large")
    assert problem["limit"] == LARGEST
    assert problem["parameters"]["limit"] == "layout_body_bytes"
    assert "program" not in problem["detail"]


async def test_a_refusal_speaks_the_language_of_the_client(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "zh"}
    problem = assert_problem(await client.post("/api/open", content=b"{}", headers=headers), 400, "trace-file-damaged")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["title"])
