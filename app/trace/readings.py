"""What a trace keeps of tensors; part of `model`, from where it is imported."""

from __future__ import annotations

from typing import Literal

import msgspec

NonFinite = Literal["NaN", "Infinity", "-Infinity"]
Number = bool | int | float | NonFinite


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of these records: frozen, strict about unknown fields, and trees, at which no collector need look."""


class Histogram(Record, frozen=True):
    """Counts of the finite elements in equal bins between `low` and `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


class Statistics(Record, frozen=True):
    """What is kept of a tensor too large to keep whole; `zeros` is a share between 0 and 1, `nan` and `inf` are
    counts.
    """

    min: Number | None
    max: Number | None
    mean: Number | None
    std: Number | None
    norm: Number | None
    zeros: float
    nan: int
    inf: int
    histogram: Histogram | None = None


class TensorValue(Record, frozen=True, omit_defaults=True):
    """A tensor with its elements, or with statistics of them.

    `data` nests as `shape` does; a complex element is a pair [real, imaginary]. A scalar tensor is a plain number
    instead.
    """

    shape: tuple[int, ...]
    dtype: str
    data: list | None = None  # type: ignore[type-arg]
    statistics: Statistics | None = None


Value = Number | TensorValue | None


class SavedTensor(Record, frozen=True):
    """A tensor that a grad_fn keeps for the backward pass."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int


Saved = Number | str | None | tuple[Number, ...] | SavedTensor
