"""Large values that wait for their statistics, by the memory they lie in: whoever is about to write there settles
them first.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from app.tracer.values import Held, Reading, settle

MAX_HELD = 4096
"""Stretches of memory kept alive at most; past it all statistics are taken at once."""
MAX_SHARING = 512
"""Values kept at most of one stretch; past it theirs are taken."""


class Holdings:
    """Keeps track of large values by storage."""

    def __init__(self) -> None:
        self._held: dict[int, list[Held]] = {}

    def remember(self, value: Held) -> None:
        """Keep track of a value."""
        tensor = value.tensor
        if tensor is None:
            return
        if len(self._held) >= MAX_HELD:
            self.settle_all()
        address = tensor.untyped_storage().data_ptr()
        sharing = self._held.setdefault(address, [])
        if len(sharing) >= MAX_SHARING:
            settle(sharing)
        if sharing and sharing[-1].tensor is None:
            # A settled value let its memory go, and another tensor may have taken the address.
            sharing[:] = [other for other in sharing if other.tensor is not None]
        sharing.append(value)

    def remember_all(self, values: Iterable[Reading]) -> None:
        """Keep track of those that are large."""
        for value in values:
            if type(value) is Held:
                self.remember(value)

    def settle_all(self) -> None:
        """Take the statistics of every value that is still held."""
        settle(held for group in self._held.values() for held in group)
        self._held.clear()

    def settle_sharing(self, tensor: torch.Tensor) -> None:
        """Take the statistics of all that lies in the memory of a tensor."""
        if self._held and tensor.layout is torch.strided:
            settle(self._held.pop(tensor.untyped_storage().data_ptr(), ()))
