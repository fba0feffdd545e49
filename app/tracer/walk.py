"""The walk: from the roots of a backward graph to every node they reach."""

from __future__ import annotations

import sys
from typing import NamedTuple

import torch
from torch.autograd.graph import Node


class Link(NamedTuple):
    """One entry of `next_functions`: gradient goes from node `source`, place `slot`, to output `input` of node
    `target`.
    """

    source: int
    slot: int
    target: int
    input: int


class Walk(NamedTuple):
    """Nodes in the order of the first visit, and every link between them, parallel ones included."""

    nodes: list[Node]
    links: list[Link]
    slots: list[int]
    """How many entries each node's `next_functions` has, those that lead nowhere included."""


def walk(roots: list[Node], most: int = sys.maxsize) -> Walk:
    """Collect every node that `roots` reach through `next_functions`.

    A stack takes the place of recursion: graphs are routinely deeper than Python's stack. The order is that of a
    depth-first search which visits slot 0 first, so equal structures are numbered equally.

    Args:
        roots: `grad_fn`s of the differentiated tensors.
        most: past so many nodes the walk breaks off, one node further and without links. Whatever Python has looked
            at, torch frees by recursion: a chain of some 40,000 nodes that was walked whole ends the process.

    Source:
        https://docs.pytorch.org/docs/stable/notes/autograd.html
    """
    index: dict[Node, int] = {}
    functions = []
    stack = roots[::-1]
    while stack:
        node = stack.pop()
        if node in index:
            continue
        index[node] = len(index)
        if len(index) > most:
            return Walk(list(index), [], [])
        targets = node.next_functions
        functions.append(targets)
        if len(targets) == 1:
            target = targets[0][0]
            if target is not None and target not in index:
                stack.append(target)
        else:
            stack += [target for target, _ in reversed(targets) if target is not None and target not in index]
    links = [
        Link(source, slot, index[target], number)
        for source, targets in enumerate(functions)
        for slot, (target, number) in enumerate(targets)
        if target is not None
    ]
    return Walk(list(index), links, list(map(len, functions)))


def function_of(tensor: torch.Tensor) -> Node | None:
    """The `grad_fn` of a tensor; None also for a view that `no_grad` made and whose base was written since, of which
    torch refuses to speak.
    """
    try:
        if type(tensor) is torch.Tensor:
            return tensor.grad_fn
        with torch._C.DisableTorchFunction():  # a type of the program's own may handle every question itself
            return tensor.grad_fn
    except RuntimeError:
        return None


def is_followed_leaf(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a leaf that requires a gradient."""
    try:
        return tensor.requires_grad and tensor.is_leaf
    except RuntimeError:
        return False
