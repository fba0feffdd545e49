"""Tensors → values: numbers, nested lists, or tensors held for their statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import msgspec
import torch
from msgspec.structs import replace
from torch.utils._python_dispatch import _disable_current_modes

from app.trace.model import Number, TensorValue, Value
from app.tracer.magnitudes import elements
from app.tracer.metadata import dtype_name, memory_of, shape_of

_NON_FINITE: dict[str, Number] = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Held(msgspec.Struct, eq=False, gc=False):
    """A large tensor kept by reference until its statistics are asked for, together with others of its size.

    Whoever is about to write to the tensor's memory settles it first.
    """

    tensor: torch.Tensor | None
    value: TensorValue | None = None
    """The value with its statistics; None before `settle`."""

    def settle(self, value: TensorValue) -> None:
        """Keep the statistics, and let the tensor go."""
        self.value = value
        self.tensor = None

    def forget_histogram(self) -> None:
        """Keep the other statistics only."""
        if self.value is not None and self.value.statistics is not None:
            self.value = replace(self.value, statistics=replace(self.value.statistics, histogram=None))


Reading = Number | TensorValue | Held | None

_has_function_mode: Callable[[], bool] = torch._C._is_torch_function_mode_enabled
_dispatch_modes: Callable[[], int] = torch._C._len_torch_dispatch_stack


def those_in_memory_of(tensor: torch.Tensor, held: Iterable[Held]) -> list[Held]:
    """What is held and lies in the memory of a tensor; all of it where that cannot be told."""
    waiting = [(one, one.tensor) for one in held if one.tensor is not None]
    address = memory_of(tensor)
    return [one for one, own in waiting if address is None or memory_of(own) == address]


@contextmanager
def unwatched() -> Iterator[None]:
    """Within it, no mode sees what torch is asked: neither the program's own nor the recorder's."""
    # Where there is no dispatch mode to be disabled, asking for it takes longer than a small kernel.
    with torch._C.DisableTorchFunction(), _disable_current_modes() if _dispatch_modes() else nullcontext():
        yield


def quiet() -> AbstractContextManager[None]:
    """The same, at no cost where the program has no dispatch mode."""
    return unwatched() if _dispatch_modes() else nullcontext()


def number(value: float | int | bool) -> Number:
    """A Python number as it crosses JSON: NaN and infinities become words."""
    if value - value == 0:  # finite; quicker than math.isfinite and true for int and bool
        return value
    return _NON_FINITE[str(float(value))]


def read(tensor: torch.Tensor, full_elements: int) -> Reading:
    """Take down a tensor as it is now.

    Args:
        tensor: any tensor; it is neither changed nor followed.
        full_elements: up to so many elements are kept in full; more are held for `settle`.
    """
    if _dispatch_modes():
        with unwatched():
            return _read(tensor, full_elements)
    if _has_function_mode() or type(tensor) is not torch.Tensor:
        with torch._C.DisableTorchFunction():
            return _read(tensor, full_elements)
    return _read(tensor, full_elements)


def read_all(tensors: Iterable[torch.Tensor], full_elements: int) -> list[Reading]:
    """Take down several tensors as `read` does; what watches torch is turned off once for all of them."""
    if _dispatch_modes():
        with unwatched():
            return [_read(tensor, full_elements) for tensor in tensors]
    if _has_function_mode():
        with torch._C.DisableTorchFunction():
            return [_read(tensor, full_elements) for tensor in tensors]
    return [_read(tensor, full_elements) for tensor in tensors]


def _read(tensor: torch.Tensor, full_elements: int) -> Reading:
    if type(tensor) is not torch.Tensor and not _is_readable(type(tensor)):
        return TensorValue(shape_of(tensor) or (), dtype_name(tensor.dtype))
    try:
        if tensor.dim() == 0:
            value = tensor.item()
            if type(value) is not complex:
                return value if value - value == 0 else number(value)  # finite: the usual case, without a call
        elif tensor.numel() > full_elements and tensor.layout is torch.strided:
            return Held(tensor.detach())
        return _read_elements(tensor.detach(), full_elements)
    except (RuntimeError, TypeError, AttributeError, NotImplementedError, ValueError):
        # Meta and quantized tensors have no elements to read.
        return TensorValue(shape_of(tensor) or (), dtype_name(tensor.dtype))


@lru_cache(maxsize=256)
def _is_readable(kind: type) -> bool:
    """Whether reading tensors of a type runs no code of the program's, which might do anything on being asked."""
    own = kind.__torch_dispatch__  # type: ignore[attr-defined]
    return own is torch.Tensor.__torch_dispatch__ or kind.__module__.startswith("torch.")


def _read_elements(tensor: torch.Tensor, full_elements: int) -> Reading:
    if tensor.is_nested:
        tensor = tensor.values()  # the rows, one after the other
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.numel() > full_elements:
        return Held(tensor)
    plain = torch.view_as_real(tensor.resolve_conj()) if tensor.dtype.is_complex else tensor
    data = plain.tolist()
    is_finite = not plain.dtype.is_floating_point or math.isfinite(_sum(plain, data))
    return TensorValue(tuple(tensor.shape), dtype_name(tensor.dtype), data=data if is_finite else _nested(data))


def _sum(plain: torch.Tensor, data: Any) -> float:
    """The sum of all elements: if it is finite, so is each, which spares a look at them. Few are soonest added here."""
    if len(plain.shape) == 1:
        return sum(data)  # type: ignore[no-any-return]
    if len(plain.shape) == 2:
        return sum(map(sum, data))
    return plain.sum().item()


def _nested(data: Any) -> Any:
    if isinstance(data, list):
        return [_nested(one) for one in data]
    return number(data)


def is_zero(tensor: torch.Tensor) -> bool:
    """Whether every element is zero."""
    with unwatched():
        return not bool(tensor.any())


def is_dense(tensor: torch.Tensor) -> bool:
    """Whether a tensor covers one stretch of memory without gaps or repeats, in whatever order of its dimensions."""
    return tensor.is_contiguous() or _are_dense(tensor.stride(), tensor.shape)


@lru_cache(maxsize=1024)
def _are_dense(strides: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    expected = 1
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


def held_if_large(reading: Reading, full_elements: int) -> Reading:
    """Hold a value of more elements than are to be kept in full, which was taken down whole."""
    if type(reading) is not TensorValue or reading.data is None or math.prod(reading.shape) <= full_elements:
        return reading
    dtype: torch.dtype = getattr(torch, reading.dtype)
    if dtype.is_complex:
        return reading
    flat = [float(one) if isinstance(one, str) else one for one in elements(reading)]
    return Held(torch.tensor(flat, dtype=dtype).reshape(reading.shape))


def settled(reading: Reading) -> Value:
    """The value of a reading; a held one must have been through `settle`."""
    return reading.value if isinstance(reading, Held) else reading
