"""Who may come in: the Host a request names, and how often its client asks."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from cachetools import LRUCache
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import RequestError, TooManyRequestsError
from app.settings import Settings

LOOPBACK_NAMES = frozenset({"localhost"})
CLIENTS_KEPT = 50_000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Gate:
    """Middleware that refuses unknown hosts and hasty clients before any work is done for them."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = frozenset(name.lower() for name in (*settings.hosts, settings.host)) | LOOPBACK_NAMES
        self.proxies = tuple(ipaddress.ip_network(network, strict=False) for network in settings.trusted_proxies)
        self.pace = Pace(settings.requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or raise."""
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            # Of two names, what stands before this server may have gone by the other.
            for host in connection.headers.getlist("host") or [""]:
                self._check_host(host)
            if is_paced(scope["path"]):
                self.pace.check(client_of(connection, self.proxies))
        await self.app(scope, receive, send)

    def _check_host(self, host: str) -> None:
        """Refuse a name that is not ours: a page of another site may have pointed it here (DNS rebinding).

        A plain address cannot be pointed anywhere, so it needs no list.
        """
        name = host_name(host)
        if "*" in self.hosts or name in self.hosts or is_address(name):
            return
        raise RequestError("host-not-allowed", {"host": name[:200]})


def is_paced(path: str) -> bool:
    """Whether a request costs a run or a drawing."""
    return path.startswith("/api/") and path != "/api/examples"


def host_name(host: str) -> str:
    """Take the name out of a Host header: without port, brackets and case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if name.count(":") == 1 else name


def is_address(name: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def client_of(connection: HTTPConnection, proxies: tuple[Network, ...]) -> str:
    """Name the client of a request: its address, or the first that no trusted proxy vouches for.

    An IPv6 client is its /64: one household has 2**64 addresses to choose from.
    """
    client = connection.client.host if connection.client else ""
    # Some proxies add a line of their own below the one that the client wrote: the lines are one list.
    lines = connection.headers.getlist("x-forwarded-for")
    forwarded = [entry.strip() for entry in ",".join(lines).split(",")]
    while forwarded and _is_trusted(client, proxies) and is_address(forwarded[-1]):
        client = forwarded.pop()
    if ":" in client and is_address(client):
        return str(ipaddress.ip_network((client.partition("%")[0], 64), strict=False))
    return client


def _is_trusted(client: str, proxies: tuple[Network, ...]) -> bool:
    return bool(proxies) and is_address(client) and any(ipaddress.ip_address(client) in proxy for proxy in proxies)


class Pace:
    """A leaky bucket for each client (GCRA): one number a client, bounded memory, no timers."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `per_minute` requests a minute, a tenth of them at once; 0 sets no limit."""
        self.per_minute = per_minute
        self.clock = clock
        self.interval = 60.0 / per_minute if per_minute else 0.0
        self.burst = max(1.0, per_minute / 10) * self.interval
        self.due: LRUCache[str, float] = LRUCache(CLIENTS_KEPT)
        """For each client, when its bucket will be empty again."""

    def check(self, client: str) -> None:
        """Count one request of a client.

        Raises:
            TooManyRequestsError: faster than allowed; `retry_after_seconds` says when to come back.
        """
        if not self.per_minute:
            return
        now = self.clock()
        due = max(self.due.get(client, now), now) + self.interval
        excess = due - now - self.burst
        if excess > 1e-9:
            raise TooManyRequestsError(
                "too-many-requests",
                {
                    "limit": "requests_per_minute",
                    "value": self.per_minute,
                    "unit": "requests",
                    "retry_after_seconds": math.ceil(excess),
                },
            )
        self.due[client] = due
