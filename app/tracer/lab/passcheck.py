"""The leaves of one pass of a program: autograd beside central differences, element by element."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import msgspec
import torch

from app.trace.job import Job
from app.trace.model import EndEvent, Event
from app.trace.study import Check, Slice
from app.tracer.check import Comparison, check_size
from app.tracer.lab.replay import Replay
from app.tracer.lab.slicing import take_pass
from app.tracer.source import Program

SHARE = 0.2
"""How much of a run's time the way to the pass may have taken, if it is to be gone twice more."""


class PassLoss:
    """The loss of a pass over its leaves by name; its random numbers are those of the run, whatever the seed."""

    text = ""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self.values = dict(zip(replay.leaves, replay.values, strict=True))
        self.followed = list(replay.leaves)

    def seed(self, more: int = 0) -> None:
        """Leave the generators: the pass is played from the states that it began with."""

    def __call__(self, variables: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Evaluate with other leaves."""
        return self._replay([variables[name] for name in self._replay.leaves])


def check_pass(program: str, job: Job, send: Callable[[Event], None]) -> EndEvent:
    """Check the gradients of one pass of a program.

    The program is run twice more, with the same seed and with another one: what of its loss is chance is said.

    Args:
        program: its text.
        job: its seed, limits and study.
        send: takes the finding.

    Returns:
        How the run ended: as the program did where it came to no such pass.

    Raises:
        LimitError: the leaves have more elements than `Limits.checked_elements`.
    """
    assert isinstance(job.study, Check)
    source, study = Program(program), Slice(job.study.pass_index, path=False)
    started = time.process_time()
    recorder, end = take_pass(source, job, study)
    replay = recorder.replay
    if replay is None:
        return end
    is_quick = time.process_time() - started < SHARE * job.limits.cpu_seconds
    loss = PassLoss(replay)
    check_size(loss, job.limits)
    finding = Comparison(loss, job.study.tolerance).event()

    def loss_at(seed: int) -> float | None:
        again, _ = take_pass(source, msgspec.structs.replace(job, seed=seed), study)
        return None if again.replay is None else again.replay.loss

    if is_quick:
        same, other = loss_at(job.seed), loss_at((job.seed + 1) % 2**63)
        repeats = same == replay.loss or (same is not None and same != same and replay.loss != replay.loss)
        finding = msgspec.structs.replace(finding, repeatable=repeats, random=repeats and other != same)
    else:
        finding = msgspec.structs.replace(finding, random=replay.has_chance)
    send(finding)
    return end
