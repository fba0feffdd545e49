"""Asking the lab of a real service, as a page does."""

from __future__ import annotations

import json
from typing import Any

import httpx

LINES = {"Accept": "application/x-ndjson"}
VALLEY = "(1 - x)**2 + 100*(y - x**2)**2"


async def lines_of(client: httpx.AsyncClient, path: str, body: object, **headers: str) -> list[Any]:
    """Send a call and read its stream to the end."""
    async with client.stream("POST", path, json=body, headers=LINES | headers) as reply:
        assert reply.status_code == 200, await reply.aread()
        return [json.loads(line) async for line in reply.aiter_lines()]


async def answer_of(client: httpx.AsyncClient, path: str, body: object) -> Any:
    """Send a call and read its one document."""
    reply = await client.post(path, json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()
