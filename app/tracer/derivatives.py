"""Local derivatives: what a `grad_fn` answers to an upstream gradient of one.

Calling a node as a function runs its formula alone: no other node runs and no `.grad` is touched. That is a
derivative in the plain sense only where output and inputs are scalars, so only there it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from app.tracer.values import number

if TYPE_CHECKING:
    from app.trace.model import Value
    from app.tracer.recorder import Recording

# Their formula does not depend on any value: asked once for a graph.
LINEAR = frozenset({"AddBackward0", "SubBackward0", "NegBackward0", "RsubBackward1", "AddBackward1"})


class Derivatives:
    """Fills in local derivatives; remembers which nodes of a graph can answer, and the answers that never change."""

    def __init__(self) -> None:
        self._plans: dict[str, list[tuple[int, list[tuple[int, int]], bool]]] = {}
        self._linear: dict[tuple[str, int], list[Value]] = {}
        self._ones: dict[torch.dtype, torch.Tensor] = {}

    def fill(self, recording: Recording) -> None:
        """Ask every scalar node of a pass for its derivatives, before the engine frees what they need."""
        graph = recording.graph.id
        plan = self._plans.get(graph)
        if plan is None:
            plan = self._plans[graph] = _plan(recording)
        for index, edges, is_linear in plan:
            known = self._linear.get((graph, index)) if is_linear else None
            answers = known or self._ask(recording, index)
            if is_linear and known is None:
                self._linear[graph, index] = answers
            for slot, edge in edges:
                if slot < len(answers):
                    recording.derivatives[edge] = answers[slot]

    def _ask(self, recording: Recording, index: int) -> list[Value]:
        node: Any = recording.parts.walk.nodes[index]
        made = recording.parts.made[index]
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
        return [number(answer.item()) if answer is not None and answer.numel() == 1 else None for answer in answers]


def _plan(recording: Recording) -> list[tuple[int, list[tuple[int, int]], bool]]:
    nodes = recording.graph.nodes
    plan = []
    for index, edges in enumerate(recording.edges_of):
        node, made = nodes[index], recording.parts.made[index]
        targets = [nodes[recording.parts.walk.links[edge].target] for _, edge in edges]
        is_plain = (
            made is not None
            and not made.dtype.is_complex
            and type(recording.parts.walk.nodes[index]).__module__ != "torch.autograd.function"
        )
        if edges and is_plain and node.shape == () and all(target.shape == () for target in targets):
            plan.append((index, edges, node.name in LINEAR))
    return plan
