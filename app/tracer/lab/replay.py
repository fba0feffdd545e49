"""One pass of a program as a function of its leaves: the calls that made its loss, played again in float64.

Everything that the pass took from elsewhere is as it was: its data, its random numbers, the branches that Python took
and the plain numbers that it read out of tensors.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from app.errors import ProgramError
from app.trace.model import Node
from app.trace.study import real
from app.tracer.recording import Recording
from app.tracer.tape import Player, Tape

LIKENESS = 1e-3
"""By how much the loss that the program computed may differ from the same one in float64."""


class Replay:
    """The loss of a pass.

    Args:
        recording: the pass, its leaves still as they were in it.
        tape: the calls up to it.

    Attributes:
        leaves: the tensors that may be moved, by the program's name, or by their node's id.
        values: what they were, in float64.
        loss: what the program computed.
        replayed: what that is when it is computed again.
        elements: how many numbers one evaluation makes.
        has_chance: whether random numbers are drawn on the way.

    Raises:
        ProgramError: there is no loss, or it cannot be computed again.
    """

    def __init__(self, recording: Recording, tape: Tape) -> None:
        template, laid = recording.template, recording.laid
        self.graph = template.graph.id
        root = laid.nodes[template.roots[0]]
        entries = tape.under(root)
        made = next((one for entry in entries for one, node in entry.made if node is root), None)
        nodes = [template.graph.nodes[index] for index in template.leaves]
        self.leaves, self.ids = name_leaves(nodes, laid.variables)
        if made is None or made.numel() != 1 or len(template.roots) > 1 or not self.leaves:
            raise ProgramError("slice-no-loss")
        self._loss_id = id(made)
        self._player = Player(entries)
        self.values = [leaf.detach().double().clone() for leaf in self.leaves.values()]
        self.elements = sum(one.numel() for entry in entries for one, _ in entry.made) + self.parameters
        self.has_chance = any(entry.chance is not None for entry in entries)
        self.loss = float(made.detach())
        self.replayed = self._play_once()
        again, first = torch.tensor([self.replayed, self.loss], dtype=torch.float64)
        if not torch.allclose(again, first, LIKENESS, 1e-6, equal_nan=True):
            raise ProgramError("slice-not-replayed", {"loss": real(self.loss), "replayed": real(self.replayed)})

    @property
    def parameters(self) -> int:
        """How many elements all leaves have."""
        return sum(value.numel() for value in self.values)

    def _play_once(self) -> float:
        """Play while all that is held is as it was; it is copied on the way."""
        try:
            with torch.no_grad():
                return float(self(self.values))
        except (RuntimeError, TypeError, ValueError, IndexError, KeyError):
            raise ProgramError("slice-not-replayed", {"loss": real(self.loss), "replayed": "?"}) from None

    def __call__(self, leaves: Sequence[torch.Tensor]) -> torch.Tensor:
        """Evaluate the loss with other leaves, of the same shapes; a scalar."""
        played = {id(leaf): value for leaf, value in zip(self.leaves.values(), leaves, strict=True)}
        for _ in self._player.play(played, with_gradients=torch.is_grad_enabled()):
            pass
        return played[self._loss_id].reshape(())

    def gradient(self) -> torch.Tensor:
        """The gradient where the program stood, of shape (parameters,)."""
        followed = [value.clone().requires_grad_() for value in self.values]
        loss = self(followed)
        if not loss.requires_grad:
            return torch.zeros(self.parameters, dtype=torch.float64)
        slopes = torch.autograd.grad(loss, followed, allow_unused=True, materialize_grads=True)
        return torch.cat([slope.reshape(-1) for slope in slopes])


def name_leaves(
    nodes: Sequence[Node], leaves: Sequence[torch.Tensor]
) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Name the leaves of real numbers, each once; beside them, which name belongs to which node's id."""
    named: dict[str, torch.Tensor] = {}
    ids: dict[str, str] = {}
    for node, leaf in zip(nodes, leaves, strict=True):
        if leaf.is_floating_point():
            name = node.id if node.variable is None or node.variable in named else node.variable
            named[name] = leaf
            ids[node.id] = name
    return named, ids
