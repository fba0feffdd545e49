"""Whole answers: a body, its compressed twin, and its entity tag."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

SMALLEST_PACKED = 1_000
LARGEST_INLINE = 128 * 1024
LARGEST_TAGGED = 1024 * 1024
USUAL_LEVEL = 5
LIGHT_LEVEL = 1
"""For columns of numbers: these hardly shrink, and level 5 takes four times as long for a seventh less."""
GZIP = 31
"""zlib's window size for the gzip format."""


class Reply(msgspec.Struct):
    """A body ready to be sent, any number of times."""

    media_type: str
    body: bytes
    etag: str
    gzipped: bytes | None = None
    level: int = USUAL_LEVEL

    @property
    def packed(self) -> bytes | None:
        """The body in gzip, where that is worth it; made when the first client asks for it."""
        if self.gzipped is None and len(self.body) >= SMALLEST_PACKED and is_text(self.media_type):
            self.gzipped = gzip(self.body, self.level)
        return self.gzipped

    @property
    def size(self) -> int:
        """Bytes held in memory, the packed body included before it is made."""
        return len(self.body) + (len(self.body) // 2 if self.gzipped is None else len(self.gzipped))


async def make_reply(body: bytes, media_type: str, level: int = USUAL_LEVEL) -> Reply:
    """Tag a body; a long one in a thread, so that other requests go on. `level` is that of its compression, later."""
    tag = tag_of(body) if len(body) <= LARGEST_TAGGED else await asyncio.to_thread(tag_of, body)
    return Reply(media_type, body, tag, level=level)


def pack(body: bytes, media_type: str, level: int = USUAL_LEVEL) -> Reply:
    """Compress and tag a body."""
    packed = gzip(body, level) if len(body) >= SMALLEST_PACKED and is_text(media_type) else None
    return Reply(media_type, body, tag_of(body), packed)


def tag_of(body: bytes) -> str:
    """Name the bytes of a body."""
    return hashlib.sha256(body).hexdigest()[:32]


def gzip(body: bytes, level: int) -> bytes:
    """Compress without a time stamp: equal bodies stay equal."""
    packer = zlib.compressobj(level, wbits=GZIP)
    return packer.compress(body) + packer.flush()


def is_text(media_type: str) -> bool:
    """Whether compression helps: pictures in bits and fonts are packed already."""
    return media_type.startswith("text/") or any(word in media_type for word in ("json", "svg", "javascript", "xml"))


def accepts_gzip(request: Request) -> bool:
    """Whether the client unpacks gzip."""
    return any(
        entry.partition(";")[0].strip().lower() == "gzip" and not entry.replace(" ", "").endswith("q=0")
        for entry in request.headers.get("accept-encoding", "").split(",")
    )


async def deliver(request: Request, reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    """Answer as `send_reply`; a long body is compressed in a thread, and only for a client that unpacks it."""
    if len(reply.body) > LARGEST_INLINE and reply.gzipped is None and accepts_gzip(request):
        await asyncio.to_thread(lambda: reply.packed)
    return send_reply(request, reply, headers)


def send_reply(request: Request, reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with the body, packed if the client likes; with 304 if the client has it already."""
    packed = reply.packed if accepts_gzip(request) else None
    # A strong tag names these very bytes, so the packed form has one of its own.
    tag = f'"{reply.etag}{"-gzip" if packed is not None else ""}"'
    common = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **(headers or {})}
    if request.method in ("GET", "HEAD") and _has_tag(request, tag):
        return Response(status_code=304, headers=common)
    if packed is not None:
        common["Content-Encoding"] = "gzip"
    return Response(reply.body if packed is None else packed, media_type=reply.media_type, headers=common)


def _has_tag(request: Request, tag: str) -> bool:
    given = [entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")]
    return tag in given or "*" in given
