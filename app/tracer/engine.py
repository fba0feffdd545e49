"""Where the recorder is attached to torch: the engine, optimizers, modules, and custom functions.

In a child the attachments are made once, when the zygote imports `run`, and do nothing until a recorder is active. In a
user's own process they last as long as one trace. They sit on torch's own narrow places, so nothing a program calls
looks different to it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn.modules import module as module_hooks
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from app.tracer.active import Active, active
from app.tracer.compiled import recorded_script, uncompiled, unrecorded
from app.tracer.kernels import is_transformed, next_sequence_number
from app.tracer.recorder import Recorder
from app.tracer.recording import Options
from app.tracer.shortcuts import handle_torch_function
from app.tracer.stepping import (
    after_step,
    before_step,
    recorded_construction,
    recorded_step,
    recorded_zero_grad,
    wrap_again,
)
from app.tracer.treatments import Asked
from app.tracer.values import read

_run_engine = torch.autograd._engine_run_backward  # type: ignore[attr-defined]
_new_parameter = torch.nn.Parameter.__new__
_apply_function = torch.autograd.Function.apply.__func__  # type: ignore[attr-defined]


# A tensor that a transform of `torch.func` left behind has no values of its own, even after the transform has ended.
_is_wrapped: Callable[[Any], bool] = torch._C._functorch.is_functorch_wrapped_tensor


def _engine_run_backward(t_outputs: Any, *args: Any, **kwargs: Any) -> Any:
    recorder = active()
    run = functools.partial(_run_engine, t_outputs, *args, **kwargs)
    tensors = (one for one in t_outputs if isinstance(one, torch.Tensor))  # the others are gradient edges
    if recorder is None or is_transformed() is not None or any(map(_is_wrapped, tensors)):
        return run()
    gradients, keep_graph, create_graph, inputs = args[:4]
    starts_with_one = len(gradients) == 1 and gradients[0] is not None and gradients[0].dim() == 0
    options = Options(
        retain_graph=bool(keep_graph),
        create_graph=bool(create_graph),
        accumulate=kwargs.get("accumulate_grad", False),
        inputs=tuple(inputs),
        starts_with_one=starts_with_one and read(gradients[0], 1) == 1,
    )
    if not torch._C._is_torch_function_enabled():
        return recorder.backward(t_outputs, run, options)
    with torch._C.DisableTorchFunction():
        return recorder.backward(t_outputs, Asked(run), options)


def _apply(cls: type[torch.autograd.Function], *args: Any, **kwargs: Any) -> Any:
    recorder = active()
    start = next_sequence_number()
    result = _apply_function(cls, *args, **kwargs)
    if recorder is not None and recorder.is_listening():
        with torch._C.DisableTorchFunction():
            recorder.calls.custom(cls, args, result, start)
    return result


@functools.wraps(_new_parameter)
def _parameter(cls: type[torch.nn.Parameter], *args: Any, **kwargs: Any) -> Any:
    result = _new_parameter(cls, *args, **kwargs)
    recorder = active()
    if recorder is not None and recorder.is_listening():
        data = kwargs.get("data", args[0] if args else None)
        with torch._C.DisableTorchFunction():
            recorder.calls.histories.parameter(result, data, recorder.calls.site)
    return result


def _enter_module(module: torch.nn.Module, args: Any) -> None:
    recorder = active()
    if recorder is not None:
        if not recorder.calls.modules:
            recorder.names.learn_module(module, recorder.calls.frame())
        recorder.calls.modules.append(module)
        recorder.names.given.append(args)


def _leave_module(module: torch.nn.Module, _args: Any, _output: Any) -> None:
    recorder = active()
    if recorder is not None and module in recorder.calls.modules:
        # A forward that raised may have left inner modules behind.
        while recorder.calls.modules.pop() is not module:
            recorder.names.given.pop()
        recorder.names.given.pop()


def _has_any_global_hook() -> bool:
    """Whether somebody else has put a hook on all modules, of which torch warns where one of them is compiled."""
    owner: Any = module_hooks
    registers = (owner._global_forward_pre_hooks, owner._global_forward_hooks, owner._global_backward_pre_hooks,
                 owner._global_backward_hooks)  # fmt: skip
    return any(hook not in (_enter_module, _leave_module) for one in registers for hook in one.values())


_scripts: Any = (torch.jit.ScriptFunction, torch._C.ScriptMethod)
_tracing: Any = torch.jit._trace
_PLACES: tuple[tuple[Any, str, Any], ...] = (
    (torch._tensor, "handle_torch_function", handle_torch_function),
    (torch.functional, "handle_torch_function", handle_torch_function),
    (torch.nn.functional, "handle_torch_function", handle_torch_function),
    (torch.autograd, "_engine_run_backward", _engine_run_backward),
    (torch.autograd.Function, "apply", classmethod(_apply)),
    (torch.nn.Parameter, "__new__", staticmethod(_parameter)),
    *((kind, "__call__", recorded_script(kind.__call__)) for kind in _scripts),
    (torch.jit, "trace_module", unrecorded(torch.jit.trace_module)),
    (_tracing, "trace_module", unrecorded(_tracing.trace_module)),
    (_tracing, "_trace_impl", unrecorded(_tracing._trace_impl)),
    (module_hooks, "_has_any_global_hook", _has_any_global_hook),
    (torch.optim.Optimizer, "__init__", recorded_construction(torch.optim.Optimizer.__init__)),
    (torch.optim.Optimizer, "zero_grad", recorded_zero_grad(torch.optim.Optimizer.zero_grad)),
    (torch.nn.Module, "zero_grad", recorded_zero_grad(torch.nn.Module.zero_grad)),
)
"""What is replaced: an attribute of a module or class, and what stands in for it."""


def attach() -> None:
    """Attach to torch for good; calling it again changes nothing."""
    if is_attached():
        return
    _replace()
    torch.optim.Optimizer.profile_hook_step = staticmethod(recorded_step)  # type: ignore[method-assign, assignment]
    wrap_again(torch.optim.Optimizer)
    module_hooks.register_module_forward_pre_hook(_enter_module)
    module_hooks.register_module_forward_hook(_leave_module, always_call=True)


def is_attached() -> bool:
    """Whether something of this module stands in torch's places now."""
    return torch.autograd._engine_run_backward is _engine_run_backward  # type: ignore[attr-defined]


@contextmanager
def attached(recorder: Recorder) -> Iterator[None]:
    """Attach to torch while a recorder records this thread; afterwards nothing of it is left there."""
    Active.recorder, Active.thread = recorder, threading.get_ident()
    with ExitStack() as stack:
        stack.callback(_forget)
        stack.enter_context(uncompiled())
        if not is_attached():
            for place, name, original in _replace():
                stack.callback(setattr, place, name, original)
            handles = [
                module_hooks.register_module_forward_pre_hook(_enter_module),
                module_hooks.register_module_forward_hook(_leave_module, always_call=True),
            ]
            # Classes of optimizers wrap their `step` once and for good, so only hooks can be taken away again.
            handles += [
                register_optimizer_step_pre_hook(before_step),
                register_optimizer_step_post_hook(after_step),
            ]
            for handle in handles:
                stack.callback(handle.remove)
        yield


def _forget() -> None:
    Active.recorder = Active.thread = None


def _replace() -> list[tuple[Any, str, Any]]:
    """Put everything in its place, and return what stood there."""
    originals = [(place, name, vars(place)[name]) for place, name, _ in _PLACES]
    for place, name, stand_in in _PLACES:
        setattr(place, name, stand_in)
    return originals
