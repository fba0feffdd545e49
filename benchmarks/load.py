"""Requests per second with 32 clients on all cores, against the naive service."""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from benchmarks.client import post_each, request_bytes
from benchmarks.programs import renamed_expression
from benchmarks.servers import naive_service, service
from benchmarks.table import Row

CLIENTS = 32
SECONDS = 8
ROUNDS = 3
CACHE_BYTES = 64 * 1024 * 1024


def expression_request(number: int) -> bytes:
    """Write the request with the expression of that number."""
    expression, variables = renamed_expression(number)
    return request_bytes("/api/trace", {"expression": expression, "variables": variables})


def zipf(requests: list[bytes], seed: int) -> Iterator[bytes]:
    """Draw requests for ever; the k-th is asked for in proportion to 1 / k."""
    weights = [1 / rank for rank in range(1, len(requests) + 1)]
    draw = random.Random(seed)
    while True:
        yield from draw.choices(requests, weights, k=64)


def until(end: float, requests: Iterator[bytes]) -> Iterator[bytes]:
    """Pass requests on until the time is up."""
    return itertools.takewhile(lambda _: time.monotonic() < end, requests)


def requests_per_second(port: int, requests: Callable[[int], Iterator[bytes]]) -> float:
    """Let 32 clients ask for some seconds and count the good answers; refusals are not among them."""

    async def ask() -> Counter[int]:
        end = time.monotonic() + SECONDS
        clients = [post_each(port, until(end, requests(number))) for number in range(CLIENTS)]
        return Counter(status for statuses in await asyncio.gather(*clients) for status in statuses)

    start = time.monotonic()
    statuses = asyncio.run(ask())
    seconds = time.monotonic() - start
    if set(statuses) - {200, 503}:
        raise RuntimeError(f"unexpected answers: {statuses}")
    return statuses[200] / seconds


def measure(
    serve: Callable[[], AbstractContextManager[int]], requests: Callable[[int], Iterator[bytes]]
) -> Callable[[], float]:
    """Make the measure of one server under one mix: started anew each round, so that each begins with cold caches."""

    def once() -> float:
        with serve() as port:
            return requests_per_second(port, requests)

    return once


def rows() -> Iterator[Row]:
    """Measure the Zipf mix, then a mix in which no request comes twice."""
    popular = [expression_request(number) for number in range(200)]

    def zipf_mix(client: int) -> Iterator[bytes]:
        return zipf(popular, client)

    def new_mix(client: int) -> Iterator[bytes]:
        return map(expression_request, itertools.count(1_000 + client, CLIENTS))

    for what, mix, reach in (
        ("Zipf mix of 200", zipf_mix, 5.0),
        ("every request new", new_mix, 1.0),
    ):
        ours_once = measure(lambda: service(CACHE_BYTES), mix)
        theirs_once = measure(naive_service, mix)
        times = [(ours_once(), theirs_once()) for _ in range(ROUNDS)]
        ours, theirs = (statistics.median(side) for side in zip(*times, strict=True))
        yield Row(f"{CLIENTS} clients, {what}", "the naive service", ours, theirs, reach, "requests/s", at_least=True)
