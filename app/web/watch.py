"""The outermost layers: every answer counted, timed, logged and secured, every exception made a problem."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import ExplorerError
from app.web.hangup import ClientGoneError
from app.web.headers import headers_for
from app.web.logs import LOGGER, places
from app.web.metrics import Metrics
from app.web.problems import answer_problem

HUNG_UP = 499


class Watch:
    """Middleware around everything else.

    It is plain ASGI: starlette's `BaseHTTPMiddleware` would put a task and a queue between a stream and its client.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see it to its end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        sender = Sender(send, headers_for(scope["path"]))
        self.metrics.requests_open.inc()
        try:
            await self.app(scope, receive, sender)
        finally:
            self.metrics.requests_open.dec()
            self._record(scope, sender.status or HUNG_UP, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.requests.labels(route, method, str(status)).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        fields = {"route": route, "method": method, "status": status, "milliseconds": round(seconds * 1000, 2)}
        LOGGER.info("request", extra={"fields": fields})


class Rescue:
    """Middleware that answers any exception as a problem; nothing that a visitor sends ends in a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer for it if it fails."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sender = Sender(send, {})
        try:
            await self.app(scope, receive, sender)
        except ClientGoneError:
            return
        except Exception as error:
            known = error if isinstance(error, ExplorerError) else _log_unexpected(error)
            if sender.status:
                # The answer has begun: all that is left is to break it off, so that nobody takes it for whole.
                raise
            await answer_problem(HTTPConnection(scope), known)(scope, receive, sender)


def _log_unexpected(error: Exception) -> ExplorerError:
    error_id = secrets.token_hex(8)
    LOGGER.error("unexpected", extra={"fields": {"id": error_id, "stack": places(error)}})
    return ExplorerError("internal-error", {"request_id": error_id})


METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Sender:
    """Sends on, remembering the status and adding headers that the answer does not set itself."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self.send = send
        self.headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            for name, value in self.headers.items():
                headers.setdefault(name, value)
        await self.send(message)
