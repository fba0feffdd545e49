"""Kernels: what torch runs inside one call, and which calls need to be looked into at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from app.trace.model import Origin
from app.tracer.metadata import size_of
from app.tracer.sites import Made
from app.tracer.summaries import settle
from app.tracer.treatments import is_in_place
from app.tracer.values import Held, Reading, read, those_in_memory_of
from app.tracer.walk import function_of

next_sequence_number: Callable[[], int] = torch.autograd._get_sequence_nr  # type: ignore[attr-defined]

is_transformed: Callable[[], object] = torch._C._functorch.peek_interpreter_stack
"""Something, while a function of `torch.func` runs: its wrapped tensors have no values of their own to read."""

_running_node: Callable[[], Any] = torch._C._current_autograd_node

MAX_OUTPUTS = 64
"""Outputs of one node whose values are kept."""


_may_write = lru_cache(maxsize=4096)(is_in_place)


class Kernels(TorchDispatchMode):
    """Sees the kernels inside one call: the first one that carries a sequence number computed that node's value.

    Args:
        full_elements: up to so many elements of a value are kept in full.
        writing: told of each tensor that a kernel is about to write.
        modules: those that run, the innermost last.
    """

    def __init__(
        self, full_elements: int, writing: Callable[[torch.Tensor], None], modules: Sequence[torch.nn.Module] = ()
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: dict[int, Made] = {}
        self._start = 0
        self.full_elements = full_elements
        self._writing = writing
        self._modules = modules
        self._written: tuple[int, torch.Tensor, Made] | None = None
        self._origin_of: Callable[[Any], Origin | None] | None = None

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Nothing is compiled here, and torch's guard against it would double the price of each kernel.
        return False

    def __enter__(self) -> Kernels:
        """Watch: put on torch's stack as `TorchDispatchMode` would, without its notes for compilers."""
        torch._C._push_on_torch_dispatch_stack(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        torch._C._pop_torch_dispatch_stack(None)

    def watching(self, start: int, origin_of: Callable[[Any], Origin | None] | None = None) -> Kernels:
        """Watch from sequence number `start` on; for use in a `with` statement.

        Args:
            start: earlier nodes are not looked at.
            origin_of: in a backward pass, says which node of its graph one that runs is.
        """
        self._start = start
        self._origin_of = origin_of
        self.found = {}
        self._written = None
        return self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one kernel."""
        # Autograd drew the number before it called the kernel, so the latest one drawn is this operation's.
        sequence_number = next_sequence_number() - 1
        name = func._opname
        is_write = _may_write(name) and isinstance(args[0], torch.Tensor)
        if self._written is not None:
            self.finish()
        if is_write:
            self._before_write(args[0])
        result = func._op(*args, **kwargs) if kwargs else func._op(*args)
        if is_write:
            if self._is_copy(sequence_number):
                sequence_number -= 1
            self._after_write(args[0], name)
        if sequence_number >= self._start and sequence_number not in self.found:
            tensor = result[0] if isinstance(result, tuple | list) and result else result
            if isinstance(tensor, torch.Tensor):
                made = self.found[sequence_number] = self._made(tensor, name)
                if self._origin_of is not None:
                    made.origin = self._origin_of(_running_node())
                    made.module = self._modules[-1] if self._modules else None
                if tensor is not result:
                    made.others = self._others(result)
        return result

    def _others(self, results: Any) -> dict[int, Reading] | None:
        """The further results of a kernel that can have a gradient; whether they do, their node knows."""
        others = {
            place: read(one, self.full_elements)
            for place, one in enumerate(results[:MAX_OUTPUTS])
            if place and isinstance(one, torch.Tensor) and (one.dtype.is_floating_point or one.dtype.is_complex)
        }
        return others or None

    def _made(self, tensor: torch.Tensor, name: str) -> Made:
        return Made(read(tensor, self.full_elements), size_of(tensor), tensor.dtype, name)

    def _before_write(self, tensor: torch.Tensor) -> None:
        """Settle what was read from the memory that is about to be written."""
        self._writing(tensor)
        large = [held for made in self.found.values() if type(held := made.value) is Held]
        if large:
            settle(those_in_memory_of(tensor, large))

    def _after_write(self, tensor: torch.Tensor, name: str) -> None:
        """A write through a view gives the base a new node (`CopySlices`), numbered only after the kernel has run."""
        base = tensor._base
        if base is not None:
            self._written = (next_sequence_number(), base, self._made(base, name))

    def finish(self) -> None:
        """See whether the latest write through a view made a node."""
        if self._written is not None:
            sequence_number, base, made = self._written
            self._written = None
            function = function_of(base)
            if function is not None and function._sequence_nr() == sequence_number:
                self.found[sequence_number] = made

    def _is_copy(self, sequence_number: int) -> bool:
        """Whether the latest number went to a copy of what is about to be written, which its derivative needs."""
        made = self.found.get(sequence_number)
        return made is not None and made.kernel == "clone" and sequence_number - 1 not in self.found
