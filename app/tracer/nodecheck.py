"""Every node of one pass: autograd beside central differences in float64.

The program runs under the recorder, which names the nodes, with a tape under it. At the pass that is asked about, the
tape is played from the leaves, then with one node's value a little changed: how the loss follows is the gradient of
that node, found without autograd.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from types import FrameType

import torch

from app.trace.job import Job
from app.trace.model import Cut, EndEvent, Event, Failure
from app.trace.study import CheckedNode, NodeCheck, NodeCheckEvent, Reason, UncheckedNode, Verdict, real
from app.tracer.active import Active
from app.tracer.check import STEP, WORST, Slopes, indices, judge, relative, widen
from app.tracer.recorder import RunCut
from app.tracer.recording import Recording
from app.tracer.run import run_under
from app.tracer.source import Program
from app.tracer.tape import Player, Tape
from app.tracer.taped import Taped

MOST_ELEMENTS = 16
"""A tensor of more is moved along random directions instead of element by element."""
DIRECTIONS = 3
SHARE = 0.5
"""How much of a run's time the differences may take."""
LIKENESS = 1e-3
"""By how much float32 may differ from what is computed again."""


class Checking(Taped):
    """Records a run up to one pass, and checks that."""

    def __init__(self, source: Program, job: Job, study: NodeCheck) -> None:
        super().__init__(source, job)
        self.finding: NodeCheckEvent | None = None
        self._study = study

    def _close(self, recording: Recording, call: str, frame: FrameType | None = None) -> None:
        if self.pass_count == self._study.pass_index and call != "forward":
            seconds = SHARE * self.limits.cpu_seconds
            # What is played again is not the program's: nobody takes it down.
            Active.recorder = None
            with torch._C.DisableTorchFunction():
                self.finding = Inspection(recording, self.tape, self._study, time.process_time() + seconds).event()
            raise RunCut(Cut("passes", self._study.pass_index + 1, "passes"))
        super()._close(recording, call, frame)


def check_nodes(program: str, job: Job, send: Callable[[Event], None]) -> EndEvent:
    """Check the nodes of one pass of a program.

    Args:
        program: the program, or the one that an expression became.
        job: its seed, limits and study.
        send: takes the finding.

    Returns:
        How the run ended: as the program did where it came to no such pass.
    """
    assert isinstance(job.study, NodeCheck)
    source = Program(program)
    recorder = Checking(source, job, job.study)
    end = run_under(recorder, source, job, recorder.tape)
    if recorder.finding is not None:
        send(recorder.finding)
        return EndEvent()
    if end != EndEvent():
        return end
    return EndEvent(failure=Failure("no-such-pass", {"index": job.study.pass_index, "count": recorder.pass_count}))


class Inspection:
    """One pass, checked node by node until the time is up.

    Args:
        recording: the pass.
        tape: the calls up to it.
        study: what is asked.
        until: seconds of `time.process_time`.
    """

    def __init__(self, recording: Recording, tape: Tape, study: NodeCheck, until: float) -> None:
        self._recording = recording
        self._study = study
        self._until = until
        self._graph = recording.template.graph
        nodes = recording.laid.nodes
        self._root = nodes[recording.template.roots[0]]
        self._entries = tape.under(self._root)
        self._player = Player(self._entries)
        self._loss_id = next((id(one) for entry in self._entries for one, node in entry.made if node is self._root), 0)
        self._places = self._find_places()
        self._leaves = {id(leaf): widen(leaf.detach()).clone() for leaf in recording.laid.variables}
        self._values: dict[int, torch.Tensor] = {}
        self._gradients: dict[int, torch.Tensor | None] = {}

    def _find_places(self) -> dict[int, tuple[int, int]]:
        """For each node that a call made: the call's index and the identity of its result; -1 for a leaf."""
        index = {node: number for number, node in enumerate(self._recording.laid.nodes)}
        leaves = zip(self._recording.template.leaves, self._recording.laid.variables, strict=True)
        places = {number: (-1, id(leaf)) for number, leaf in leaves}
        for call, entry in enumerate(self._entries):
            for tensor, node in entry.made:
                number = index.get(node) if node is not None else None
                if number is not None:
                    places.setdefault(number, (call, id(tensor)))
        return places

    def event(self) -> NodeCheckEvent:
        """Check all nodes: the leaves first, then from the loss on."""
        recording = self._recording
        is_scalar = recording.starts_with_one and self._loss_id and len(recording.template.roots) == 1
        checked: list[CheckedNode] = []
        unchecked: list[UncheckedNode] = []
        reason: Reason | None = None if is_scalar and self._compute() else "loss"
        order = sorted(range(len(recording.laid.nodes)), key=lambda one: self._graph.nodes[one].kind != "leaf")
        for number in order:
            why = reason or self._why_not(number)
            if why is None:
                checked.append(self._check(number))
            else:
                unchecked.append(UncheckedNode(self._graph.nodes[number].id, why))
        base = real(self._base) if reason is None else "NaN"
        return NodeCheckEvent(self._graph.id, self._study.pass_index, base, tuple(checked), tuple(unchecked))

    def _compute(self) -> bool:
        """Play the tape for the values and for autograd's gradients; False if there is no loss in the end."""
        followed = {key: value.clone().requires_grad_(value.is_floating_point()) for key, value in self._leaves.items()}
        try:
            env = dict(followed)
            kept = {number: env[key] for number, (call, key) in self._places.items() if call < 0}
            made: dict[int, list[int]] = {}
            for number, (call, _) in self._places.items():
                made.setdefault(call, []).append(number)
            for call in self._player.play(env, with_gradients=True):
                kept |= {number: env[self._places[number][1]] for number in made.get(call, ())}
            loss = env[self._loss_id]
            self._base = float(loss.detach())
            numbers = [number for number, one in kept.items() if one.requires_grad]
            found = torch.autograd.grad(loss, [kept[number] for number in numbers], allow_unused=True)
        except (RuntimeError, TypeError, ValueError, IndexError):
            return False
        self._values = {number: one.detach() for number, one in kept.items()}
        self._gradients = dict(zip(numbers, found, strict=True))
        return True

    def _why_not(self, number: int) -> Reason | None:
        if self._recording.gradients[number] is None:
            return "unreached"
        if number not in self._places:
            return "inside"
        value = self._values.get(number)
        if value is None or not value.is_floating_point():
            return "whole-numbers"
        if not self._is_alike(number, value):
            return "replay"
        return "time" if time.process_time() > self._until else None

    def _is_alike(self, number: int, value: torch.Tensor) -> bool:
        """Whether computing again gave what the program had."""
        call, key = self._places[number]
        if call < 0:
            return True
        tensor = next(one for one, _ in self._entries[call].made if id(one) == key)
        if tensor.shape != value.shape:
            return False
        if self._entries[call].writes:
            return True  # what stands there now may have been written since; the loss tells
        return torch.allclose(value, tensor.detach().double(), LIKENESS, 1e-6, equal_nan=True)

    def _check(self, number: int) -> CheckedNode:
        value, gradient = self._values[number], self._gradients.get(number)
        flat = (torch.zeros_like(value) if gradient is None else gradient).reshape(-1)
        few = value.numel() <= MOST_ELEMENTS
        worst: tuple[Verdict, float, float] | None = None
        moves = list(_elements(value) if few else _directions(value))
        for move in moves:
            autograd = float((flat * move.reshape(-1)).sum())
            scale = float(value.abs().max()) if value.numel() else 0.0
            step = STEP * 2.0 ** max(0, math.frexp(scale)[1]) if math.isfinite(scale) else STEP
            numeric, verdict = judge(
                autograd, Slopes(self._shifted(number, move), self._base, step), self._study.tolerance
            )
            if worst is None or _is_worse((verdict, autograd, numeric), worst):
                worst = verdict, autograd, numeric
        verdict, autograd, numeric = worst or ("agrees", 0.0, 0.0)
        node = self._graph.nodes[number].id
        error = real(relative(autograd, numeric))
        return CheckedNode(node, verdict, real(autograd), real(numeric), error, value.numel(), len(moves), not few)

    def _shifted(self, number: int, move: torch.Tensor) -> Callable[[float], float]:
        """The loss with a node's value moved by some distance."""
        call, key = self._places[number]

        def loss(distance: float) -> float:
            env = dict(self._leaves)
            if call < 0:
                env[key] = env[key] + distance * move
            for at in self._player.play(env):
                if at == call:
                    env[key] = env[key] + distance * move
            return float(env[self._loss_id])

        return loss


def _elements(value: torch.Tensor) -> Iterator[torch.Tensor]:
    for place in indices(value.shape):
        move = torch.zeros_like(value)
        move[place] = 1.0
        yield move


def _directions(value: torch.Tensor) -> Iterator[torch.Tensor]:
    """The same random directions of length 1 at every check."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(DIRECTIONS):
        move = torch.randn(value.shape, dtype=torch.float64, generator=generator)
        yield move / move.norm()


def _is_worse(one: tuple[Verdict, float, float], other: tuple[Verdict, float, float]) -> bool:
    ranks = WORST.index(one[0]), WORST.index(other[0])
    return ranks[0] > ranks[1] or (ranks[0] == ranks[1] and relative(*one[1:]) > relative(*other[1:]))
