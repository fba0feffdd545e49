"""A small HTTP client: many connections from one process must cost less than the service they ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

PROMPTLY = 1.0


class Answer(NamedTuple):
    """What the service said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Client:
    """One connection, opened when it is needed and kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, body: object = None, **headers: str) -> Answer:
        """Send one request and read its whole answer."""
        status, found = await self.begin(path, body, **headers)
        content = b"".join([part async for part in self.parts(found)])
        if found.get("connection") == "close":
            self.hang_up()
        return Answer(status, found, content)

    async def begin(self, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str]]:
        """Send one request and read the head of its answer."""
        if self._writer is None or self._reader is None or self._reader.at_eof():
            self.hang_up()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        self._writer.write(written(path, body, headers))
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        return int(head[0].split()[1]), {name.strip().lower(): value.strip() for name, _, value in fields}

    async def parts(self, headers: dict[str, str]) -> AsyncIterator[bytes]:
        """Read the body of an answer that has begun, as it comes."""
        assert self._reader is not None
        if "content-length" in headers:
            yield await self._reader.readexactly(int(headers["content-length"]))
            return
        while size := int(await self._reader.readline(), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()

    def hang_up(self) -> None:
        """Close the connection, whatever is on its way."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()
        self._reader = self._writer = None


def written(path: str, body: object, headers: dict[str, str]) -> bytes:
    """Write a request: GET without a body, POST with one."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    content = b""
    if body is not None:
        content = json.dumps(body).encode()
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def pause_for(answer: Answer) -> None:
    """Come back when a refusal says, or sooner: a test has less patience."""
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) >= 1
    await asyncio.sleep(PROMPTLY)
