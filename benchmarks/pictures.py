"""Time to the first picture of large graphs: from sending the program to reading the SVG, everything included."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator

from benchmarks.client import Connection, request_bytes
from benchmarks.peers import attempt, peers
from benchmarks.programs import CHAIN, RECURRENT, TRANSFORMER
from benchmarks.rounds import side_by_side
from benchmarks.servers import service
from benchmarks.table import Row

ROUNDS = 5
FIRST_PICTURE_MS = 2000
PEER_SECONDS = 20


def first_picture(port: int, program: str) -> float:
    """Ask for a stream and return the milliseconds until the first graph with its SVG is here."""
    connection = Connection(port)
    request = request_bytes("/api/trace", {"program": program}, accept="application/x-ndjson")
    start = time.perf_counter()
    try:
        for line in connection.lines(request):
            event = json.loads(line)
            if event["event"] == "graph" and event["graph"]["svg"]:
                return (time.perf_counter() - start) * 1000
    finally:
        connection.close()
    raise RuntimeError("no picture came")


def rows() -> Iterator[Row]:
    """Measure the transformer against torchviz, and the two graphs that torchviz cannot walk."""
    yield from transformer_rows()
    for name, what, program in (
        ("chain", "chain of 10,000 operations", CHAIN),
        ("recurrent", "RNN of 1,000 steps", RECURRENT),
    ):
        times = []
        for _ in range(ROUNDS):
            with service() as port:
                times.append(first_picture(port, program))
        ours = statistics.median(times)
        for peer in ("torchviz", "torchview", "torchlens"):
            theirs = attempt(f"{name}-{peer}", PEER_SECONDS)
            # What to reach is a time of its own, whether or not somebody else gets there.
            reach = FIRST_PICTURE_MS if peer == "torchviz" and isinstance(theirs, str) else None
            yield Row(f"first picture of a {what}", peer, ours, theirs, reach)


def transformer_rows() -> Iterator[Row]:
    """Measure the twelve-layer encoder."""
    what = "first picture of a 12-layer transformer, folded"
    with peers() as ask:

        def drawn_new() -> float:
            # A service of its own for each round, so that no layout was seen before.
            with service() as port:
                return first_picture(port, TRANSFORMER)

        ours, theirs = side_by_side(drawn_new, lambda: ask("transformer-torchviz"), ROUNDS)
        yield Row(what, "torchviz drawing it whole", ours, theirs, 0.7)
        ours, theirs = side_by_side(drawn_new, lambda: ask("transformer-torchview"), 1)
        yield Row(what, "torchview drawing it whole, forward only", ours, theirs, None)
