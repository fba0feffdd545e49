"""Cuts: where the program steps out of autograd, and which leaves were lost by it.

Most cuts are meant (`loss.item()` to print it). One is worth a word when a leaf lies behind it that no backward pass
ever reached: then the gradient its author expects is missing because of this line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from types import FrameType

import torch
from torch.autograd.graph import Node as Function
from torch.autograd.graph import get_gradient_edge

from app.trace.model import Diagnostic, Parameter, Span
from app.tracer.sites import Made
from app.tracer.walk import walk

MAX_CUTS = 64
"""Places remembered at most."""
MAX_TOLD = 4
"""Cuts reported at most."""

HOW = {
    "detach": "detach()",
    "detach_": "detach_()",
    "item": ".item()",
    "tolist": ".tolist()",
    "numpy": ".numpy()",
    "__array__": "numpy",
    "__float__": "float()",
    "__int__": "int()",
    "__complex__": "complex()",
    "data": ".data",
    "tensor": "torch.tensor()",
    "as_tensor": "torch.as_tensor()",
    "new_tensor": ".new_tensor()",
    "Parameter": "nn.Parameter()",
}
"""Calls that hand on a value without its history, and how a program writes them."""


_OWN = re.compile(r"/torch/(?:nn/utils|nn/modules|_functorch|optim)/")
"""Code of torch's that copies parameters and keeps statistics: what it leaves out of the graph is meant to be out."""


def is_torchs_own(frame: FrameType | None, is_program: Mapping[str, bool]) -> bool:
    """Whether torch cut something off of its own accord.

    Args:
        frame: where it did.
        is_program: whether code of a file is the program's.
    """
    while frame is not None and not is_program[frame.f_code.co_filename]:
        if _OWN.search(frame.f_code.co_filename):
            return True
        frame = frame.f_back
    return False


class Cuts:
    """Remembers, for each place that cuts, what stood there last."""

    def __init__(self) -> None:
        self._places: dict[Span | None, tuple[str, str | None, Function]] = {}

    def knows(self, span: Span | None) -> bool:
        """Whether the place was seen before; then its tensor needs no name again."""
        return span in self._places or len(self._places) >= MAX_CUTS

    def add(self, span: Span | None, how: str, tensor: torch.Tensor, name: str | None) -> None:
        """Remember a cut at a place; the latest one counts."""
        known = self._places.get(span)
        if known is None and len(self._places) >= MAX_CUTS:
            return
        node = node_of(tensor)
        if node is not None:
            self._places[span] = (how, known[1] if known else name, node)

    def tell(
        self, reached: Container[int], copied: Container[Span | None], is_meant: Callable[[torch.Tensor], bool]
    ) -> Iterator[Diagnostic]:
        """Say which cuts lost a leaf.

        Args:
            reached: the identities of leaves that some pass went through.
            copied: where one leaf was made of another: the new one is to be trained in its place.
            is_meant: whether a leaf is not to be trained: that of a target network, or of an average of weights.
        """
        told = 0
        for span, (how, name, node) in self._places.items():
            if span in copied:
                continue
            leaves = [one.variable for one in walk([node]).nodes if hasattr(one, "variable")]
            if told < MAX_TOLD and any(id(leaf) not in reached and not is_meant(leaf) for leaf in leaves):
                told += 1
                parameters: dict[str, Parameter] = {"how": how, "variable": name}
                yield Diagnostic("graph-cut", "warning", span, parameters)


def node_of(tensor: torch.Tensor) -> Function | None:
    """The node under a followed tensor; torch shows none under `inference_mode`, nor for a parameter of a lazy module
    or a view that `no_grad` made.
    """
    try:
        return get_gradient_edge(tensor).node
    except (AssertionError, AttributeError, RuntimeError, ValueError):
        return None


def said(made: Made | None) -> tuple[str | None, str | None]:
    """The source text of what made a node, and the variable it was given to."""
    if made is None or made.site is None:
        return None, None
    if made.kernel is not None or not made.site.is_whole or made.site.place is None:
        return made.kernel or made.site.function, None
    return made.site.place.label, made.site.place.variable


def text_of(tensor: torch.Tensor, made: Mapping[int, Made]) -> str | None:
    """The source text of what made a followed tensor."""
    node = node_of(tensor)
    return None if node is None else said(made.get(node._sequence_nr()))[0]
