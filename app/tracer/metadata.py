"""What a trace says of a tensor beside its elements: its shape, and its dtype by name."""

from __future__ import annotations

import torch

_NAMES: dict[torch.dtype, str] = {}


def dtype_name(dtype: torch.dtype) -> str:
    """`torch.float32` → "float32"."""
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = str(dtype).removeprefix("torch.")
    return name


def shape_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """The shape of a tensor; None for one whose rows differ in length."""
    try:
        return tuple(map(int, tensor.shape))
    except (RuntimeError, AttributeError):
        return None
