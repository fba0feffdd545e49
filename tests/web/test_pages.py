"""What a browser opens: pages, static files, the reference, and the addresses for operators."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from app.errors import NotFoundError
from app.settings import Limits
from app.web.assets import Assets
from app.web.calls import read_job
from app.web.replies import deliver, make_reply, pack
from tests.web.shapes import assert_problem

Make = Callable[..., httpx.AsyncClient]


class References(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.loaded.append(str(given["src"]))
        if tag == "link":
            self.loaded.append(str(given["href"]))
        if tag == "script" and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


async def test_the_reference_needs_nothing_from_elsewhere(resting: httpx.AsyncClient) -> None:
    html = (await resting.get("/docs")).text
    references = References(html)
    assert references.inline == []
    assert set(references.loaded) >= {"/static/docs/docs.js", "/static/docs/docs.css"}
    assert [address for address in references.loaded if not address.startswith("/") or address.startswith("//")] == []
    for name in ("docs.js", "docs.css"):
        text = (await resting.get(f"/static/docs/{name}")).text
        assert not re.search(r"https?:|@import|\burl\(", text)


async def test_the_reference_shows_every_call_with_an_example(resting: httpx.AsyncClient) -> None:
    html = (await resting.get("/docs")).text
    document = (await resting.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path, calls in document["paths"].items():
        assert f"<code>{path}</code>" in html
        for call in calls.values():
            assert call["summary"]
            body = call.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                assert body.get("examples") or body.get("example")


async def test_the_document_refers_only_to_what_it_holds(resting: httpx.AsyncClient) -> None:
    text = (await resting.get("/openapi.json")).text
    schemas = msgspec.json.decode(text)["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(schemas)


async def test_every_refusal_is_described_as_a_problem(resting: httpx.AsyncClient) -> None:
    document = (await resting.get("/openapi.json")).json()
    for path, calls in document["paths"].items():
        for call in calls.values():
            refusals = [answer for status, answer in call["responses"].items() if status >= "400"]
            assert path == "/readyz" or all("application/problem+json" in answer["content"] for answer in refusals)


async def test_the_examples_of_the_document_are_jobs(resting: httpx.AsyncClient) -> None:
    document = (await resting.get("/openapi.json")).json()
    body = document["paths"]["/api/trace"]["post"]["requestBody"]["content"]["application/json"]
    assert len(body["examples"]) == 4
    for example in body["examples"].values():
        read_job(example["value"], Limits())


# -- static files ------------------------------------------------------------------------------------------------------


async def test_a_file_is_packed_tagged_and_not_sent_twice(resting: httpx.AsyncClient) -> None:
    first = await resting.get("/static/docs/docs.js")
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = await resting.get("/static/docs/docs.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    plain = await resting.get("/static/docs/docs.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != first.headers["etag"]
    assert plain.content == first.content


@pytest.mark.parametrize("accepted", ["br", "gzip;q=0", "identity"])
async def test_gzip_is_sent_only_to_those_who_take_it(resting: httpx.AsyncClient, accepted: str) -> None:
    response = await resting.get("/static/docs/docs.js", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers


async def test_a_long_answer_is_compressed_for_the_first_who_takes_it() -> None:
    body = b"[" + b"0.1234, " * 100_000 + b"0]"
    reply = await make_reply(body, "application/json")
    for accepted, is_packed in (("identity", False), ("gzip", True), ("br", False)):
        request = Request({"type": "http", "method": "POST", "headers": [(b"accept-encoding", accepted.encode())]})
        response = await deliver(request, reply)
        assert (response.headers.get("content-encoding") == "gzip") is is_packed
        assert (gzip.decompress(response.body) if is_packed else response.body) == body
        assert (reply.gzipped is not None) is (accepted != "identity")


async def test_a_head_is_answered_like_a_get(resting: httpx.AsyncClient) -> None:
    got, asked = await resting.get("/static/docs/docs.css"), await resting.head("/static/docs/docs.css")
    assert asked.status_code == 200
    assert asked.headers["etag"] == got.headers["etag"]


OUTSIDE = [
    "../app/main.py", "..%2f..%2fetc%2fpasswd", "%2e%2e/app/main.py", "/etc/passwd", "docs", "docs/", "docs/nothing.js",
    "docs/docs.js%00.css", "a" * 5000, "docs/docs.js/x", "%ff",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
async def test_no_path_leads_out(resting: httpx.AsyncClient, path: str) -> None:
    assert_problem(await resting.get("/static/" + path), 404, "not-found")


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assets = Assets(tmp_path)
    file = tmp_path / "a.js"
    file.write_text("one")
    first = await assets.find("a.js")
    assert await assets.find("a.js") is first
    file.write_text("two")
    import os

    os.utime(file, ns=(1, 1))
    assert (await assets.find("a.js")).body == b"two"


async def test_unknown_kinds_and_links_outside_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "static" / "link.js").symlink_to(tmp_path / "secret.js")
    (tmp_path / "static" / "notes.py").write_text("x")
    assets = Assets(tmp_path / "static")
    for path in ("link.js", "notes.py"):
        with pytest.raises(NotFoundError):
            await assets.find(path)


def test_packing_is_repeatable() -> None:
    body = b"const x = 1;\n" * 200
    first, second = pack(body, "text/javascript"), pack(body, "text/javascript")
    assert first == second
    assert gzip.decompress(first.packed or b"") == body
    assert pack(body, "image/png").packed is None


# -- operation ---------------------------------------------------------------------------------------------------------


async def test_liveness_says_the_version(resting: httpx.AsyncClient) -> None:
    assert (await resting.get("/healthz")).json() == {"status": "alive", "version": "0.1.0"}


async def test_readiness_is_honest(resting: httpx.AsyncClient) -> None:
    response = await resting.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "starting"
    assert response.json()["sandbox"]["layers"] == []


async def test_metrics_are_the_apps_own(make_client: Make) -> None:
    first, second = make_client(), make_client()
    await first.get("/healthz")
    await first.get("/nowhere/" + "x" * 50)
    response = await first.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    labels = (("method", "GET"), ("route", "/healthz"), ("status", "200"))
    assert samples["explorer_requests_total", labels] == 1
    labels = (("method", "GET"), ("route", "unmatched"), ("status", "404"))
    assert samples["explorer_requests_total", labels] == 1
    assert samples["explorer_sandbox_spares", ()] == 0
    assert 'route="/healthz"' not in (await second.get("/metrics")).text
