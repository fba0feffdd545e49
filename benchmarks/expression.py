"""The nine-node expression over HTTP, in a fresh confined process each, against torchviz and torchlens in process."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from benchmarks.client import Connection, request_bytes
from benchmarks.peers import peers
from benchmarks.programs import EXPRESSION, VARIABLES, renamed_expression
from benchmarks.rounds import side_by_side
from benchmarks.servers import service
from benchmarks.table import Row

ROUNDS = 60
WHAT = "expression of 9 nodes, POST /api/trace"


def rows() -> Iterator[Row]:
    """Measure both ways, with answers never cached."""
    with service() as port, peers() as ask:
        connection = Connection(port)
        seen = request_bytes("/api/trace", {"expression": EXPRESSION, "variables": VARIABLES})
        numbers = itertools.count()

        def post(request: bytes) -> float:
            start = time.perf_counter()
            connection.post(request)
            return (time.perf_counter() - start) * 1000

        def post_new() -> float:
            expression, variables = renamed_expression(next(numbers))
            return post(request_bytes("/api/trace", {"expression": expression, "variables": variables}))

        ours, theirs = side_by_side(lambda: post(seen), lambda: ask("expression-torchviz"), ROUNDS)
        yield Row(f"{WHAT}, layout seen", "torchviz, in process", ours, theirs, 0.5)
        ours, theirs = side_by_side(post_new, lambda: ask("expression-torchviz"), ROUNDS)
        yield Row(f"{WHAT}, layout new", "torchviz, in process", ours, theirs, 0.7)
        ours, theirs = side_by_side(lambda: post(seen), lambda: ask("expression-torchlens"), ROUNDS // 3)
        yield Row(f"{WHAT}, layout seen", "torchlens, in process, forward and backward", ours, theirs, 0.15)
        ours, theirs = side_by_side(lambda: post(seen), lambda: ask("expression-torchview"), ROUNDS // 3)
        yield Row(f"{WHAT}, layout seen", "torchview, in process, forward only", ours, theirs, None)
        ours, theirs = side_by_side(lambda: post(seen), lambda: ask("expression-bare"), ROUNDS // 3)
        yield Row(f"{WHAT}, layout seen", "the floor: bare torch in process, nothing drawn", ours, theirs, None)
        connection.close()
