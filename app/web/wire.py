"""HTTP before it is a request: heads that are no HTTP, endless or slow are refused in the shape of every refusal."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import HeadTooLargeError, RequestError, SlowBodyError
from app.settings import Settings
from app.web.headers import COMMON
from app.web.problems import MEDIA_TYPE, describe, past

PHRASES = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


class Wire(HttpToolsProtocol):
    """One connection whose heads are bounded in time and length.

    The server underneath waits for a head for ever, keeps it however long it is, and answers what is no HTTP in plain
    text.
    """

    head_seconds: ClassVar[float]
    head_bytes: ClassVar[int]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first head."""
        super().connection_made(transport)
        self._head_length = 0
        self._refusal = RequestError("malformed-request")
        self._timer: asyncio.TimerHandle | None = None
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; between two requests they begin a head."""
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._measure(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head."""
        self._measure(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._stop_waiting()
        self._head_length = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or whose head is too long."""
        del msg
        self._refuse(self._refusal)

    def _measure(self, more: int) -> None:
        self._head_length += more
        if self._head_length > self.head_bytes:
            self._refusal = HeadTooLargeError("head-too-large", past("head_bytes", self.head_bytes))
            raise self._refusal

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self._refuse(SlowBodyError("slow-head", past("head_seconds", self.head_seconds)))

    def _refuse(self, error: RequestError) -> None:
        body = msgspec.json.encode(describe(error, ""))
        fields = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close", **COMMON}
        lines = [f"HTTP/1.1 {error.status} {PHRASES[error.status]}", *(f"{name}: {fields[name]}" for name in fields)]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


def make_wire(settings: Settings) -> type[Wire]:
    """Make the protocol of a server's connections."""
    return type("BoundWire", (Wire,), {"head_seconds": settings.head_seconds, "head_bytes": settings.head_bytes})
