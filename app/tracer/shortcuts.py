"""Shorter ways than torch's own, taken while a run is recorded, to the same result: what torch does around an operation
on a scalar takes longer than the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import optimizer as optimizers

from app.tracer.calls import Calls
from app.tracer.treatments import PLAIN

_handle = torch.overrides.handle_torch_function
_has_mode: Callable[[], bool] = torch._C._is_torch_function_mode_enabled
_pop: Callable[[], Any] = torch._C._pop_torch_function_stack
_push: Callable[[Any], None] = torch._C._push_on_torch_function_stack
_is_profiled: Callable[[], bool] = torch.autograd._profiler_enabled  # type: ignore[attr-defined]
_dispatch_modes: Callable[[], int] = torch._C._len_torch_dispatch_stack
_function_modes: Callable[[], int] = torch._C._len_torch_function_stack
_ARGUMENTS = PLAIN | {int, float, bool, type(None)}
"""Types of arguments that have no say in how a call is handled."""


def handle_torch_function(public_api: Any, relevant_args: Any, *args: Any, **kwargs: Any) -> Any:
    """Hand a call of a function that torch wrote in Python to the mode, without torch's context manager."""
    if _has_mode() and _ARGUMENTS.issuperset(map(type, relevant_args)):
        mode = _pop()
        try:
            if type(mode) is Calls:
                return mode.__torch_function__(public_api, (), args, kwargs)
        finally:
            _push(mode)
    return _handle(public_api, relevant_args, *args, **kwargs)


def is_unwatched(optimizer: torch.optim.Optimizer) -> bool:
    """Whether no profiler, hook or mode of the program's own sees what torch does inside of an optimizer's call.

    The recorder's mode must be on torch's stack.
    """
    return not (
        _is_profiled()
        or _function_modes() > 1
        or _dispatch_modes()
        or optimizer._optimizer_step_pre_hooks
        or optimizer._optimizer_step_post_hooks
        or optimizers._global_optimizer_pre_hooks
        or optimizers._global_optimizer_post_hooks
        or not are_plain(leaf for group in optimizer.param_groups for leaf in group["params"])
    )


def are_plain(leaves: Iterable[torch.Tensor]) -> bool:
    """Whether no type of the program's own handles what torch does with leaves."""
    return PLAIN.issuperset(map(type, leaves))


def step_unwatched(step: Callable[..., Any], optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> Any:
    """Take a step as torch wraps it, less the note for a profiler and the hooks, of which there are none."""
    result = step(optimizer, *args, **kwargs)
    optimizer._optimizer_step_code()
    return result


def drop_gradients(optimizer: torch.optim.Optimizer) -> bool:
    """Do what `zero_grad()` does by default, again less the note for a profiler.

    Returns:
        False if torch must do it itself.
    """
    if not is_unwatched(optimizer) or not hasattr(optimizer, "_zero_grad_profile_name"):
        return False
    for group in optimizer.param_groups:
        for leaf in group["params"]:
            if leaf.grad is not None:
                leaf.grad = None
    return True
