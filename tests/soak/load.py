"""Many clients at once for a while, in a process of their own: `python -m tests.soak.load PORT CLIENTS SECONDS`.

Writes one JSON object: how many answers of each status there were, what was wrong, and how long they took.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter

from tests.soak import work
from tests.soak.client import Answer, Client

COMMON = 200
"""Requests that come again and again, the first of them most often."""


def common() -> list[work.Request]:
    """The requests that many visitors make: examples of the documentation, lessons, pictures in a README."""
    chance = random.Random(7)
    made = [chance.choice((work.quadratic, work.product, work.descent, work.picture))(chance) for _ in range(COMMON)]
    link = "/api/graph.svg?expression=a*x**2&a=1&x=4"
    made[3] = work.Request(link, None, lambda answer: answer.status == 200 and answer.body.startswith(b"<"))
    made[5] = work.Request("/", None, lambda answer: answer.status == 200 and b"<html" in answer.body)
    made[7] = work.Request("/api/examples", None, lambda answer: answer.status == 200 and len(answer.document) > 3)
    made[9] = work.Request("/readyz", None, lambda answer: answer.document["status"] == "ready")
    return made


class Load:
    """What the clients met."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.seconds: list[float] = []
        self.known = common()
        self.weights = [1 / (rank + 1) for rank in range(COMMON)]

    async def visit(self, number: int, until: float) -> None:
        """Be one client: a fifth of what it asks was never asked before."""
        client, chance = Client(self.port), random.Random(f"visitor {number}")
        while time.monotonic() < until:
            is_new = chance.random() < 0.2
            make = chance.choice(work.ORDINARY)
            request = make(chance) if is_new else chance.choices(self.known, self.weights)[0]
            started = time.perf_counter()
            answer = await client.ask(request.path, request.body, Accept=request.accept)
            self.seconds.append(time.perf_counter() - started)
            self.judge(request, answer)
            if answer.status == 503:
                await asyncio.sleep(chance.random())
        client.hang_up()

    def judge(self, request: work.Request, answer: Answer) -> None:
        """A refusal must be honest, and every other answer right."""
        self.statuses[answer.status] += 1
        honest = answer.status == 503 and int(answer.headers.get("retry-after", "0")) >= 1
        if not honest and not request.is_right(answer):
            self.wrong.append(f"{request.path} {request.body}: {answer.status} {answer.body[:500]!r}")

    def report(self) -> dict[str, object]:
        """Sum it up."""
        ordered = sorted(self.seconds)
        shares = {"median": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
        return {
            "statuses": dict(self.statuses),
            "wrong": self.wrong,
            "milliseconds": {
                name: round(1000 * ordered[int(len(ordered) * share)], 1) for name, share in shares.items()
            },
        }


async def main() -> None:
    """Be all clients."""
    port, clients, seconds = (int(word) for word in sys.argv[1:4])
    load, until = Load(port), time.monotonic() + seconds
    await asyncio.gather(*(load.visit(number, until) for number in range(clients)))
    json.dump(load.report(), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
