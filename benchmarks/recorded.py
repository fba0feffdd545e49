"""Recording against the same program bare: each run in a process forked from a warm one, as the service does it."""

from __future__ import annotations

import gc
import io
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator

import torch

from app.trace import codec
from app.trace.job import Job
from app.trace.model import EndEvent, Event
from app.tracer import run, warmup
from app.tracer.walk import walk
from benchmarks.programs import ENCODER, STEPS, TRANSFORMER
from benchmarks.rounds import Measure, side_by_side
from benchmarks.table import Row

ROUNDS = 7


def in_fork(action: Callable[[], None]) -> float:
    """Do something once in a fresh process and return the milliseconds that it took there."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            start = time.perf_counter()
            action()
            os.write(writer, struct.pack("d", (time.perf_counter() - start) * 1000))
        finally:
            os._exit(0)
    os.close(writer)
    answer = os.read(reader, 8)
    os.close(reader)
    os.waitpid(child, 0)
    return float(struct.unpack("d", answer)[0])


def record(program: str) -> None:
    """Run a program under the recorder and encode every event, as a child of the service does."""
    ends = []

    def send(event: Event) -> None:
        codec.encode(event)
        if isinstance(event, EndEvent):
            ends.append(event)

    run.trace(Job(program), send)
    assert ends == [EndEvent()], ends


def run_bare(program: str) -> None:
    """Run a program as Python does."""
    sys.stdout = io.StringIO()
    exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})


def forked(action: Callable[[str], None], program: str) -> Measure:
    """Make the measure of one action on one program."""
    return lambda: in_fork(lambda: action(program))


def rows() -> Iterator[Row]:
    """Measure the loop, the transformer and the walk."""
    # As in the zygote: a process with threads must not fork, and oneDNN would make executable pages there.
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    warmup.warm()
    gc.freeze()
    ours, theirs = side_by_side(forked(record, STEPS), forked(run_bare, STEPS), ROUNDS)
    yield Row("1,000 SGD steps on three scalars, recorded", "the same loop bare", ours, theirs, 2.5)
    ours, theirs = side_by_side(forked(record, TRANSFORMER), forked(run_bare, TRANSFORMER), ROUNDS)
    # Building the module is not what is measured; each side's own time for it is taken off.
    built, built_bare = side_by_side(forked(record, ENCODER), forked(run_bare, ENCODER), ROUNDS)
    yield Row("12-layer transformer, recorded", "bare forward + backward", ours - built, theirs - built_bare, 2)
    yield walk_row()


def walk_row() -> Row:
    """Measure the walk over a chain of 10,000 nodes against the barest walk there can be."""
    result = torch.tensor(0.5, requires_grad=True)
    for _ in range(10_000):
        result = torch.tanh(result)
    root = result.grad_fn
    assert root is not None

    def bare() -> None:
        seen, stack = {root}, [root]
        while stack:
            for target, _ in stack.pop().next_functions:
                if target is not None and target not in seen:
                    seen.add(target)
                    stack.append(target)

    def timed(action: Callable[[], object]) -> Measure:
        def measure() -> float:
            start = time.perf_counter()
            action()
            return (time.perf_counter() - start) * 1000

        return measure

    ours, theirs = side_by_side(timed(lambda: walk([root])), timed(bare), 30)
    return Row("walk of 10,000 nodes, with ids and edges", "a bare iterative walk", ours, theirs, 10)
