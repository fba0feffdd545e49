"""What a trace says of a tensor beside its elements: its shape, and its dtype by name."""

from __future__ import annotations

from typing import Any, TypeGuard

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


def is_tensor(value: Any) -> TypeGuard[torch.Tensor]:
    """Whether a value of the program's is a tensor; `isinstance` would ask it for its `__class__`."""
    return issubclass(type(value), torch.Tensor)


def is_module(value: Any) -> TypeGuard[torch.nn.Module]:
    """Whether a value of the program's is a module."""
    return issubclass(type(value), torch.nn.Module)
