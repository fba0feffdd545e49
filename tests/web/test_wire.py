"""What comes before a request: bytes that are no HTTP, heads without an end, connections that say nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
import uvicorn

from app.main import configure, create_app
from app.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 0.4
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def port() -> AsyncGenerator[int, None]:
    """A server with little patience, whose sandbox is not started."""
    settings = Settings(port=0, head_seconds=SECONDS, head_bytes=2000)
    config = configure(create_app(settings), settings)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


async def answer(port: int, *pieces: bytes, pause: float = 0.0) -> tuple[int, dict[str, str], bytes]:
    """Send pieces and read all that comes until the server hangs up; status 0 if nothing came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(pause)
    async with asyncio.timeout(20):
        data = await reader.read()
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]) if first else 0, fields, body


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01\x00", b"HELLO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", GET + b"no colon\r\n\r\n"]
)
async def test_what_is_no_http_gets_a_problem(port: int, data: bytes) -> None:
    status, fields, body = await answer(port, data)
    assert (status, fields["content-type"], fields["connection"]) == (400, "application/problem+json", "close")
    assert fields["x-content-type-options"] == "nosniff"
    assert json.loads(body)["code"] == "malformed-request"


@pytest.mark.parametrize("fields", [b"X: " + b"a" * 3000, b"X: aaaa\r\n" * 500])
async def test_a_head_without_an_end_is_refused(port: int, fields: bytes) -> None:
    status, _, body = await answer(port, GET + fields + b"\r\n\r\n")
    assert (status, json.loads(body)["code"], json.loads(body)["limit"]) == (431, "head-too-large", 2000)


async def test_an_address_without_an_end_is_refused(port: int) -> None:
    status, _, _ = await answer(port, b"GET /" + b"a" * 5000)
    assert status == 431


@pytest.mark.parametrize("pieces", [(b"",), (GET,), (b"\r\n",) * 6, (b"GET / HTTP/1.1\r\n", b"A: b\r\n", b"C: d\r\n")])
async def test_a_head_that_drips_is_cut_off(port: int, pieces: tuple[bytes, ...]) -> None:
    status, _, body = await answer(port, *pieces, pause=SECONDS / 8)
    assert (status, json.loads(body)["code"]) == (408, "slow-head")


async def test_a_second_head_is_bounded_as_the_first(port: int) -> None:
    status, _, body = await answer(port, GET + b"\r\n", b"GET / HTTP/1.1\r\n", pause=SECONDS / 4)
    assert status == 200
    assert b"slow-head" in body


async def test_ordinary_connections_go_on(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(4):
        writer.write(GET + b"\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        # Longer in all than one head may take: the time is counted for each.
        await asyncio.sleep(SECONDS / 2)
    writer.close()
