"""One node of a cluster: a sandbox of its own, asked by the server for one job at a time and place."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from app.sandbox import Sandbox
from app.settings import Settings
from app.trace.codec import decode_job, encode, frame


class Node:
    """Runs jobs in this machine's sandbox; an actor of the cluster.

    Args:
        settings: the server's, with this node's number of places.
    """

    def __init__(self, settings: Settings) -> None:
        self._sandbox = Sandbox(settings)
        self._started: asyncio.Task[None] | None = None

    async def run(self, payload: bytes) -> bytes:
        """Run one job.

        Args:
            payload: the job, as `codec.encode` writes it.

        Returns:
            Its events as frames, one after the other.

        Raises:
            ServiceError: no confined process could be had here.
        """
        if self._started is None:
            self._started = asyncio.ensure_future(self._sandbox.start())
        await self._started
        async with aclosing(self._sandbox.run(decode_job(payload))) as events:
            return b"".join([frame(encode(event)) async for event in events])
