"""Whom the calls of the program tell about what is not an operation."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from app.trace.model import Span
from app.tracer.sites import Site


class Listener(Protocol):
    """Is told of leaves born, changed, or asked for their gradient, and of values taken out of autograd."""

    def born(self, leaf: torch.Tensor, site: Site | None) -> None:
        """A leaf that requires a gradient came into being."""

    def cut(self, how: str, tensor: torch.Tensor, span: Span | None) -> None:
        """The program took the value of a followed tensor and left its history behind."""

    def changing(self, tensor: torch.Tensor) -> Any:
        """A tensor is about to be written in place; the answer is handed to `changed`."""

    def changed(self, tensor: torch.Tensor, token: Any, function: str, span: Span | None) -> None:
        """It was written."""

    def gradient_set(self, leaf: torch.Tensor, value: torch.Tensor | None, span: Span | None) -> None:
        """The program assigned to `.grad`."""

    def gradient_asked(self, tensor: torch.Tensor, span: Span | None) -> None:
        """The program read `.grad` of a tensor that keeps none."""

    def check(self) -> None:
        """Raise: `Calls.is_stopping` says that a limit was met meanwhile."""
