"""Work that lives only as long as someone waits for it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import ServiceError
from app.web.problems import past
from app.web.replies import GZIP

Made = TypeVar("Made")
RETRY_SECONDS = 5


class ClientGoneError(Exception):
    """The client hung up; there is nobody to answer."""


async def until_hangup(receive: Receive, work: Coroutine[Any, Any, Made]) -> Made:
    """Await some work, and end it when the client hangs up.

    Args:
        receive: the request's channel, its body read.
        work: cancelled, and awaited to its end, if it is not needed any more.
    Raises:
        ClientGoneError: the client went first.
    """
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_hangup(receive))
    try:
        await asyncio.wait((task, watcher), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGoneError
    finally:
        watcher.cancel()
        await end(task)


async def answer_in_time(receive: Receive, work: Coroutine[Any, Any, Made], seconds: float) -> Made:
    """Await some work as long as the client does, and no longer than `seconds`.

    Raises:
        ClientGoneError: the client went first.
        ServiceError: the time was up.
    """
    try:
        async with asyncio.timeout(seconds):
            return await until_hangup(receive, work)
    except TimeoutError:
        parameters = past("request_seconds", seconds) | {"retry_after_seconds": RETRY_SECONDS}
        raise ServiceError("request-deadline", parameters) from None


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task that nobody waits for any more, and see it to its end."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()


async def _hangup(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class LineStream(Response):
    """Lines sent as they come; the source is closed at once when the client hangs up.

    Starlette's own streaming response leaves a generator open that was cancelled while sending: the run behind it
    would go on until garbage is collected.
    """

    def __init__(self, lines: AsyncGenerator[bytes, None], *, media_type: str, packed: bool) -> None:
        self.lines = lines
        self.packer = zlib.compressobj(5, wbits=GZIP) if packed else None
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding", "X-Accel-Buffering": "no"})
        # A stream has no length to announce.
        self.raw_headers = [header for header in self.raw_headers if header[0] != b"content-length"]
        if packed:
            self.headers["Content-Encoding"] = "gzip"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end, or until there is nobody to send to."""
        del scope
        try:
            await until_hangup(receive, self._send(send))
        except ClientGoneError:
            return

    async def _send(self, send: Send) -> None:
        async with aclosing(self.lines) as lines:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for line in lines:
                await send({"type": "http.response.body", "body": self._pack(line), "more_body": True})
        rest = self.packer.flush() if self.packer else b""
        await send({"type": "http.response.body", "body": rest, "more_body": False})

    def _pack(self, line: bytes) -> bytes:
        if self.packer is None:
            return line
        return self.packer.compress(line) + self.packer.flush(zlib.Z_SYNC_FLUSH)
