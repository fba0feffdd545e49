"""Large values that wait for their statistics: those of one size are settled together, and whoever is about to write to
the memory that some lie in settles these first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch

from app.tracer.metadata import memory_of
from app.tracer.summaries import Batches, settle
from app.tracer.values import Held, Reading

MAX_HELD = 4096
"""Stretches of memory kept alive at most; past it all statistics are taken at once."""
MAX_SHARING = 512
"""Values kept at most of one stretch; past it theirs are taken."""
MANY_SUMMARIES = 20_000
"""Where one pass tells more tensors by statistics than this, the statistics go without a histogram, or the pass would
not fit into one event."""


class Holdings:
    """Keeps track of large values by storage, and by size."""

    def __init__(self) -> None:
        self._held: dict[int, list[Held]] = {}
        self._batches = Batches()

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
        self._batches.add(value)

    def gather(self, value: Held) -> None:
        """Settle a value with others of its size. Nobody writes to its memory before: it is a gradient on its way."""
        self._batches.add(value)

    def remember_all(self, values: Iterable[Reading]) -> None:
        """Keep track of those that are large."""
        for value in values:
            if type(value) is Held:
                self.remember(value)

    def settle_all(self) -> None:
        """Take the statistics of every value that is still held."""
        self._batches.settle()
        self._held.clear()

    def settle_pass(self, values: Collection[Held]) -> None:
        """Give all that one pass tells its statistics."""
        has_histograms = len(values) <= MANY_SUMMARIES
        if has_histograms:
            self.settle_all()
        settle(values, has_histograms)
        if not has_histograms:
            for value in values:
                value.forget_histogram()

    def settle_sharing(self, tensor: torch.Tensor) -> None:
        """Take the statistics of all that lies in the memory of a tensor."""
        address = memory_of(tensor) if self._held else None
        if address is not None:
            settle(self._held.pop(address, ()))
