"""Who may run now, and who waits."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.errors import BusyError

REMEMBERED = 64
"""Runs whose lengths say how fast the queue moves: the latest ones."""
LONGEST_WAIT_SECONDS = 60


class Turns:
    """A bounded queue before a number of places, first come first served."""

    def __init__(self, places: int, queue: int) -> None:
        self.running = 0
        self._places = places
        self._queue = queue
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._lengths: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    @property
    def retry_after_seconds(self) -> int:
        """When the queue that there is now will have been served, as fast as the latest runs were.

        The mean tells it, not the median: one run that takes all its time keeps the others waiting for all of it.
        """
        length = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        seconds = length * (self.running + self.waiting) / self._places
        return max(1, min(LONGEST_WAIT_SECONDS, math.ceil(seconds)))

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """Wait for a place, and keep it until the block ends.

        Raises:
            BusyError: the queue is full.
        """
        await self._take()
        started = time.monotonic()
        try:
            yield
        finally:
            self._lengths.append(time.monotonic() - started)
            self._give_back()

    async def _take(self) -> None:
        if self.running < self._places and not self._waiting:
            self.running += 1
            return
        if len(self._waiting) >= self._queue:
            raise BusyError("busy", {"retry_after_seconds": self.retry_after_seconds})
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled():
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.running -= 1
