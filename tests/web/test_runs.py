"""The API with real runs: traces, streams, pictures, caches, hang-ups."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from app.settings import Settings
from tests.web.conftest import asgi_client
from tests.web.shapes import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUADRATIC = {"expression": "a*x**2 + b*x + c", "variables": {"a": 1, "b": 2, "c": 3, "x": 4}}
SUM_SQUARED = """import torch
x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = x + y
w = z ** 2
w.backward()
print(x.grad, y.grad)
"""
DESCENT = """import torch
import torch.optim as optim
x = torch.tensor(1.0, requires_grad=True)
optimizer = optim.SGD([x], lr=0.1)
for _ in range(3):
    loss = x ** 2
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
print(x.item())
"""
ENDLESS = "import torch\nx = torch.tensor(1.0, requires_grad=True)\n(x * 2).backward()\nwhile True:\n    pass  # {}\n"
LINES = {"Accept": "application/x-ndjson"}


async def trace(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post("/api/trace", json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    return answer


def gradient_of(answer: dict[str, Any], variable: str) -> float:
    nodes = answer["graphs"][0]["nodes"]
    leaf = next(node["id"] for node in nodes if node["variable"] == variable and node["kind"] == "leaf")
    value: float = answer["passes"][0]["accumulated"][leaf]
    return value


# -- POST /api/trace ---------------------------------------------------------------------------------------------------


async def test_an_expression_is_traced_and_drawn(client: httpx.AsyncClient) -> None:
    answer = await trace(client, QUADRATIC)
    assert answer["version"] == 1
    assert "backward()" in answer["program"]
    assert [gradient_of(answer, name) for name in "abc"] == [16, 4, 1]
    assert answer["passes"][0]["loss"] == 27
    svg = answer["graphs"][0]["svg"]
    ids = {element.get("id") for element in ElementTree.fromstring(svg).iter()}
    assert {node["id"] for node in answer["graphs"][0]["nodes"]} <= ids
    assert ">27<" in svg.replace("27.0", "27")


async def test_a_program_is_traced_with_what_it_prints(client: httpx.AsyncClient) -> None:
    answer = await trace(client, {"program": SUM_SQUARED})
    assert answer["program"] == SUM_SQUARED
    assert answer["output"] == "tensor(6.) tensor(6.)\n"
    assert [gradient_of(answer, name) for name in "xy"] == [6, 6]


async def test_steps_share_one_graph(client: httpx.AsyncClient) -> None:
    answer = await trace(client, {"program": DESCENT})
    assert len(answer["graphs"]) == 1
    assert [one["loss"] for one in answer["passes"]] == pytest.approx([1, 0.64, 0.4096])
    assert [update["pass"] for update in answer["updates"]] == [0, 1, 2]
    assert [moment["kind"] for moment in answer["timeline"]][-1] == "print"


async def test_the_optimizer_of_an_expression(client: httpx.AsyncClient) -> None:
    body = {
        "expression": "(x - 3)**2",
        "variables": {"x": 0},
        "optimizer": {"name": "SGD", "lr": 0.25},
        "steps": 2,
    }
    answer = await trace(client, body)
    assert [update["parameters"][0]["after"] for update in answer["updates"]] == [1.5, 2.25]


async def test_equal_seeds_have_equal_answers(client: httpx.AsyncClient) -> None:
    body = {"expression": "(x * y).sum()", "variables": {"x": "randn(3)", "y": "randn(3)"}, "seed": 5}
    first = await trace(client, body)
    assert await trace(client, body) == first
    assert await trace(client, body | {"seed": 6}) != first


FAILING: dict[str, tuple[dict[str, Any], int | None]] = {
    "syntax": ({"program": "import torch\nx = = 1\n"}, 2),
    "empty": ({"program": ""}, None),
    "empty expression": ({"expression": "  "}, None),
    "NUL": ({"program": "x = 1\0"}, None),
    "NUL in an expression": ({"expression": "x\0"}, None),
    "raises": ({"program": "import torch\n\nraise ValueError('no')\n"}, 3),
    "files": ({"program": "open('/etc/passwd').read()\n"}, 1),
    "power": ({"expression": "x^2", "variables": {"x": 1}}, None),
    "unknown function": ({"expression": "sinn(x)", "variables": {"x": 1}}, None),
    "not scalar": ({"expression": "x * 2", "variables": {"x": [1, 2]}}, None),
    "deep": ({"expression": "(" * 500 + "x" + ")" * 500}, None),
    "deep program": ({"program": "x = " + "(" * 500 + "1" + ")" * 500}, None),
    "not followed": ({"expression": "x*2", "variables": {"x": {"value": 1, "requires_grad": False}}}, None),
}


@pytest.mark.parametrize(("body", "line"), FAILING.values(), ids=FAILING)
async def test_a_program_that_fails_is_its_authors_to_mend(
    client: httpx.AsyncClient, body: dict[str, Any], line: int | None
) -> None:
    response = await client.post("/api/trace", json=body)
    problem = assert_problem(response, 422, response.json()["code"])
    if line is not None:
        assert problem["line"] == line
        assert problem["column"] >= 1
    again = await client.post("/api/trace", json=body)
    assert again.json() == response.json()
    streamed = await client.post("/api/trace", json=body, headers=LINES)
    if streamed.status_code == 422:
        assert streamed.json()["code"] == problem["code"]
    else:
        assert json.loads(streamed.text.splitlines()[-1])["code"] == problem["code"]
    assert (await trace(client, QUADRATIC))["passes"][0]["loss"] == 27


async def test_what_was_recorded_before_a_failure_is_told(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/trace", json={"program": SUM_SQUARED + "raise ValueError('late')\n"})
    problem = assert_problem(response, 422, "raised")
    assert problem["trace"]["passes"][0]["loss"] == 9
    assert "<svg" in problem["trace"]["graphs"][0]["svg"]
    chinese = await client.post(
        "/api/trace", json={"program": SUM_SQUARED + "raise ValueError('late')\n"}, headers={"Accept-Language": "zh"}
    )
    assert chinese.json()["title"] != problem["title"]


async def test_a_run_past_a_limit_returns_what_it_has(client: httpx.AsyncClient) -> None:
    body = {"program": DESCENT.replace("range(3)", "range(1000)").replace("\nprint", "\n    print('.' * 1000)\nprint")}
    answer = await trace(client, body)
    assert (answer["cut"]["limit"], answer["cut"]["span"]["line"]) == ("output_bytes", 10)
    assert len(answer["passes"]) == 66
    assert len(answer["output"]) == 65 * 1001


# -- streams -----------------------------------------------------------------------------------------------------------


async def test_a_stream_tells_events_in_order(loopback: httpx.AsyncClient) -> None:
    body = {"program": DESCENT + "# streamed\n"}
    response = await loopback.post("/api/trace", json=body, headers=LINES)
    assert response.headers["content-type"].startswith("application/x-ndjson")
    events = [json.loads(line) for line in response.text.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["program", "graph"]
    assert kinds[-1] == "end"
    assert kinds.count("pass") == 3
    assert kinds.index("graph") < kinds.index("pass") < kinds.index("update")
    assert events[1]["graph"]["svg"].startswith("<svg")
    again = await loopback.post("/api/trace", json=body, headers=LINES)
    assert again.text == response.text


async def test_a_stream_and_an_answer_agree(client: httpx.AsyncClient) -> None:
    answer = await trace(client, {"program": DESCENT})
    response = await client.post("/api/trace", json={"program": DESCENT}, headers=LINES)
    events = [json.loads(line) for line in response.text.splitlines()]
    assert [event["pass"] for event in events if event["event"] == "pass"] == answer["passes"]
    assert [event["update"] for event in events if event["event"] == "update"] == answer["updates"]
    assert [event["moment"] for event in events if event["event"] == "moment"] == answer["timeline"]


async def test_events_arrive_while_the_run_goes_on(loopback: httpx.AsyncClient) -> None:
    body = {"program": ENDLESS.format("arrive")}
    async with loopback.stream("POST", "/api/trace", json=body, headers=LINES) as response:
        lines = response.aiter_lines()
        first = [json.loads(await anext(lines))["event"] for _ in range(3)]
        assert first[:2] == ["program", "graph"]


async def test_a_late_failure_is_the_last_line(client: httpx.AsyncClient) -> None:
    body = {"program": SUM_SQUARED + "raise ValueError('late')\n"}
    response = await client.post("/api/trace", json=body, headers=LINES)
    assert response.status_code == 200
    events = [json.loads(line) for line in response.text.splitlines()]
    assert [event["event"] for event in events if event["event"] in ("end", "problem")] == ["problem"]
    assert (events[-1]["code"], events[-1]["status"], events[-1]["line"]) == ("raised", 422, 8)


# -- hang-ups ----------------------------------------------------------------------------------------------------------


async def running(client: httpx.AsyncClient) -> float:
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    samples = {sample.name: sample.value for family in families for sample in family.samples}
    return samples["explorer_sandbox_running"]


async def until_running(client: httpx.AsyncClient, number: float) -> None:
    deadline = time.monotonic() + 60
    while await running(client) != number:
        assert time.monotonic() < deadline, "the run goes on"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("headers", [{}, LINES], ids=["json", "lines"])
async def test_a_client_that_hangs_up_ends_the_run(loopback: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await until_running(loopback, 0)
    body = {"program": ENDLESS.format(f"hang up {headers}")}

    async def ask() -> None:
        async with loopback.stream("POST", "/api/trace", json=body, headers=headers) as response:
            async for _ in response.aiter_lines():
                pass

    asking = asyncio.ensure_future(ask())
    await until_running(loopback, 1)
    asking.cancel()
    await asyncio.wait((asking,))
    await until_running(loopback, 0)


async def test_equal_requests_share_one_run(loopback: httpx.AsyncClient) -> None:
    await until_running(loopback, 0)
    body = {"program": ENDLESS.format("share")}
    asking = [asyncio.ensure_future(loopback.post("/api/trace", json=body)) for _ in range(4)]
    await until_running(loopback, 1)
    await asyncio.sleep(0.1)
    assert await running(loopback) == 1
    for task in asking[:3]:
        task.cancel()
    await asyncio.sleep(0.1)
    assert await running(loopback) == 1
    asking[3].cancel()
    await asyncio.wait(asking)
    await until_running(loopback, 0)


# -- pictures ----------------------------------------------------------------------------------------------------------


STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf", "dot": "text/vnd.graphviz"}


@pytest.mark.parametrize("form", STARTS)
async def test_a_picture_in_every_format(client: httpx.AsyncClient, form: str) -> None:
    response = await client.post(f"/api/graph.{form}", json=QUADRATIC)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(TYPES[form])
    assert STARTS[form] in response.content[:300]


async def test_a_picture_shows_the_frame_asked_for(client: httpx.AsyncClient) -> None:
    async def svg(query: str) -> str:
        response = await client.post(f"/api/graph.svg{query}", json={"program": DESCENT})
        assert response.status_code == 200, response.text
        return response.text

    pictures = {
        query: await svg(query)
        for query in ("", "?pass=0", "?pass=2", "?phase=forward", "?theme=dark", "?direction=LR", "?lang=zh")
    }
    assert pictures[""] == pictures.pop("?pass=0")
    assert len(set(pictures.values())) == len(pictures)
    assert pictures[""] == await svg("?lang=en")
    assert ">梯度</text>" in pictures["?lang=zh"]
    assert_problem(await client.post("/api/graph.svg?lang=fr", json={"program": DESCENT}), 400, "invalid-request")
    assert_problem(await client.post("/api/graph.svg?pass=3", json={"program": DESCENT}), 400, "no-such-pass")


async def test_a_picture_of_a_failing_program_is_a_problem(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/api/graph.png", json={"program": "x = = 1"}), 422, "syntax")


async def test_a_program_without_a_graph_has_no_picture(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/api/graph.svg", json={"program": "print(1)"}), 422, "nothing-to-draw")


async def test_an_image_link_is_cached_by_its_tag(loopback: httpx.AsyncClient) -> None:
    path = "/api/graph.svg?expression=a*x**2&a=1&x=[1,2]&sum=true"
    first = await loopback.get(path)
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "image/svg+xml"
    assert first.headers["cache-control"] == "public, max-age=3600"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = await loopback.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    other = await loopback.get(path.replace("a=1", "a=2"), headers={"If-None-Match": tag})
    assert other.status_code == 200
    chinese = await loopback.get(f"{path}&lang=zh", headers={"Accept-Language": "en"})
    assert (">值</text>" in chinese.text, ">值</text>" in first.text) == (True, False)
    head = await loopback.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)


async def test_a_link_may_take_optimizer_steps(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/graph.svg?expression=(x-3)**2&x=0&steps=2&lr=0.25&pass=1")
    assert response.status_code == 200, response.text


async def test_a_graph_is_drawn_anew(client: httpx.AsyncClient) -> None:
    graph = (await trace(client, QUADRATIC))["graphs"][0]
    down = (await client.post("/api/layout", json={"graph": graph})).json()
    right = (await client.post("/api/layout", json={"graph": graph, "direction": "LR"})).json()
    assert down["svg"] != right["svg"]
    assert {node["id"] for node in graph["nodes"]} <= {
        element.get("id") for element in ElementTree.fromstring(right["svg"]).iter()
    }


MODEL = """import torch
from torch import nn
layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
encoder = nn.TransformerEncoder(layer, 3)
encoder(torch.ones(1, 4, 8)).sum().backward()
"""


async def test_a_graph_opens_level_by_level(client: httpx.AsyncClient) -> None:
    graph = (await trace(client, {"program": MODEL}))["graphs"][0]
    levels = [
        (await client.post("/api/layout", json={"graph": graph, "depth": depth, "max_nodes": 300})).json()
        for depth in (1, 2, 9)
    ]
    (whole,) = levels[0]["groups"]
    assert (whole["title"], whole["repeats"], whole["parameters"]) == ("encoder.layers", 3, 3 * 600)
    assert {group["title"] for group in levels[1]["groups"]} == {f"encoder.layers.{layer}" for layer in range(3)}
    (frame,) = levels[1]["clusters"]
    assert sorted(frame["boxes"]) == sorted(group["id"] for group in levels[1]["groups"])
    assert levels[2]["groups"] == []
    assert "encoder.layers.2.linear1" in {cluster["title"] for cluster in levels[2]["clusters"]}
    assert (await client.post("/api/layout", json={"graph": graph, "depth": 0})).status_code == 400


# -- the service -------------------------------------------------------------------------------------------------------


async def test_readiness_names_the_layers(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert response.json()["sandbox"]["layers"]
    assert response.json()["layout_layers"]


async def test_metrics_count_runs_and_hits(client: httpx.AsyncClient) -> None:
    async def read() -> dict[tuple[str, str], float]:
        families = text_string_to_metric_families((await client.get("/metrics")).text)
        return {
            (sample.name, "".join(sample.labels.values())): sample.value
            for family in families
            for sample in family.samples
        }

    body = {"expression": "x * 41", "variables": {"x": 1}}
    await trace(client, body)
    before = await read()
    await trace(client, body)
    after = await read()
    assert after["explorer_cache_total", "hit"] == before["explorer_cache_total", "hit"] + 1
    assert after["explorer_runs_total", "finished"] == before["explorer_runs_total", "finished"]


async def test_a_full_queue_is_told_honestly() -> None:
    app = create_app(Settings(concurrent_runs=1, queued_runs=0))
    async with asgi_client(app) as client:
        # The sandbox rests, so the first run waits for a spare and keeps the only place.
        first = asyncio.ensure_future(client.post("/api/trace", json={"expression": "x"}))
        while app.state.sandbox.status.running == 0:
            await asyncio.sleep(0.01)
        response = await client.post("/api/trace", json={"expression": "y"})
        problem = assert_problem(response, 503, "busy")
        assert int(response.headers["retry-after"]) == problem["parameters"]["retry_after_seconds"] >= 1
        streamed = await client.post("/api/trace", json={"expression": "y"}, headers=LINES)
        assert_problem(streamed, 503, "busy")
        first.cancel()


@pytest.mark.parametrize("headers", [{}, LINES], ids=["json", "lines"])
async def test_a_request_has_a_deadline(headers: dict[str, str]) -> None:
    async with asgi_client(create_app(Settings(request_seconds=0.2))) as client:
        response = await client.post("/api/trace", json={"expression": "x"}, headers=headers)
        assert assert_problem(response, 503, "request-deadline")["limit"] == 0.2
        assert response.headers["retry-after"] == "5"


async def test_large_answers_are_packed(loopback: httpx.AsyncClient) -> None:
    response = await loopback.post("/api/trace", json=QUADRATIC)
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) < len(response.content) / 2


async def test_the_gallery_teaches_what_it_says(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/examples")
    assert "etag" in response.headers
    examples = response.json()
    assert len(examples) >= 4
    for example in examples:
        assert {"en", "zh"} <= example["title"].keys() & example["about"].keys()
        answer = (await client.post("/api/trace", json={"program": example["program"]})).json()
        codes = {diagnostic["code"] for diagnostic in answer.get("diagnostics", ())} | {answer.get("code")}
        assert example["lesson"] in codes | {None}, (example["id"], codes)
        assert "trace" in answer or answer["passes"], example["id"]
