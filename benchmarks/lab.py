"""The optimizer lab: a sweep against separate traces of the same runs, and a landscape against torch alone."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Iterator

import torch

from app.settings import Limits
from app.trace.codec import encode
from app.tracer.study import study
from app.web.landscapes import read_landscape
from benchmarks.client import Connection, request_bytes
from benchmarks.recorded import in_fork, timed, warm
from benchmarks.rounds import side_by_side
from benchmarks.servers import service
from benchmarks.table import Row

VALLEY = "(1 - x)**2 + 100*(y - x**2)**2"
STEPS = 100
SIDE = 200
TRACES = 12
ROUNDS = 5


def sweep_body(rates: int, starts: int, optimizer: str = "SGD") -> dict[str, object]:
    """Ask for `rates` × `starts`² runs of the valley."""
    return {
        "expression": VALLEY,
        "configurations": [{"name": optimizer}],
        "rates": {"start": 1e-5, "stop": 1e-3, "count": rates},
        "starts": {
            "x": {"start": -1.5, "stop": 1.5, "count": starts},
            "y": {"start": -1, "stop": 2, "count": starts},
        },
        "steps": STEPS,
    }


def rows() -> Iterator[Row]:
    """Measure sweeps and landscapes over HTTP, nothing of them kept."""
    with service() as port:
        connection = Connection(port)

        def post(path: str, body: dict[str, object]) -> float:
            request = request_bytes(path, body)
            start = time.perf_counter()
            connection.post(request)
            return (time.perf_counter() - start) * 1000

        yield from sweeps(post)
        agree(connection)
        yield from landscapes(post)
        connection.close()


def sweeps(post: Callable[[str, dict[str, object]], float]) -> Iterator[Row]:
    """Measure 10,000 runs of two optimizers against as many traces, and how the cost grows."""
    for optimizer in ("SGD", "Adam"):
        whole = sweep_body(100, 10, optimizer)
        variables = {"x": -1.2, "y": 1.0}
        single = {"expression": VALLEY, "variables": variables, "optimizer": {"name": optimizer, "lr": 1e-4}}
        ours = statistics.median(post("/api/sweep", whole) for _ in range(ROUNDS))
        traces = [post("/api/trace", single | {"steps": STEPS}) for _ in range(TRACES)]
        theirs = statistics.median(traces) * 10_000
        what = f"sweep of 10,000 runs × {STEPS} steps, {optimizer}"
        # How many times faster: the larger is theirs.
        yield Row(what, "10,000 separate POST /api/trace", theirs, ours, 50, at_least=True)
    small, large = (statistics.median(post("/api/sweep", sweep_body(25, n)) for _ in range(ROUNDS)) for n in (20, 40))
    yield Row("sweep of 40,000 runs", "4 × the sweep of 10,000", large, 4 * small, 1.2)


def agree(connection: Connection) -> None:
    """Check that the runs of a sweep are those of traces, within the tolerance of float32: neither better nor worse.

    Raises:
        RuntimeError: they are not.
    """
    body = sweep_body(5, 3, "Adam")
    found = json.loads(connection.post(request_bytes("/api/sweep", body)))
    for cell in range(0, found["plan"]["cells"], 7):
        rate, start = divmod(cell, len(found["plan"]["starts"]))
        call = {"expression": VALLEY, "variables": found["plan"]["starts"][start]}
        call["optimizer"] = {"name": "Adam", "lr": found["plan"]["rates"][rate]}
        # A sweep also takes the loss after the last step: the pass after it tells that of a trace.
        trace = json.loads(connection.post(request_bytes("/api/trace", call | {"steps": STEPS + 1})))
        losses = [recorded["loss"] for recorded in trace["passes"]]
        for name, theirs in (("initial", losses[0]), ("final", losses[STEPS]), ("best", min(losses))):
            ours = found["cells"][name][cell]
            if not math.isclose(ours, theirs, rel_tol=1e-3, abs_tol=1e-6):
                raise RuntimeError(f"cell {cell}: {name} {ours} in the sweep, {theirs} in the trace")


def landscapes(post: Callable[[str, dict[str, object]], float]) -> Iterator[Row]:
    """Measure a landscape against the bare evaluation in a forked process: what a child does, and the whole call.

    All evaluate losses without gradients; the bare one ends with a list of Python's numbers, the child's with the bytes
    of its answer, and the calls with these checked and sent: packed, as the page asks for them, and as text.
    """
    axes = [
        {"variable": "x", "start": -2, "stop": 2, "count": SIDE},
        {"variable": "y", "start": -1, "stop": 3, "count": SIDE},
    ]
    body: dict[str, object] = {"expression": VALLEY, "axes": axes}
    job, _ = read_landscape(body, Limits())
    written: list[bytes] = []

    def bare() -> None:
        x, y = torch.meshgrid(torch.linspace(-2, 2, SIDE), torch.linspace(-1, 3, SIDE), indexing="ij")
        ((1 - x) ** 2 + 100 * (y - x**2) ** 2).reshape(-1).tolist()

    def evaluate() -> None:
        study(job, lambda event: written.append(encode(event)))

    warm()
    alone = "torch alone, losses to a list"
    # The call comes first: while children are measured, the server would close a connection that rests.
    for what, ours in (
        ("over HTTP, packed", lambda: post("/api/landscape", body | {"numbers": "base64"})),
        ("over HTTP, as text", lambda: post("/api/landscape", body)),
        ("in the child, from the job to bytes", lambda: in_fork(timed(evaluate))),
    ):
        mine, theirs = side_by_side(ours, lambda: in_fork(timed(bare)), 20)
        yield Row(f"landscape of {SIDE} × {SIDE}, {what}", alone, mine, theirs, 3)
