"""How costs grow: 100 to 100,000 nodes of one graph, and 10 to 100,000 steps of one loop."""

from __future__ import annotations

import functools
import math
import statistics
from pathlib import Path

from torch.autograd.graph import Node

from app.settings import Limits
from app.tracer.walk import walk
from benchmarks.pictures import first_picture
from benchmarks.plot import Series, plot
from benchmarks.programs import chain, steps
from benchmarks.recorded import chain_of, forked, in_fork, record, run_bare, timed, warm
from benchmarks.rounds import Measure
from benchmarks.servers import service

NODES = (100, 1_000, 10_000, 100_000)
STEPS = (10, 100, 1_000, 10_000, 100_000)
BIG = Limits(
    wall_seconds=600,
    cpu_seconds=600,
    passes=200_000,
    updates=200_000,
    moments=2_000_000,
    nodes=200_000,
    values=20_000_000,
)
"""Far more than the service gives one run: what is asked is how costs grow, not where they are cut."""
SERVED = {
    "nodes": 200_000,
    "values": 20_000_000,
    "memory_bytes": 6 * 1024**3,
    "event_bytes": 512 * 1024**2,
    "reply_bytes": 1024 * 1024**2,
    "wall_seconds": 120,
    "cpu_seconds": 120,
    "request_seconds": 120,
    "layout_wait_seconds": 60,
}
ENOUGH_MS = 2_000


def rounds(once: float) -> int:
    """How often to measure what took so many milliseconds the first time."""
    return 1 if once > ENOUGH_MS else 3


def median(measure: Measure) -> float:
    """Measure a few times; long ones once."""
    first = measure()
    return statistics.median([first, *(measure() for _ in range(rounds(first) - 1))])


def record_all(program: str) -> None:
    """Record a program, however large."""
    record(program, BIG)


def walked_once(count: int) -> float:
    """Build a chain and measure the walk over it; in a process that ends without freeing the chain, which torch does
    by recursion.
    """
    root = chain_of(count)
    time = timed(lambda: walk([root]))()
    kept.append(root)
    return time


kept: list[Node] = []


def node_series() -> list[Series]:
    """Measure a chain of operations: bare, recorded, drawn, and only walked."""
    bare, recorded, drawn, walked = [], [], [], []
    for count in NODES:
        program = chain(count)
        bare.append((count, median(forked(run_bare, program))))
        recorded.append((count, median(forked(record_all, program))))
        with service(0, **SERVED) as port:
            drawn.append((count, median(functools.partial(first_picture, port, program))))
        walked.append((count, median(functools.partial(in_fork, functools.partial(walked_once, count)))))
    return [
        Series("recorded", tuple(recorded)),
        Series("first picture, HTTP", tuple(drawn)),
        Series("bare forward + backward", tuple(bare)),
        Series("walk of the graph", tuple(walked)),
    ]


def step_series() -> list[Series]:
    """Measure SGD steps on three scalars: bare and recorded."""
    bare, recorded = [], []
    for count in STEPS:
        program = steps(count)
        bare.append((count, median(forked(run_bare, program))))
        recorded.append((count, median(forked(record_all, program))))
    return [Series("recorded", tuple(recorded)), Series("the loop bare", tuple(bare))]


def growth(series: Series) -> list[float]:
    """The exponent by which time grows from each size to the next: 1 is in proportion."""
    pairs = zip(series.points, series.points[1:], strict=False)
    return [math.log(later / earlier) / math.log(more / less) for (less, earlier), (more, later) in pairs]


def write(folder: Path) -> str:
    """Measure both, draw them into a folder, and return the tables of their numbers as Markdown."""
    warm()
    texts = []
    for name, title, sizes, series in (
        ("nodes", "A chain of operations", "nodes", node_series()),
        ("steps", "SGD steps on three scalars", "steps", step_series()),
    ):
        (folder / f"{name}.svg").write_text(plot(title, sizes, series))
        texts.append(numbers(sizes, series))
    return "\n\n".join(texts)


def numbers(sizes: str, series: list[Series]) -> str:
    """Write the numbers of a plot as a Markdown table, with the exponent of the last tenfold growth."""
    head = [f"| {sizes} |" + "".join(f" {one.name} |" for one in series), "| ---: |" + " ---: |" * len(series)]
    rows = [
        f"| {count:,} |" + "".join(f" {one.points[place][1]:,.1f} ms |" for one in series)
        for place, (count, _) in enumerate(series[0].points)
    ]
    last = "| exponent of the last tenfold |" + "".join(f" {growth(one)[-1]:.2f} |" for one in series)
    return "\n".join([*head, *rows, last])
