"""A network in a file of its own."""

from __future__ import annotations

import torch
from torch import nn


class Net(nn.Module):
    """One layer and what is made of it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A scalar of a vector."""
        hidden = self.inner(x)
        total: torch.Tensor = hidden.square().sum()
        return total
