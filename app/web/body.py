"""Reading a request body as untrusted JSON: bounded, timed, and strict."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Literal, NoReturn

from starlette.requests import ClientDisconnect, Request

from app.errors import BodyTooLargeError, MediaTypeError, RequestError, SlowBodyError
from app.settings import Settings
from app.web.hangup import ClientGoneError
from app.web.problems import Fault, InvalidRequestError, past

WHOLE = 2**63


BodyLimit = Literal["body_bytes", "layout_body_bytes"]
TOO_LARGE: dict[BodyLimit, str] = {"body_bytes": "body-too-large", "layout_body_bytes": "trace-too-large"}
"""The problem of a body past each limit: who sends a graph or a trace cannot send a shorter program."""


async def read_body(request: Request, settings: Settings, limit: BodyLimit = "body_bytes") -> bytes:
    """Read a JSON body of at most so many bytes; one byte more is never waited for.

    Args:
        request: whose body it is.
        settings: how long is too long, and too slow.
        limit: the name of the setting that bounds its length.

    Raises:
        MediaTypeError: the request does not say that it carries JSON as it is.
        BodyTooLargeError: announced or found to be longer than the limit.
        SlowBodyError: not there within `request_seconds`.
    """
    _expect_json(request.headers.get("content-type", ""))
    _expect_plain(request.headers.get("content-encoding", ""))
    most: int = getattr(settings, limit)
    error = BodyTooLargeError(TOO_LARGE[limit], past(limit, most))
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise error
    try:
        async with asyncio.timeout(settings.request_seconds):
            return await _receive(request, most, error)
    except TimeoutError:
        raise SlowBodyError("slow-body", past("request_seconds", settings.request_seconds)) from None
    except ClientDisconnect:
        raise ClientGoneError from None


async def _receive(request: Request, most: int, error: BodyTooLargeError) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        if len(body) + len(piece) > most:
            raise error
        body += piece
    return bytes(body)


def _expect_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if not re.fullmatch(r"application/([\w.-]+\+)?json", media_type):
        raise MediaTypeError("unsupported-media-type", {"given": media_type[:100] or None})


def _expect_plain(encoding: str) -> None:
    # Unpacking a stranger's bytes would let a short body become a long one before any limit is looked at.
    given = encoding.strip().lower()
    if given not in {"", "identity"}:
        raise MediaTypeError("unsupported-content-encoding", {"given": given[:100]})


async def read_object(request: Request, settings: Settings) -> dict[str, object]:
    """Read a JSON body that is an object.

    Raises:
        InvalidRequestError: it is something else.
        RequestError: as `read_body` and `parse_json`.
    """
    document = parse_json(await read_body(request, settings))
    if not isinstance(document, dict):
        raise InvalidRequestError((Fault("Expected `object`", ""),))
    return document


def parse_json(body: bytes) -> object:
    """Decode JSON as RFC 8259 means it: UTF-8, no NaN, no key twice.

    Whole numbers beyond 64 bits become floats, as torch would read them.

    Raises:
        RequestError: not JSON, with its line and column; nested too deeply; a key given twice.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise invalid_json(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise invalid_json(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise invalid_json("nested too deeply") from None


def invalid_json(message: str) -> RequestError:
    """Say why a body cannot be read."""
    return RequestError("invalid-json", {"message": message})


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique: dict[str, object] = {}
    for name, value in pairs:
        if name in unique:
            raise invalid_json(f"the key `{name[:100]}` stands twice in one object")
        unique[name] = value
    return unique


def _no_constant(name: str) -> NoReturn:
    raise invalid_json(f"{name} is not a JSON number")


def _whole(digits: str) -> int | float:
    if len(digits) > 19:
        return float(digits)
    number = int(digits)
    return number if -WHOLE <= number < WHOLE else float(number)
