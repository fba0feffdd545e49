"""A small HTTP/1.1 client over one kept-alive connection, cheap enough not to measure itself."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any


def request_bytes(path: str, body: dict[str, Any], accept: str = "application/json") -> bytes:
    """Write a POST request whole, once, before anything is timed."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def read_head(head: bytes) -> tuple[int, int | None]:
    """Read status and length from a response's head; the length is None when the body comes in chunks."""
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), int(fields["content-length"]) if "content-length" in fields else None


class Connection:
    """A blocking connection for latencies: nothing runs but the request that is timed."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def post(self, request: bytes) -> bytes:
        """Send a request and return the whole body of its answer.

        Raises:
            RuntimeError: the answer is not 200.
        """
        self._socket.sendall(request)
        status, length = read_head(self._read_head())
        body = self._file.read(length) if length is not None else b"".join(self._chunks())
        if status != 200:
            raise RuntimeError(f"{status}: {body[:500]!r}")
        return body

    def lines(self, request: bytes) -> Iterator[bytes]:
        """Send a request whose answer is a stream of lines, and yield each as it arrives."""
        self._socket.sendall(request)
        status, _ = read_head(self._read_head())
        rest = b""
        for chunk in self._chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
        if status != 200:
            raise RuntimeError(f"{status}: {rest[:500]!r}")

    def _read_head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                raise RuntimeError("the connection was closed")
            head += line
        return head

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline(), 16):
            yield self._file.read(size)
            self._file.readline()
        self._file.readline()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


async def post_each(port: int, requests: Iterator[bytes]) -> list[int]:
    """Send requests one after the other over one connection and return their statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    statuses = []
    try:
        for request in requests:
            writer.write(request)
            status, length = read_head(await reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(length or 0)
            statuses.append(status)
    finally:
        writer.close()
    return statuses
