"""Freed nodes: what an earlier backward pass has used up, where another loss needs it still."""

from __future__ import annotations

from typing import Any

import torch

from app.tracer.histories import Histories
from app.tracer.recording import Recording
from app.tracer.values import quiet


def freed_in(recording: Recording, histories: Histories) -> tuple[int, ...]:
    """The places of the nodes that an earlier pass had freed before this one came to them.

    Args:
        recording: of a pass that the engine has broken off. What it ran itself before that is gone, too.
        histories: remembers which graphs are gone.
    """
    laid = recording.laid
    gone = [place for place, number in enumerate(laid.numbers) if histories.has_freed(number)]
    with quiet():
        return tuple([place for place in gone if _is_freed(laid.nodes[place])])


def _is_freed(node: Any) -> bool:
    """Whether a node has lost what it saved; one that saves nothing can run again."""
    names = [name for name in dir(type(node)) if name.startswith("_saved_")]
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        names.append("saved_tensors")
    for name in names:
        try:
            getattr(node, name)
        except RuntimeError as error:
            if "already been freed" in str(error):
                return True
    return False
