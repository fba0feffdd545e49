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


def size_of(tensor: torch.Tensor) -> torch.Size | None:
    """The shape of a tensor as torch keeps it; None for one whose rows differ in length."""
    return None if tensor.is_nested else tensor.shape


def shape_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """The same as plain numbers."""
    size = size_of(tensor)
    return None if size is None else tuple(map(int, size))


def memory_of(tensor: torch.Tensor) -> int | None:
    """The address of the memory that a tensor lies in; None where that cannot be told (sparse), or there is none yet
    (the parameters of a lazy module).
    """
    try:
        return tensor.untyped_storage().data_ptr() if tensor.layout is torch.strided else None
    except (RuntimeError, ValueError):
        return None


def is_tensor(value: Any) -> TypeGuard[torch.Tensor]:
    """Whether a value of the program's is a tensor; `isinstance` would ask it for its `__class__`."""
    return issubclass(type(value), torch.Tensor)


def is_module(value: Any) -> TypeGuard[torch.nn.Module]:
    """Whether a value of the program's is a module."""
    return issubclass(type(value), torch.nn.Module)
