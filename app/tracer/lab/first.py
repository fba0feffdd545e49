"""The first loss of a program over the parameters of its optimizer, at many places at once.

The calls that made it are played again, batched; what cannot be played so, or comes out otherwise than the program
does by itself, is computed by running the program to its first loss for each place.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import torch

from app.trace.study import Real, real
from app.tracer.formulas import reals
from app.tracer.landscape import ELEMENTS_AT_ONCE
from app.tracer.tape import Player, Tape
from app.tracer.walk import function_of

LIKENESS = 1e-3
"""By how much the batched losses may differ from those of the program, which computes in float32."""
PROBES = 3
"""So many places are computed in both ways."""
LEAST = 5

Found = TypeVar("Found")


class FirstLoss:
    """The first loss, played again.

    Args:
        tape: the calls up to it.
        leaves: the parameters, in the order of a row.
        loss: what `backward()` was called on.

    Raises:
        ValueError: it was not computed from calls on the tape.
    """

    def __init__(self, tape: Tape, leaves: Sequence[torch.Tensor], loss: torch.Tensor) -> None:
        root = function_of(loss)
        entries = [] if root is None else tape.under(root)
        made = next((one for entry in entries for one, node in entry.made if node is root), None)
        if made is None or made.numel() != 1:
            raise ValueError("no loss on the tape")
        self._leaves, self._id = list(leaves), id(made)
        self._player = Player(entries)
        elements = sum(one.numel() for entry in entries for one, _ in entry.made) + sum(map(torch.numel, leaves))
        self.size = max(1, ELEMENTS_AT_ONCE // max(1, elements))
        """How many places are played at once."""

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Evaluate at places of shape (places, parameters)."""
        mapped = torch.func.vmap(self._at, randomness="same")
        with torch.no_grad(), torch._C.DisableTorchFunction():
            return torch.cat([mapped(piece) for piece in torch.split(rows.double(), self.size)])

    def _at(self, row: torch.Tensor) -> torch.Tensor:
        parts = torch.split(row, [leaf.numel() for leaf in self._leaves])
        played = {id(leaf): part.reshape(leaf.shape) for leaf, part in zip(self._leaves, parts, strict=True)}
        for _ in self._player.play(played):
            pass
        return played[self._id].reshape(())


class Surveyor:
    """Evaluates the first loss in the quickest way that is right.

    Args:
        first: the loss played again, if it can be.
        alone: the loss at one place, by the program itself.
        seconds: that a whole grid may take; by the clock, which runs on while others have the processor.
    """

    def __init__(self, first: FirstLoss | None, alone: Callable[[torch.Tensor], float], seconds: float) -> None:
        self._first = first
        self._alone = alone
        self._seconds = seconds

    @property
    def is_batched(self) -> bool:
        """Whether many places are evaluated at once."""
        return self._first is not None

    def losses(self, rows: torch.Tensor) -> tuple[Real, ...]:
        """Evaluate at places, of shape (places, parameters)."""
        if self._first is not None and len(rows) > 1:
            return reals(self._first(rows))
        return tuple(real(self._alone(row)) for row in rows)

    def points(self, rows: torch.Tensor, count: int) -> int:
        """How many points along each of two directions there is time for; at most `count`, and an odd number.

        Args:
            rows: places all over the grid; they are evaluated to see how long that takes, and whether both ways agree.
        """
        chosen = rows[:: -(-len(rows) // PROBES)]
        alone, spent = _timed(lambda: torch.tensor([self._alone(row) for row in chosen], dtype=torch.float64))
        each = spent / len(alone)
        if self._first is not None:
            batch = rows[: self._first.size]
            try:
                self._first(batch)  # the first time there is more to do
                found, spent = _timed(partial(self._first, batch))
                probes = self._first(chosen)
                is_like = torch.allclose(probes, alone, LIKENESS, 1e-6, equal_nan=True)
            except Exception:  # branches on values and the like have no batched form
                is_like = False
            if is_like:
                each = spent / len(found)
            else:
                self._first = None
        most = max(LEAST, math.isqrt(int(self._seconds / max(each, 1e-9))))
        return count if count <= most else most - (most + 1) % 2


def _timed(work: Callable[[], Found]) -> tuple[Found, float]:
    started = time.monotonic()
    return work(), time.monotonic() - started
