"""The text of a tensor that holds one number, as torch prints it.

Half of what a short program does in a fresh process would else be torch's own printing, which asks a dozen kernels how
wide a column of one number must be.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch._tensor_str import PRINT_OPTS

_LARGEST = 1e8
_SMALLEST = 1e-4
_NORMAL = 1e-37
"""A bit above the smallest number that no processor flushes to zero."""

_DEFAULTS = (4, None)


def shown(func: Any, args: Any, kwargs: Any) -> str:
    """Print a tensor as `func` does, which is its `__repr__` or another that torch calls so."""
    text = number_text(args[0]) if func is torch.Tensor.__repr__ else None
    return func(*args, **kwargs) if text is None else text


def number_text(tensor: Any) -> str | None:
    """What `repr` gives for a plain tensor without dimensions; None for any other, which torch prints itself."""
    if type(tensor) is not torch.Tensor or tensor.dim() or not _is_plain(tensor) or not _is_alone(tensor):
        return None
    number = tensor.item()
    size = abs(number)
    if 0 < size < _NORMAL:
        return None
    if math.isfinite(number) and size and (size > _LARGEST or size < _SMALLEST):
        return f"tensor({number:.4e})"
    if not math.isfinite(number):
        return f"tensor({number:.0f})"
    return f"tensor({number:.0f}.)" if number == math.ceil(number) else f"tensor({number:.4f})"


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether nothing is to be said of a tensor but its number."""
    return (
        tensor.dtype is torch.get_default_dtype()
        and tensor.dtype in (torch.float32, torch.float64)
        and tensor.layout is torch.strided
        and not tensor.requires_grad
        and not tensor._is_view()
        and tensor.device.type == "cpu" == torch._C._get_default_device()
        and not tensor.is_neg()
        and not tensor._is_zerotensor()
        and not torch._is_functional_tensor(tensor)
    )


def _is_alone(tensor: torch.Tensor) -> bool:
    """Whether nobody else has a say in the printing: neither a mode, nor forward gradients, nor options."""
    return (
        torch._C._len_torch_function_stack() == 0
        and torch._C._len_torch_dispatch_stack() == 0
        and torch.autograd.forward_ad._current_level < 0
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        and (PRINT_OPTS.precision, PRINT_OPTS.sci_mode) == _DEFAULTS
    )
