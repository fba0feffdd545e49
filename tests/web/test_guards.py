"""Who may come in, how often, and what every answer carries."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.errors import TooManyRequestsError
from app.main import create_app
from app.settings import Settings
from app.web.gate import Pace, client_of
from app.web.logs import JsonFormatter, places
from tests.web.conftest import asgi_client
from tests.web.shapes import assert_problem

Make = Callable[..., httpx.AsyncClient]


# -- headers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/embed/x", "/nowhere", "/problems/x"]
)
async def test_every_answer_is_secured(resting: httpx.AsyncClient, path: str) -> None:
    headers = (await resting.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/static/main.js", "/static/favicon.svg", "/static/x.js"])
async def test_a_file_carries_what_files_heed(resting: httpx.AsyncClient, path: str) -> None:
    headers = (await resting.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "permissions-policy" not in headers


async def test_the_page_policy_changes_its_nonce(resting: httpx.AsyncClient) -> None:
    first, second = [(await resting.get("/docs")).headers["content-security-policy"] for _ in range(2)]
    assert first != second
    assert first.startswith("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-")
    assert first.endswith("base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


async def test_framing_is_a_setting(make_client: Make) -> None:
    client = make_client(frame_ancestors="https://school.example")
    assert "frame-ancestors https://school.example" in (await client.get("/docs")).headers["content-security-policy"]


async def test_the_embedded_page_alone_may_be_framed(make_client: Make) -> None:
    client = make_client()
    framed = (await client.get("/embed")).headers
    assert framed["content-security-policy"].endswith("frame-ancestors *")
    assert framed["cross-origin-resource-policy"] == "cross-origin"
    assert (await client.get("/")).headers["content-security-policy"].endswith("frame-ancestors 'none'")
    client = make_client(embed_ancestors="https://school.example")
    policy = (await client.get("/embed")).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://school.example")


async def test_other_sites_may_not_read_answers(resting: httpx.AsyncClient) -> None:
    response = await resting.get("/healthz", headers={"Origin": "https://other.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_origins_are_a_setting(make_client: Make) -> None:
    client = make_client(origins=("https://school.example",))
    allowed = await client.get("/nowhere", headers={"Origin": "https://school.example"})
    assert_problem(allowed, 404, "not-found")
    assert allowed.headers["access-control-allow-origin"] == "https://school.example"
    refused = await client.get("/nowhere", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in refused.headers
    preflight = {"Origin": "https://school.example", "Access-Control-Request-Method": "POST"}
    asked = await client.options("/api/trace", headers=preflight | {"Access-Control-Request-Headers": "content-type"})
    assert asked.status_code == 200


# -- hosts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "10.1.2.3", "lab.example"]
)
async def test_own_names_and_plain_addresses_come_in(make_client: Make, host: str) -> None:
    client = make_client(hosts=("Lab.example",))
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "[x::1]"]
)
async def test_names_that_are_not_ours_stay_out(resting: httpx.AsyncClient, host: str) -> None:
    response = await resting.get("/healthz", headers={"Host": host})
    assert_problem(response, 400, "host-not-allowed")


async def test_the_name_it_listens_on_comes_in(make_client: Make) -> None:
    client = make_client(host="trace.example")
    assert (await client.get("/healthz", headers={"Host": "trace.example:80"})).status_code == 200


async def test_any_name_may_be_let_in(make_client: Make) -> None:
    client = make_client(hosts=("*",))
    assert (await client.get("/healthz", headers={"Host": "any.example"})).status_code == 200


# -- pace --------------------------------------------------------------------------------------------------------------


async def test_a_hasty_client_is_told_when_to_come_back(make_client: Make) -> None:
    client = make_client(requests_per_minute=20)
    for _ in range(2):
        assert_problem(await client.get("/api/graph.svg"), 400, "invalid-request")
    response = await client.get("/api/graph.svg")
    problem = assert_problem(response, 429, "too-many-requests")
    assert (problem["limit"], response.headers["retry-after"]) == (20, "3")
    assert (await client.get("/healthz")).status_code == 200


def test_pace_refills_with_time() -> None:
    now = 100.0
    pace = Pace(60, clock=lambda: now)
    for _ in range(6):
        pace.check("a")
    with pytest.raises(TooManyRequestsError) as refused:
        pace.check("a")
    assert refused.value.parameters["retry_after_seconds"] == 1
    pace.check("b")
    now += 1
    pace.check("a")
    with pytest.raises(TooManyRequestsError):
        pace.check("a")


def test_no_pace_is_no_limit() -> None:
    pace = Pace(0)
    for _ in range(10_000):
        pace.check("a")
    assert len(pace.due) == 0


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("9.9.9.9", "1.1.1.1", (), "9.9.9.9"),
        ("10.0.0.1", "1.1.1.1", ("10.0.0.0/8",), "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1", ("10.0.0.0/8",), "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", ("10.0.0.0/8",), "1.1.1.1"),
        ("9.9.9.9", "1.1.1.1", ("10.0.0.0/8",), "9.9.9.9"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "unknown", ("10.0.0.0/8",), "10.0.0.1"),
        ("2001:db8:1:2:3::4", "", (), "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "", (), "fe80::/64"),
    ],
)
def test_a_client_is_named_by_what_can_be_trusted(
    peer: str, forwarded: str, proxies: tuple[str, ...], client: str
) -> None:
    import ipaddress

    from starlette.requests import HTTPConnection

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    connection = HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1)})
    assert client_of(connection, tuple(ipaddress.ip_network(proxy) for proxy in proxies)) == client


async def test_lines_that_a_client_put_above_its_proxys_name_nobody() -> None:
    client = asgi_client(create_app(Settings(requests_per_minute=10, trusted_proxies=("127.0.0.1",))))
    codes = []
    for number in range(5):
        forwarded = [("X-Forwarded-For", f"6.6.6.{number}"), ("X-Forwarded-For", "1.1.1.1")]
        response = await client.get("/api/nothing", headers=forwarded)
        codes.append(response.status_code)
    assert codes == [404, *[429] * 4]


async def test_a_second_host_is_checked_as_the_first() -> None:
    client = asgi_client(create_app(Settings()))
    response = await client.get("/healthz", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert_problem(response, 400, "host-not-allowed")


# -- the unexpected ----------------------------------------------------------------------------------------------------


async def test_an_unexpected_exception_is_a_problem_with_a_number(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings())

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret program text")

    with caplog.at_level(logging.ERROR):
        response = await asgi_client(app).get("/broken")
    problem = assert_problem(response, 500, "internal-error")
    number = problem["parameters"]["request_id"]
    assert number in problem["detail"]
    logged = [JsonFormatter().format(record) for record in caplog.records]
    assert [line for line in logged if number in line]
    assert not [line for line in logged if "secret" in line]
    assert "RuntimeError" in logged[0]


async def test_an_answer_that_breaks_half_way_is_broken_off() -> None:
    app = create_app(Settings())

    class Half:
        async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise RuntimeError

    app.mount("/half", Half())
    with pytest.raises(RuntimeError):
        await asgi_client(app).get("/half/")


# -- logs --------------------------------------------------------------------------------------------------------------


async def test_requests_are_logged_without_what_they_ask(
    resting: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await resting.get("/api/graph.svg?expression=secret&pass=x")
        await resting.post("/api/trace", content=b'{"program": "secret', headers={"Content-Type": "application/json"})
    records = [record for record in caplog.records if record.name == "explorer"]
    lines = [json.loads(JsonFormatter().format(record)) for record in records]
    assert [(line["route"], line["method"], line["status"]) for line in lines] == [
        ("/api/graph.svg", "GET", 400),
        ("/api/trace", "POST", 400),
    ]
    assert "secret" not in str(lines)


def test_a_log_line_is_one_line() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, 'a\n{"level":"forged"}\x1b[2J', None, None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_stack_names_places_but_not_words() -> None:
    try:
        raise ValueError("secret")
    except ValueError as error:
        stack = places(error)
    assert stack[-1] == "ValueError"
    assert "test_guards.py" in stack[0]
    assert "secret" not in str(stack)
