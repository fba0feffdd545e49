"""Who may run now, and who waits."""

from __future__ import annotations

import asyncio
from collections import deque

from app.errors import BusyError


class Turns:
    """A bounded queue before a number of places, first come first served."""

    def __init__(self, places: int, queue: int) -> None:
        self.running = 0
        self._places = places
        self._queue = queue
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    async def take(self, retry_after_seconds: int) -> None:
        """Wait for a place.

        Raises:
            BusyError: the queue is full.
        """
        if self.running < self._places and not self._waiting:
            self.running += 1
            return
        if len(self._waiting) >= self._queue:
            raise BusyError("busy", {"retry_after_seconds": retry_after_seconds})
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Leave a place to the next in the queue."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.running -= 1
