"""Where the recorder is attached to torch: the engine, optimizers, modules, and custom functions.

The attachments are made once, when the zygote imports this room, and do nothing until a recorder is active. They sit on
torch's own narrow places, so nothing a program calls looks different to it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.modules import module as module_hooks
from torch.overrides import _pop_mode_temporarily

from app.tracer.kernels import is_transformed, next_sequence_number
from app.tracer.recorder import Options, Recorder

_run_engine = torch.autograd._engine_run_backward  # type: ignore[attr-defined]
_apply_function = torch.autograd.Function.apply.__func__  # type: ignore[attr-defined]


# A tensor that a transform of `torch.func` left behind has no values of its own, even after the transform has ended.
_is_wrapped: Callable[[Any], bool] = torch._C._functorch.is_functorch_wrapped_tensor


class Active:
    """The recorder of the run in progress; a child makes one run, so there is one at most."""

    recorder: Recorder | None = None


def _engine_run_backward(t_outputs: Any, *args: Any, **kwargs: Any) -> Any:
    recorder = Active.recorder
    run = functools.partial(_run_engine, t_outputs, *args, **kwargs)
    if recorder is None or is_transformed() is not None or any(map(_is_wrapped, t_outputs)):
        return run()
    gradients, keep_graph, create_graph, inputs = args[:4]
    starts_with_one = len(gradients) == 1 and gradients[0] is not None and gradients[0].dim() == 0
    options = Options(
        retain_graph=bool(keep_graph),
        create_graph=bool(create_graph),
        accumulate=kwargs.get("accumulate_grad", False),
        inputs=tuple(inputs),
        starts_with_one=starts_with_one and gradients[0].item() == 1,
    )
    return recorder.backward(t_outputs, run, options)


def _recorded_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for `Optimizer.profile_hook_step`, through which torch wraps every optimizer's `step`."""
    profiled = _profile_hook_step(step)

    @functools.wraps(step)
    def wrapper(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        recorder = Active.recorder
        if recorder is None or not recorder.is_listening():
            return profiled(self, *args, **kwargs)
        closure = kwargs.get("closure", args[0] if args else None)
        if callable(closure):
            return _step_with_closure(recorder, profiled, self, closure)
        with torch._C.DisableTorchFunction():
            changes = recorder.updates.before(self)
            result = profiled(self, *args, **kwargs)
            recorder.updates.after(self, changes)
        recorder.check()
        return result

    return wrapper


def _step_with_closure(recorder: Recorder, step: Callable[..., Any], optimizer: Any, closure: Callable[[], Any]) -> Any:
    """An optimizer that calls the program back (`LBFGS`): what it calls is recorded like the rest of the program."""

    def recorded() -> Any:
        with mode:
            return closure()

    with _pop_mode_temporarily() as mode:
        changes = recorder.updates.before(optimizer)
        result = step(optimizer, closure=recorded)
        recorder.updates.after(optimizer, changes)
    recorder.check()
    return result


def _recorded_zero_grad(zero_grad: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(zero_grad)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = Active.recorder
        if recorder is None or not recorder.is_listening():
            return zero_grad(self, *args, **kwargs)
        with torch._C.DisableTorchFunction():
            result = zero_grad(self, *args, **kwargs)
        recorder.zeroed(recorder.calls.span())
        return result

    return wrapper


def _apply(cls: type[torch.autograd.Function], *args: Any, **kwargs: Any) -> Any:
    recorder = Active.recorder
    start = next_sequence_number()
    result = _apply_function(cls, *args, **kwargs)
    if recorder is not None and recorder.is_listening():
        recorder.calls.custom(cls, args, result, start)
    return result


def _enter_module(module: torch.nn.Module, _args: Any) -> None:
    if Active.recorder is not None:
        Active.recorder.calls.modules.append(module)


def _leave_module(module: torch.nn.Module, _args: Any, _output: Any) -> None:
    recorder = Active.recorder
    if recorder is not None and module in recorder.calls.modules:
        # A forward that raised may have left inner modules behind.
        while recorder.calls.modules.pop() is not module:
            continue


_profile_hook_step = torch.optim.Optimizer.profile_hook_step


def attach() -> None:
    """Attach to torch; calling it again changes nothing."""
    if torch.autograd._engine_run_backward is _engine_run_backward:  # type: ignore[attr-defined]
        return
    torch.autograd._engine_run_backward = _engine_run_backward  # type: ignore[attr-defined]
    torch.autograd.Function.apply = classmethod(_apply)  # type: ignore[method-assign, assignment]
    torch.optim.Optimizer.profile_hook_step = staticmethod(_recorded_step)  # type: ignore[method-assign, assignment]
    torch.optim.Optimizer.zero_grad = _recorded_zero_grad(torch.optim.Optimizer.zero_grad)  # type: ignore[method-assign]
    torch.nn.Module.zero_grad = _recorded_zero_grad(torch.nn.Module.zero_grad)  # type: ignore[method-assign]
    module_hooks.register_module_forward_pre_hook(_enter_module)
    module_hooks.register_module_forward_hook(_leave_module, always_call=True)
