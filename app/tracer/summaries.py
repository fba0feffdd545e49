"""Statistics of tensors too large to keep whole, taken of many of one size at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np
import torch

from app.trace.model import Histogram, Statistics, TensorValue
from app.tracer.metadata import dtype_name
from app.tracer.values import Held, is_dense, number, unwatched

BINS = 16
PIECE = 130_000
"""Elements looked at together. Stacking copies: pieces that fit the processor's cache are quickest, and keep the peak
low."""


class Batches:
    """Large values gathered by size and dtype, which share each kernel launch.

    A size is settled as soon as it fills a piece: what is held keeps memory that the program has let go of, and each
    gradient of a pass would otherwise live until its end.
    Those that show the same elements in whatever shape (a view, or a gradient handed on) are looked at once: while they
    are held, nothing has been written to their memory.
    """

    def __init__(self, with_histogram: bool = True) -> None:
        self._with_histogram = with_histogram
        self._batches: dict[tuple[int, torch.dtype], dict[object, list[Held]]] = {}

    def add(self, held: Held) -> None:
        """Gather a value; one that has been settled is let be."""
        tensor = held.tensor
        if tensor is None:
            return
        key = (tensor.numel(), tensor.dtype)
        batch = self._batches.setdefault(key, {})
        place = tensor.data_ptr() if is_dense(tensor) else held
        alike = batch.get(place)
        if alike is not None:
            if alike[-1].tensor is None:
                # A settled value let its memory go, and another tensor may have taken the address.
                alike[:] = [other for other in alike if other.tensor is not None]
            alike.append(held)
            return
        if len(batch) * key[0] >= PIECE:
            _settle_batch(batch, self._with_histogram)
            batch.clear()
        batch[place] = [held]

    def settle(self) -> None:
        """Give every value its statistics."""
        for batch in self._batches.values():
            _settle_batch(batch, self._with_histogram)
        self._batches.clear()


def settle(readings: Iterable[Held], with_histogram: bool = True) -> None:
    """Give every held tensor its statistics."""
    batches = Batches(with_histogram)
    for held in dict.fromkeys(readings):  # a gradient that is handed on stands in several places
        batches.add(held)
    batches.settle()


def _settle_batch(batch: dict[object, list[Held]], with_histogram: bool) -> None:
    waiting = ([one for one in alike if one.tensor is not None] for alike in batch.values())
    group = [alike for alike in waiting if alike]
    if group:
        with unwatched(), torch.no_grad():
            _settle_group(group, with_histogram)


def _settle_group(group: list[list[Held]], with_histogram: bool) -> None:
    rows = torch.stack([_flat(tensor) for alike in group if (tensor := alike[0].tensor) is not None])
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
    counts = [0] * len(rows)
    for index in np.flatnonzero(are_zero.any(axis=1)).tolist():
        counts[index] = int(np.count_nonzero(are_zero[index]))
    return counts


def _bins(rows: torch.Tensor, low: torch.Tensor, high: torch.Tensor, scratch: torch.Tensor) -> list[list[int]]:
    """Counts of each row in equal bins from its lowest element to its highest, which falls into the last bin."""
    tiny = torch.finfo(rows.dtype).tiny * 4 * BINS  # so that the scale of a constant row is finite
    lows = low.numpy()
    scale = torch.from_numpy(BINS / np.maximum(high.numpy() - lows, lows.dtype.type(tiny)))
    torch.sub(rows, low.unsqueeze(1), out=scratch).mul_(scale.unsqueeze(1))
    # One byte for each element, by numpy's cast, which is vectorized; and two of them counted at once, as one byte.
    places = torch.from_numpy(scratch.numpy().astype(np.uint8)).clamp_max_(BINS - 1)
    count, half = rows.shape[0], rows.shape[1] // 2
    pairs = torch.add(places[:, :half], places[:, half : 2 * half], alpha=BINS)
    numbers = pairs + _tables(count, half)
    table = torch.bincount(numbers.reshape(-1), minlength=2 * count * BINS * BINS).reshape(2, -1, BINS, BINS)
    both = table[0] + table[1]
    counts: list[list[int]] = (both.sum(dim=1) + both.sum(dim=2)).tolist()
    if rows.shape[1] % 2:
        for row, place in zip(counts, places[:, -1].tolist(), strict=True):
            row[place] += 1
    return counts


@lru_cache(maxsize=8)
def _tables(count: int, half: int) -> torch.Tensor:
    """Where the table begins in which each pair is counted: every row has two, used by turns.

    Most elements of a gradient are alike, and a counter that the last pair has raised must be waited for. A row larger
    than a piece has one table: what says which is kept, and would be as large as the row.
    """
    size = BINS * BINS
    starts = torch.arange(0, count * size, size, dtype=torch.int32).unsqueeze(1)
    if count * half <= PIECE:
        starts = starts.repeat(1, half)
        starts[:, 1::2] += count * size
    return starts.to(torch.int16) if 2 * count * size <= torch.iinfo(torch.int16).max else starts


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
