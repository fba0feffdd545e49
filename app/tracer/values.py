"""Tensors → values: numbers, nested lists, or statistics of what is too large to keep whole."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch

from app.trace.model import Histogram, Number, Statistics, TensorValue, Value

BINS = 16
_NON_FINITE: dict[str, Number] = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_NAMES: dict[torch.dtype, str] = {}


class Held:
    """A large tensor kept by reference until its statistics are asked for, together with others of its size.

    `version` is the tensor's version counter when it was taken; whoever changes the storage afterwards settles it
    first.
    """

    __slots__ = ("tensor", "value")

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor: torch.Tensor | None = tensor
        self.value: TensorValue | None = None


Reading = Number | TensorValue | Held | None


def dtype_name(dtype: torch.dtype) -> str:
    """`torch.float32` → "float32"."""
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = str(dtype).removeprefix("torch.")
    return name


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
    try:
        if tensor.dim() == 0 and not tensor.dtype.is_complex:
            value = tensor.item()
            return value if value - value == 0 else number(value)  # finite: the usual case, without a call
        return _read_elements(tensor.detach(), full_elements)
    except (RuntimeError, TypeError, NotImplementedError, ValueError):
        # Meta, nested and quantized tensors have no elements to read.
        return TensorValue(_shape(tensor), dtype_name(tensor.dtype))


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in tensor.shape)
    except RuntimeError:
        return ()


def _read_elements(tensor: torch.Tensor, full_elements: int) -> Reading:
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.numel() > full_elements:
        return Held(tensor)
    plain = torch.view_as_real(tensor.resolve_conj()) if tensor.dtype.is_complex else tensor
    return TensorValue(tuple(tensor.shape), dtype_name(tensor.dtype), data=_nested(plain.tolist()))


def _nested(data: Any) -> Any:
    if isinstance(data, list):
        return [_nested(one) for one in data]
    return number(data)


def settle(readings: Iterable[Held]) -> None:
    """Give every held tensor its statistics; tensors of one size and dtype share each kernel launch."""
    groups: dict[tuple[int, torch.dtype], list[Held]] = defaultdict(list)
    for held in readings:
        if held.value is None and held.tensor is not None:
            groups[held.tensor.numel(), held.tensor.dtype].append(held)
    with torch.no_grad():
        for group in groups.values():
            # Stacking copies: bounded pieces keep the peak low.
            size = max(1, 4_000_000 // max(1, group[0].tensor.numel()))  # type: ignore[union-attr]
            for start in range(0, len(group), size):
                _settle_group(group[start : start + size])


def _settle_group(group: list[Held]) -> None:
    tensors = [held.tensor for held in group if held.tensor is not None]
    rows = torch.stack([tensor.reshape(-1) for tensor in tensors])
    if rows.dtype.is_complex:
        rows = rows.abs()
    if rows.dtype not in (torch.float32, torch.float64):
        rows = rows.to(torch.float32)
    for held, tensor, statistics in zip(group, tensors, _statistics(rows), strict=True):
        held.value = TensorValue(tuple(tensor.shape), dtype_name(tensor.dtype), statistics=statistics)
        held.tensor = None


def _statistics(rows: torch.Tensor) -> list[Statistics]:
    """Statistics of each row of a (k, n) float matrix; std is torch's, with Bessel's correction."""
    std, mean = torch.std_mean(rows, dim=1)
    low, high = torch.aminmax(rows, dim=1)
    norm = torch.linalg.vector_norm(rows, dim=1)
    zeros = (rows == 0).sum(dim=1)
    counts = _histograms(rows, low, high)
    count = rows.shape[1]
    columns = (low.tolist(), high.tolist(), mean.tolist(), std.tolist(), norm.tolist(), zeros.tolist(), counts)
    return [
        Statistics(lo, hi, me, number(sd), number(no), ze / count, 0, 0, Histogram(lo, hi, tuple(bins)))
        if math.isfinite(me) and math.isfinite(hi - lo)
        else _finite_statistics(row)
        for row, lo, hi, me, sd, no, ze, bins in zip(rows, *columns, strict=True)
    ]


def _histograms(rows: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> list[list[int]]:
    width = ((high - low) / BINS).clamp_min(torch.finfo(rows.dtype).tiny).unsqueeze(1)
    bins = ((rows - low.unsqueeze(1)) / width).nan_to_num_(0.0, 0.0, 0.0).clamp_(0, BINS - 1).to(torch.int64)
    bins += torch.arange(rows.shape[0]).unsqueeze(1) * BINS
    counts = torch.bincount(bins.reshape(-1), minlength=rows.shape[0] * BINS)
    return counts.reshape(-1, BINS).tolist()


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
