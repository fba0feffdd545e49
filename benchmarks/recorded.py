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
from torch.autograd.graph import Node

from app.settings import Limits
from app.trace import codec
from app.trace.job import Job
from app.trace.model import EndEvent, Event
from app.tracer import run, warmup
from app.tracer.walk import walk
from benchmarks.programs import ENCODER, STEPS, TRANSFORMER
from benchmarks.rounds import Measure, side_by_side
from benchmarks.table import Row

ROUNDS = 7


def in_fork(measure: Measure) -> float:
    """Measure once in a fresh process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, struct.pack("d", measure()))
        finally:
            os._exit(0)
    os.close(writer)
    answer = os.read(reader, 8)
    os.close(reader)
    os.waitpid(child, 0)
    return float(struct.unpack("d", answer)[0])


def record(program: str, limits: Limits | None = None) -> None:
    """Run a program under the recorder and encode every event, as a child of the service does."""
    ends = []

    def send(event: Event) -> None:
        codec.encode(event)
        if isinstance(event, EndEvent):
            ends.append(event)

    run.trace(Job(program, limits=limits or Limits()), send)
    assert ends == [EndEvent()], ends


def run_bare(program: str) -> None:
    """Run a program as Python does."""
    sys.stdout = io.StringIO()
    exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})


def forked(action: Callable[[str], None], program: str) -> Measure:
    """Make the measure of one action on one program."""
    return lambda: in_fork(timed(lambda: action(program)))


def warm() -> None:
    """Make this process what the zygote is."""
    # A process with threads must not fork, and oneDNN would make executable pages there.
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    warmup.warm()
    gc.freeze()


def rows() -> Iterator[Row]:
    """Measure the loop, the transformer and the walk."""
    warm()
    ours, theirs = side_by_side(forked(record, STEPS), forked(run_bare, STEPS), ROUNDS)
    yield Row("1,000 SGD steps on three scalars, recorded", "the same loop bare", ours, theirs, 2.5)
    ours, theirs = side_by_side(forked(record, TRANSFORMER), forked(run_bare, TRANSFORMER), ROUNDS)
    # Building the module is not what is measured; each side's own time for it is taken off.
    built, built_bare = side_by_side(forked(record, ENCODER), forked(run_bare, ENCODER), ROUNDS)
    yield Row("12-layer transformer, recorded", "bare forward + backward", ours - built, theirs - built_bare, 2)
    yield from walk_rows()


def walk_rows() -> Iterator[Row]:
    """Measure the walk over a chain of 10,000 nodes against the barest walk there can be, and the recursive one of
    micrograd, which ends in a RecursionError on it and is measured on what it can do.
    """
    root = chain_of(10_000)
    ours, theirs = side_by_side(timed(lambda: walk([root])), timed(lambda: bare_walk(root)), 30)
    yield Row("walk of 10,000 nodes, with ids and edges", "a bare iterative walk", ours, theirs, 10)
    try:
        recursive_walk(root)
    except RecursionError as error:
        failure = type(error).__name__
        yield Row("walk of 10,000 nodes, with ids and edges", "a recursive walk, as micrograd's", ours, failure, None)
    short = chain_of(500)
    ours, theirs = side_by_side(timed(lambda: walk([short])), timed(lambda: recursive_walk(short)), 100)
    yield Row("walk of 500 nodes, with ids and edges", "a recursive walk, as micrograd's", ours, theirs, None)


def chain_of(count: int) -> Node:
    """Build a chain of so many operations and return its root."""
    result = torch.tensor(0.5, requires_grad=True)
    for _ in range(count):
        result = torch.tanh(result)
    assert result.grad_fn is not None
    return result.grad_fn


def bare_walk(root: Node) -> None:
    """Visit every node once, and remember nothing else."""
    seen, stack = {root}, [root]
    while stack:
        for target, _ in stack.pop().next_functions:
            if target is not None and target not in seen:
                seen.add(target)
                stack.append(target)


def recursive_walk(root: Node) -> list[Node]:
    """Sort the nodes as micrograd does."""
    order: list[Node] = []
    seen: set[Node] = set()

    def build(node: Node) -> None:
        if node not in seen:
            seen.add(node)
            for target, _ in node.next_functions:
                if target is not None:
                    build(target)
            order.append(node)

    build(root)
    return order


def timed(action: Callable[[], object]) -> Measure:
    """Make the measure of an action in this process."""

    def measure() -> float:
        start = time.perf_counter()
        action()
        return (time.perf_counter() - start) * 1000

    return measure
