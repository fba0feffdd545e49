"""Long runs: what is kept of them, that it makes sense together, and that nothing fills up."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import torch

from app.settings import Limits
from app.trace.model import Trace
from app.tracer import trace
from tests.tracer.recording import record

LOOP = """\
import torch
x = torch.tensor(5.0, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.001, momentum=0.5)
for step in range({steps}):
    optimizer.zero_grad()
    loss = (x - 1) ** 2
{odd}    loss.backward()
    optimizer.step()
    if step % 1000 == 999:
        print("at", step)
"""


def descend(steps: int, limits: Limits, odd: str = "") -> Trace:
    """Record a long descent; each event goes through the same checks as a hostile reply, with the same limits."""
    run = record(LOOP.format(steps=steps, odd=odd), limits)
    assert run.failure is None
    assert run.cut is None
    return run


def numbers(run: Trace) -> list[int]:
    """Which passes of the run are kept."""
    return [index if passed.number is None or not isinstance(passed.number, int) else passed.number
            for index, passed in enumerate(run.passes)]  # fmt: skip


def left_out(run: Trace) -> tuple[int, int]:
    gaps = [moment.left_out for moment in run.timeline if moment.left_out is not None]
    return sum(gap.passes for gap in gaps), sum(gap.updates for gap in gaps)


def test_a_run_within_its_limits_is_whole() -> None:
    run = descend(30, Limits(passes=100))
    assert numbers(run) == list(range(30))
    assert left_out(run) == (0, 0)


@pytest.mark.parametrize(
    "limits",
    [Limits(passes=100), Limits(updates=100), Limits(moments=400), Limits(values=3_000)],
    ids=["passes", "updates", "moments", "values"],
)
def test_a_long_run_keeps_its_beginning_its_end_and_fewer_between(limits: Limits) -> None:
    run = descend(3_000, limits)
    kept = numbers(run)
    assert kept[0] == 0
    assert kept[-1] == 2_999
    assert kept[:20] == list(range(20))
    assert kept == sorted(set(kept))
    assert left_out(run) == (3_000 - len(run.passes), 3_000 - len(run.updates))
    steps = [later - earlier for earlier, later in pairwise(kept)]
    assert max(steps[: len(steps) // 2]) < max(steps)
    assert run.output == "at 999\nat 1999\nat 2999\n"
    assert len(run.passes) == len(run.updates)


def test_what_is_kept_is_numbered_anew() -> None:
    run = descend(2_000, Limits(passes=60))
    [leaf] = [place for place, node in enumerate(run.graphs[0].nodes) if node.kind == "leaf"]
    for index, update in enumerate(run.updates):
        assert update.pass_index == index
        assert update.parameters[0].before == run.passes[index].values[leaf]
        assert update.previous is None or update.previous < index
    moments = [moment for moment in run.timeline if moment.kind not in ("print", "gap")]
    expected = ["zero_grad", "forward", "backward", "update"] * len(run.passes)
    assert [moment.kind for moment in moments][-4:] == expected[-4:]
    assert [moment.pass_index for moment in moments if moment.kind == "backward"] == list(range(len(run.passes)))
    assert [moment.update for moment in moments if moment.kind == "update"] == list(range(len(run.updates)))


def test_the_odd_steps_are_kept_with_the_one_before() -> None:
    odd = "    if step in (1500, 1700): loss = loss * 1000\n    if step == 1900: loss = loss * float('nan')\n"
    run = descend(2_000, Limits(passes=120), odd)
    kept = numbers(run)
    # The two that are made otherwise have a graph of their own; the first of it is odd, and the second jumps.
    assert {1499, 1500, 1899, 1900} <= set(kept)
    assert any(one.code.startswith("nan-or-inf") for one in run.diagnostics)


def test_a_jump_of_the_loss_is_odd() -> None:
    run = descend(2_000, Limits(passes=120), "    if step == 1777: x.data += 3\n")
    assert {1776, 1777} <= set(numbers(run)) or {1777, 1778} <= set(numbers(run))


def test_graphs_that_take_turns_are_both_kept() -> None:
    odd = "    if step % 2: loss = loss.exp()\n"
    run = descend(2_000, Limits(passes=80), odd)
    late = [passed.graph for passed in run.passes[len(run.passes) // 2 :]]
    assert set(late) == {"g0", "g1"}


def test_passes_between_two_updates_stay_together() -> None:
    program = """\
import torch
x = torch.tensor(5.0, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.001)
for step in range(500):
    for part in range(4):
        (x - part).square().backward()
    optimizer.step()
    optimizer.zero_grad()
"""
    run = record(program, Limits(passes=200))
    kept = numbers(run)
    assert [number % 4 for number in kept] == [0, 1, 2, 3] * (len(kept) // 4)
    assert len(run.updates) == len(kept) // 4


def test_the_library_keeps_every_so_maniest_step() -> None:
    x = torch.tensor(5.0, requires_grad=True)
    with trace(every=10) as run:
        for _ in range(95):
            (x - 1).square().backward()
            x.grad = None
    kept = [index if not isinstance(one.number, int) else one.number for index, one in enumerate(run.passes)]
    assert kept == [*range(0, 95, 10), 94]
    assert re.fullmatch(r"<Trace: 11 passes, 1 graph.*>", repr(run))
    with pytest.raises(ValueError, match="every 0 steps"):
        trace(every=0)


def test_memory_does_not_grow_with_the_steps() -> None:
    def steps(count: int) -> int:
        x = torch.tensor(5.0, requires_grad=True)
        with trace(limits=Limits(passes=100)) as run:
            for _ in range(count):
                y = x.detach().requires_grad_()  # a new leaf in each step
                (y - 1).square().backward()
                (y * 2).sin()  # never differentiated
        return len(run.data.passes) + len(run.data.timeline)

    assert steps(3_000) < 1.5 * steps(600)
