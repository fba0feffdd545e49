"""Tensors → values: numbers, nested lists, or statistics of what is too large to keep whole."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import isfinite
from typing import Any

import msgspec
import numpy as np
import torch
from torch.utils._python_dispatch import _disable_current_modes

from app.trace.model import Histogram, Number, Statistics, TensorValue, Value
from app.tracer.magnitudes import elements
from app.tracer.metadata import dtype_name, shape_of

BINS = 16
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


Reading = Number | TensorValue | Held | None

_has_function_mode: Callable[[], bool] = torch._C._is_torch_function_mode_enabled
_dispatch_modes: Callable[[], int] = torch._C._len_torch_dispatch_stack


def those_in_memory_of(tensor: torch.Tensor, held: Iterable[Held]) -> list[Held]:
    """What is held and lies in the memory of a tensor; all of it where that cannot be told."""
    waiting = [(one, one.tensor) for one in held if one.tensor is not None]
    if tensor.layout is not torch.strided:
        return [one for one, _ in waiting]
    address = tensor.untyped_storage().data_ptr()
    return [one for one, own in waiting if own.untyped_storage().data_ptr() == address]


@contextmanager
def unwatched() -> Iterator[None]:
    """Within it, no mode sees what torch is asked: neither the program's own nor the recorder's."""
    with torch._C.DisableTorchFunction(), _disable_current_modes():
        yield


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
    if _has_function_mode():
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
    # A finite sum has finite terms: that spares a look at each.
    is_finite = not plain.dtype.is_floating_point or math.isfinite(plain.sum().item())
    return TensorValue(tuple(tensor.shape), dtype_name(tensor.dtype), data=data if is_finite else _nested(data))


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


def settle(readings: Iterable[Held], with_histogram: bool = True) -> None:
    """Give every held tensor its statistics; tensors of one size and dtype share each kernel launch.

    Those that show the same elements in whatever shape (a view, or a gradient handed on) are looked at once: while they
    are held, nothing has been written to their memory.
    """
    groups: dict[tuple[int, torch.dtype], dict[object, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for held in dict.fromkeys(readings):  # a gradient that is handed on stands in several places
        tensor = held.tensor
        if tensor is not None:
            place = tensor.data_ptr() if is_dense(tensor) else held
            groups[tensor.numel(), tensor.dtype][place].append(held)
    if not groups:
        return
    with unwatched() if _dispatch_modes() else torch._C.DisableTorchFunction(), torch.no_grad():
        for (count, _), shown in groups.items():
            group = list(shown.values())
            # Stacking copies: pieces that fit the processor's cache are quickest, and keep the peak low.
            size = max(1, 130_000 // max(1, count))
            for start in range(0, len(group), size):
                _settle_group(group[start : start + size], with_histogram)


def _settle_group(group: list[list[Held]], with_histogram: bool) -> None:
    rows = torch.stack([_flat(tensor) for first, *_ in group if (tensor := first.tensor) is not None])
    if rows.dtype.is_complex:
        rows = rows.abs()
    if rows.dtype not in (torch.float32, torch.float64):
        rows = rows.to(torch.float32)
    for alike, statistics in zip(group, _statistics(rows, with_histogram), strict=True):
        values: dict[object, TensorValue] = {}
        for held in alike:
            if held.tensor is not None:
                shape = held.tensor.shape
                value = values.get(shape)
                if value is None:
                    dtype = dtype_name(held.tensor.dtype)
                    value = values[shape] = TensorValue(tuple(shape), dtype, statistics=statistics)
                held.settle(value)


def _flat(tensor: torch.Tensor) -> torch.Tensor:
    """The elements in whatever order is quickest to read, which is all the same to statistics."""
    if not tensor.is_contiguous() and is_dense(tensor):
        return tensor.as_strided((tensor.numel(),), (1,))
    return tensor.reshape(-1)


def _statistics(rows: torch.Tensor, with_histogram: bool) -> list[Statistics]:
    """Statistics of each row of a (k, n) float matrix; std is torch's, with Bessel's correction.

    All are exact but for float rounding. What is used here is vectorized along a dimension: `aminmax`, `std` and
    `count_nonzero` are not, and take ten times as long. The norm follows from mean and std, of which nothing cancels.
    """
    low, high, mean = rows.amin(dim=1), rows.amax(dim=1), rows.mean(dim=1)
    lows, highs, means = low.tolist(), high.tolist(), mean.tolist()
    sound = [isfinite(me) and isfinite(hi - lo) for lo, hi, me in zip(lows, highs, means, strict=True)]
    if not all(sound):
        others = iter(_statistics(rows[sound], with_histogram) if any(sound) else ())
        return [
            next(others) if is_sound else _finite_statistics(row) for row, is_sound in zip(rows, sound, strict=True)
        ]
    count = rows.shape[1]
    scratch = rows - mean.unsqueeze(1)
    spreads = torch.linalg.vector_norm(scratch, dim=1).tolist()
    root, root_less = math.sqrt(count), math.sqrt(count - 1) or math.nan  # one element has no deviation
    zeros = _zeros(rows.numpy())
    bins = _bins(rows, low, high, scratch) if with_histogram else [None] * len(lows)
    return [
        Statistics(
            lo, hi, me, number(sp / root_less), number(math.hypot(sp, me * root)), ze / count, 0, 0,
            Histogram(lo, hi, tuple(one)) if one else None,
        )
        for lo, hi, me, sp, ze, one in zip(lows, highs, means, spreads, zeros, bins, strict=True)
    ]  # fmt: skip


def _zeros(rows: np.ndarray[Any, Any]) -> list[int]:
    """How many zeros each row has; most have none, which is soon seen."""
    are_zero = rows == 0
    return [int(np.count_nonzero(row)) for row in are_zero] if are_zero.any() else [0] * len(rows)


def _bins(rows: torch.Tensor, low: torch.Tensor, high: torch.Tensor, scratch: torch.Tensor) -> list[list[int]]:
    """Counts of each row in equal bins from its lowest element to its highest, which falls into the last bin."""
    tiny = torch.finfo(rows.dtype).tiny * 4 * BINS  # so that the scale of a constant row is finite
    scale = BINS / (high - low).clamp_min(tiny)
    torch.sub(rows, low.unsqueeze(1), out=scratch).mul_(scale.unsqueeze(1))
    # One byte for each element, by numpy's cast, which is vectorized; and two of them counted at once, as one byte.
    places = torch.from_numpy(scratch.numpy().astype(np.uint8)).clamp_max_(BINS - 1)
    count, half = rows.shape[0], rows.shape[1] // 2
    pairs = torch.add(places[:, :half], places[:, half : 2 * half], alpha=BINS)
    numbers = pairs + torch.arange(0, count * BINS * BINS, BINS * BINS, dtype=torch.int32).unsqueeze(1)
    table = torch.bincount(numbers.reshape(-1), minlength=count * BINS * BINS).reshape(-1, BINS, BINS)
    counts: list[list[int]] = (table.sum(dim=1) + table.sum(dim=2)).tolist()
    if rows.shape[1] % 2:
        for row, place in zip(counts, places[:, -1].tolist(), strict=True):
            row[place] += 1
    return counts


def _finite_statistics(row: torch.Tensor) -> Statistics:
    """Statistics over the finite elements of a row that has others, too; the others are counted."""
    nan, inf = int(row.isnan().sum()), int(row.isinf().sum())
    zeros = float((row == 0).sum()) / row.numel()
    finite = row[row.isfinite()].to(torch.float64)
    if finite.numel() == 0:
        return Statistics(None, None, None, None, None, zeros, nan, inf)
    low, high = float(finite.min()), float(finite.max())
    std = number(float(finite.std())) if finite.numel() > 1 else None
    counts = tuple(int(one) for one in torch.histc(finite, BINS, low, high).tolist())
    norm = number(float(torch.linalg.vector_norm(finite)))
    histogram = Histogram(low, high, counts) if high > low else None
    return Statistics(low, high, float(finite.mean()), std, norm, zeros, nan, inf, histogram)


def settled(reading: Reading) -> Value:
    """The value of a reading; a held one must have been through `settle`."""
    return reading.value if isinstance(reading, Held) else reading
