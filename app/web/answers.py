"""Answers to equal requests: made once for all who wait at the same time, and kept while there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from cachetools import LRUCache

from app.web.hangup import end


class Sized(Protocol):
    """Something that knows how many bytes it holds, and whether the same request would give it again."""

    @property
    def size(self) -> int:
        """Bytes held in memory."""

    @property
    def repeats(self) -> bool:
        """Whether an equal request would be answered equally."""


Kept = TypeVar("Kept", bound=Sized)


class Flight(Generic[Kept]):
    """One answer in the making, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Kept]) -> None:
        self.task = task
        self.waiting = 0


class Answers(Generic[Kept]):
    """A cache bounded by bytes, in which equal requests in flight share one run."""

    def __init__(self, limit_bytes: int, count: Callable[[str], None]) -> None:
        """Make an empty cache.

        Args:
            limit_bytes: how much is kept; 0 keeps nothing, and requests in flight still share.
            count: told "hit", "shared" or "miss" for each request.
        """
        self.kept: LRUCache[bytes, Kept] = LRUCache(max(limit_bytes, 1), getsizeof=lambda answer: answer.size + 512)
        self.flights: dict[bytes, Flight[Kept]] = {}
        self.count = count

    def find(self, key: bytes) -> Kept | None:
        """Look an answer up, and count the hit."""
        answer = self.kept.get(key)
        if answer is not None:
            self.count("hit")
        return answer

    def keep(self, key: bytes, answer: Kept) -> None:
        """Keep an answer that fits and that an equal request would get again."""
        if answer.repeats and answer.size + 512 <= self.kept.maxsize:
            self.kept[key] = answer

    async def get(self, key: bytes, make: Callable[[], Coroutine[Any, Any, Kept]]) -> Kept:
        """Return the kept answer, or join the run that makes it, or start one.

        A run ends early only when all who wait for it are gone.
        """
        kept = self.find(key)
        if kept is not None:
            return kept
        flight = self.flights.get(key)
        self.count("miss" if flight is None else "shared")
        if flight is None:
            flight = self.flights[key] = Flight(asyncio.ensure_future(self._fly(key, make)))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                # A new request must not join a run that is being ended.
                self.flights.pop(key, None)
                await end(flight.task)

    async def _fly(self, key: bytes, make: Callable[[], Coroutine[Any, Any, Kept]]) -> Kept:
        me = asyncio.current_task()
        try:
            answer = await make()
            self.keep(key, answer)
            return answer
        finally:
            flight = self.flights.get(key)
            if flight is not None and flight.task is me:
                del self.flights[key]
