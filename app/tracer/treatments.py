"""Treatments: how closely a call must be looked at, by what torch calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch

from app.tracer.cuts import HOW
from app.tracer.printing import shown

Kind = Literal["backward", "single", "composite", "in_place", "cut", "get_gradient", "set_gradient", "shown"]

_SINGLE = """
    abs acos acosh add asin asinh atan atan2 atanh ceil cos cosh cumsum cumprod div dropout erf erfc exp exp2 expm1
    floor gather gelu hypot layer_norm lgamma log log10 log1p log2 logaddexp logsumexp max maximum mean min minimum mul
    neg permute pow reciprocal relu round rsqrt select sigmoid sign sin sinh sqrt square sub sum tan tanh transpose
    truediv unsqueeze where __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __pow__ __rpow__
    __neg__ __abs__
"""
_PASSIVE = """
    size dim numel stride is_contiguous storage_offset data_ptr element_size cpu backward
    __len__ __bool__ __index__ __format__ __repr__ __hash__ __contains__
    _set_grad_enabled is_floating_point is_complex allclose equal register_hook retain_grad get_device
    register_post_accumulate_grad_hook _is_view is_same_size
"""

SINGLE = frozenset(_SINGLE.split())
"""One call, one kernel, one `grad_fn`: these need no dispatch mode. A call that makes more is taken off the list."""
PASSIVE = frozenset(_PASSIVE.split())
"""Calls that build no `grad_fn`."""
NOTHING_WRITTEN = frozenset({"requires_grad_", "share_memory_"})
"""Calls named as if they wrote to a tensor's values."""
PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})
"""Types of tensors that do not ask to handle calls themselves."""
PROPERTIES = frozenset({"T", "mT", "H", "mH", "real", "imag"})
"""Properties of a tensor that are operations."""


class Asked:
    """A function that is called while the recorder's own questions go past the tensor types of the program.

    Such a type may handle every call itself (`__torch_function__`), and print it: it is asked what the program asks.
    """

    def __init__(self, func: Any) -> None:
        self._func = func
        for name in ("__name__", "__self__"):
            if hasattr(func, name):
                setattr(self, name, getattr(func, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it as the program did."""
        with torch._C._EnableTorchFunction():
            return self._func(*args, **kwargs)

    def __hash__(self) -> int:
        """As the function."""
        return hash(self._func)

    def __eq__(self, other: object) -> bool:
        """Whether both are one function."""
        return isinstance(other, Asked) and self._func == other._func


Treatment = Callable[[Any, Any, Any], Any]
"""Runs a call: the function, its arguments by place, and those by name."""


def plainly(func: Any, args: Any, kwargs: Any) -> Any:
    """Run a call that is of no interest."""
    return func(*args, **kwargs)


OTHERS: dict[str | None, Treatment] = {None: plainly, "shown": shown}
"""Treatments that take nothing down."""


def is_in_place(name: str) -> bool:
    """Whether torch's naming says that a function writes to its first argument."""
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in ("__invert__", "__iter__"))
    return name.endswith("_")


def treatment_of(func: Any) -> Kind | None:
    """How a call is treated; None if it is of no interest."""
    name: str = getattr(func, "__name__", "")
    if name in ("__get__", "__set__", "__delete__"):
        return _of_property(getattr(func.__self__, "__name__", ""), name)
    if name == "backward":
        return "backward"
    if name in PASSIVE:
        return "shown" if name == "__repr__" else None
    if name in HOW:
        return "cut"
    if name in SINGLE:
        return "single"
    return "in_place" if is_in_place(name) and name not in NOTHING_WRITTEN else "composite"


def _of_property(name: str, access: str) -> Kind | None:
    if access == "__get__":
        if name == "grad":
            return "get_gradient"
        if name == "data":
            return "cut"
        return "composite" if name in PROPERTIES else None
    if name == "grad":
        return "set_gradient"
    if name == "data":
        return "in_place"
    return "composite" if name == "requires_grad" else None
