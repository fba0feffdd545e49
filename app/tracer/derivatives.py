"""Local derivatives: what a `grad_fn` answers to an upstream gradient of one.

Calling a node as a function runs its formula alone: no other node runs and no `.grad` is touched. That is a
derivative in the plain sense only where output and inputs are scalars, so only there it is asked for. Where the
engine itself sends one upstream, its own answer is the derivative, and nothing is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from app.tracer.values import number

if TYPE_CHECKING:
    from app.trace.model import Value
    from app.tracer.recording import Recording

# Their formula does not depend on any value: asked once for a graph.
LINEAR = frozenset({"AddBackward0", "SubBackward0", "NegBackward0", "RsubBackward1", "AddBackward1"})


class Question(NamedTuple):
    """A node that can be asked; `sees_one` when every path from the root to it passes its gradient on unchanged."""

    node: int
    edges: list[tuple[int, int]]
    is_linear: bool
    sees_one: bool


class Derivatives:
    """Fills in local derivatives; remembers which nodes of a graph can answer, and the answers that never change."""

    def __init__(self) -> None:
        self._questions: dict[str, list[Question]] = {}
        self._waiting: dict[str, list[Question]] = {}
        """Those that no pass answers by itself."""
        self._answered: dict[str, list[tuple[int, int]]] = {}
        """The others: their nodes and edges."""
        self._linear: dict[tuple[str, int], list[Value]] = {}
        self._ones: dict[torch.dtype, torch.Tensor] = {}

    def ask(self, recording: Recording) -> None:
        """Ask the scalar nodes of a pass for their derivatives, before the engine frees what they need."""
        graph = recording.template.graph.id
        questions = self._questions.get(graph)
        if questions is None:
            questions = self._questions[graph] = _questions(recording)
            self._waiting[graph] = [one for one in questions if not one.sees_one]
            self._answered[graph] = [(one.node, edge) for one in questions if one.sees_one for _, edge in one.edges]
        waiting = self._waiting[graph] if recording.starts_with_one else questions
        if waiting:
            # As the engine does it: otherwise the formulas would build graphs of their own.
            is_enabled = torch.is_grad_enabled()
            torch._C._set_grad_enabled(False)
            for question in waiting:
                self._put(recording, question, self._answers(recording, question))
            torch._C._set_grad_enabled(is_enabled)

    def complete(self, recording: Recording) -> None:
        """Take the engine's own answers where it sent one upstream."""
        gradients, flows, derivatives = recording.gradients, recording.flows, recording.derivatives
        for node, edge in self._answered.get(recording.template.graph.id, ()):
            if gradients[node] == 1.0:
                flow = flows[edge]
                derivatives[edge] = flow if not isinstance(flow, bool) else None  # type: ignore[assignment]

    def _answers(self, recording: Recording, question: Question) -> list[Value]:
        if not question.is_linear:
            return self._answer(recording, question.node)
        key = (recording.template.graph.id, question.node)
        if key not in self._linear:
            self._linear[key] = self._answer(recording, question.node)
        return self._linear[key]

    def _answer(self, recording: Recording, index: int) -> list[Value]:
        node: Any = recording.laid.nodes[index]
        made = recording.laid.made[index]
        dtype = made.dtype if made is not None else torch.float32
        one = self._ones.get(dtype)
        if one is None:
            one = self._ones[dtype] = torch.ones((), dtype=dtype)
        try:
            answers = node(one)
        except (RuntimeError, TypeError):  # what it needs was freed, or changed in place
            return []
        if not isinstance(answers, tuple):
            answers = (answers,)
        return [_number(answer) for answer in answers]

    @staticmethod
    def _put(recording: Recording, question: Question, answers: list[Value]) -> None:
        for slot, edge in question.edges:
            if slot < len(answers):
                recording.derivatives[edge] = answers[slot]


def _number(answer: torch.Tensor | None) -> Value:
    if answer is None or answer.numel() != 1 or answer.dtype.is_complex:
        return None
    return number(answer.item())


def _questions(recording: Recording) -> list[Question]:
    template = recording.template
    nodes = template.graph.nodes
    sees_one = _that_see_one(recording)
    questions = []
    for index, edges in enumerate(template.edges_of):
        targets = [nodes[template.links[edge].target] for _, edge in edges]
        is_scalar = nodes[index].shape == () and all(target.shape == () for target in targets)
        if edges and is_scalar and _is_formula(recording, index):
            questions.append(Question(index, edges, nodes[index].name in LINEAR, index in sees_one))
    return questions


def _is_formula(recording: Recording, index: int) -> bool:
    """Whether a node is torch's own; one of a `torch.autograd.Function` would run the program's code once more."""
    made = recording.laid.made[index]
    is_written = isinstance(recording.laid.nodes[index], torch.autograd.function.BackwardCFunction)
    return made is not None and not made.dtype.is_complex and not is_written


def _that_see_one(recording: Recording) -> set[int]:
    """The nodes that sums alone join to the root: their upstream gradient is the root's."""
    template = recording.template
    incoming = [0] * len(template.graph.nodes)
    for link in template.links:
        incoming[link.target] += 1
    found = set(template.roots) if len(template.roots) == 1 and not incoming[template.roots[0]] else set()
    for (
        link
    ) in template.links:  # in the order of the walk: a node with one way in comes after the node it is reached from
        node = template.graph.nodes[link.source]
        passes_on = node.name == "AddBackward0" and (link.slot == 0 or node.saved.get("alpha") == 1)
        if passes_on and link.source in found and incoming[link.target] == 1:
            found.add(link.target)
    return found
