"""Where the recorder is attached to torch: the engine, optimizers, modules, and custom functions.

In a child the attachments are made once, when the zygote imports `run`, and do nothing until a recorder is active. In a
user's own process they last as long as one trace. They sit on torch's own narrow places, so nothing a program calls
looks different to it.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch.nn.modules import module as module_hooks
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from app.tracer.calls import Calls
from app.tracer.kernels import is_transformed, next_sequence_number
from app.tracer.recorder import Recorder
from app.tracer.recording import Options
from app.tracer.shortcuts import drop_gradients, handle_torch_function, is_unwatched, step_unwatched
from app.tracer.values import read

_run_engine = torch.autograd._engine_run_backward  # type: ignore[attr-defined]
_zero_grad = torch.optim.Optimizer.zero_grad
_apply_function = torch.autograd.Function.apply.__func__  # type: ignore[attr-defined]


# A tensor that a transform of `torch.func` left behind has no values of its own, even after the transform has ended.
_is_wrapped: Callable[[Any], bool] = torch._C._functorch.is_functorch_wrapped_tensor


class Active:
    """The recorder of the run in progress; there is one at most."""

    recorder: Recorder | None = None
    thread: int | None = None
    """The only thread that is recorded; None for any."""


def _active() -> Recorder | None:
    if Active.thread is not None and Active.thread != threading.get_ident():
        return None
    return Active.recorder


def _engine_run_backward(t_outputs: Any, *args: Any, **kwargs: Any) -> Any:
    recorder = _active()
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
        starts_with_one=starts_with_one and read(gradients[0], 1) == 1,
    )
    return recorder.backward(t_outputs, run, options)


def _recorded_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for `Optimizer.profile_hook_step`, through which torch wraps every optimizer's `step`."""
    profiled = _profile_hook_step(step)

    @functools.wraps(step)
    def wrapper(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        recorder = _active()
        if recorder is not None:
            recorder.optimizers.stepped(self)
        if recorder is None or not recorder.is_listening():
            return profiled(self, *args, **kwargs)
        closure = kwargs.get("closure", args[0] if args else None)
        if callable(closure):
            return _step_with_closure(recorder, profiled, self, closure)
        frame = recorder.calls.frame(sys._getframe(1))
        with torch._C.DisableTorchFunction():
            changes = recorder.updates.before(self)
            if is_unwatched(self):
                result = step_unwatched(step, self, args, kwargs)
                recorder.updates.after(self, changes, frame)
                recorder.check()
                return result
        with _resting(recorder):
            result = profiled(self, *args, **kwargs)
        with torch._C.DisableTorchFunction():
            recorder.updates.after(self, changes, frame)
        recorder.check()
        return result

    return wrapper


def _resting(recorder: Recorder) -> AbstractContextManager[Any]:
    """While torch works for the program, its calls are not the program's; modes of the program's own see them still."""
    if torch._C._len_torch_function_stack() == 1:
        return torch._C.DisableTorchFunction()
    return _blind(recorder.calls)


@contextmanager
def _blind(calls: Calls) -> Iterator[None]:
    calls.is_resting = True
    try:
        yield
    finally:
        calls.is_resting = False


def _step_with_closure(recorder: Recorder, step: Callable[..., Any], optimizer: Any, closure: Callable[[], Any]) -> Any:
    """An optimizer that calls the program back (`LBFGS`)."""
    with torch._C.DisableTorchFunction():
        changes = recorder.updates.before(optimizer)
    with _blind(recorder.calls):
        result = step(optimizer, closure=_recorded(recorder, closure))
    with torch._C.DisableTorchFunction():
        recorder.updates.after(optimizer, changes)
    recorder.check()
    return result


def _recorded(recorder: Recorder, closure: Callable[[], Any]) -> Callable[[], Any]:
    """A function of the program's that an optimizer calls: what it does is recorded like the rest of the program."""

    def recorded() -> Any:
        recorder.calls.is_resting = False
        try:
            return closure()
        finally:
            recorder.calls.is_resting = True

    return recorded


def _recorded_zero_grad(zero_grad: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(zero_grad)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = _active()
        if recorder is None or not recorder.is_listening():
            return zero_grad(self, *args, **kwargs)
        is_plain = zero_grad is _zero_grad and not args and not kwargs
        with _resting(recorder):
            result = None if is_plain and drop_gradients(self) else zero_grad(self, *args, **kwargs)
        recorder.calls.is_resting = False
        recorder.updates.clear(_parameters(self), recorder.calls.span(sys._getframe(1)))
        return result

    return wrapper


def _recorded_construction(construct: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(construct)
    def wrapper(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        recorder = _active()
        if recorder is not None and recorder.is_listening():
            recorder.optimizers.made(self, recorder.calls.span())

    return wrapper


def _parameters(owner: torch.optim.Optimizer | torch.nn.Module) -> Iterable[torch.Tensor]:
    """What a `zero_grad` clears."""
    if isinstance(owner, torch.nn.Module):
        return owner.parameters()
    return [leaf for group in owner.param_groups for leaf in group["params"]]


def _apply(cls: type[torch.autograd.Function], *args: Any, **kwargs: Any) -> Any:
    recorder = _active()
    start = next_sequence_number()
    result = _apply_function(cls, *args, **kwargs)
    if recorder is not None and recorder.is_listening():
        recorder.calls.custom(cls, args, result, start)
    return result


def _enter_module(module: torch.nn.Module, _args: Any) -> None:
    recorder = _active()
    if recorder is not None:
        if not recorder.calls.modules:
            recorder.names.learn_module(module, recorder.calls.frame())
        recorder.calls.modules.append(module)


def _leave_module(module: torch.nn.Module, _args: Any, _output: Any) -> None:
    recorder = _active()
    if recorder is not None and module in recorder.calls.modules:
        # A forward that raised may have left inner modules behind.
        while recorder.calls.modules.pop() is not module:
            continue


_profile_hook_step = torch.optim.Optimizer.profile_hook_step
_PLACES: tuple[tuple[Any, str, Any], ...] = (
    (torch._tensor, "handle_torch_function", handle_torch_function),
    (torch.functional, "handle_torch_function", handle_torch_function),
    (torch.nn.functional, "handle_torch_function", handle_torch_function),
    (torch.autograd, "_engine_run_backward", _engine_run_backward),
    (torch.autograd.Function, "apply", classmethod(_apply)),
    (torch.optim.Optimizer, "__init__", _recorded_construction(torch.optim.Optimizer.__init__)),
    (torch.optim.Optimizer, "zero_grad", _recorded_zero_grad(_zero_grad)),
    (torch.nn.Module, "zero_grad", _recorded_zero_grad(torch.nn.Module.zero_grad)),
)
"""What is replaced: an attribute of a module or class, and what stands in for it."""


def attach() -> None:
    """Attach to torch for good; calling it again changes nothing."""
    if is_attached():
        return
    _replace()
    torch.optim.Optimizer.profile_hook_step = staticmethod(_recorded_step)  # type: ignore[method-assign, assignment]
    _wrap_again(torch.optim.Optimizer)
    module_hooks.register_module_forward_pre_hook(_enter_module)
    module_hooks.register_module_forward_hook(_leave_module, always_call=True)


def _wrap_again(kind: type[torch.optim.Optimizer]) -> None:
    """Torch wraps the `step` of a class once and for good, when the first of its optimizers is made: whatever was made
    before this process was attached for good.
    """
    for one in kind.__subclasses__():
        step = vars(one).get("step")
        if getattr(step, "hooked", False):
            one.step = _recorded_step(step.__wrapped__)  # type: ignore[union-attr, method-assign]
            one.step.hooked = True  # type: ignore[attr-defined]
        _wrap_again(one)


def is_attached() -> bool:
    """Whether something of this module stands in torch's places now."""
    return torch.autograd._engine_run_backward is _engine_run_backward  # type: ignore[attr-defined]


@contextmanager
def attached(recorder: Recorder) -> Iterator[None]:
    """Attach to torch while a recorder records this thread; afterwards nothing of it is left there."""
    Active.recorder, Active.thread = recorder, threading.get_ident()
    with ExitStack() as stack:
        stack.callback(_forget)
        if not is_attached():
            for place, name, original in _replace():
                stack.callback(setattr, place, name, original)
            handles = [
                module_hooks.register_module_forward_pre_hook(_enter_module),
                module_hooks.register_module_forward_hook(_leave_module, always_call=True),
            ]
            # Classes of optimizers wrap their `step` once and for good, so only hooks can be taken away again.
            handles += [
                register_optimizer_step_pre_hook(_before_step),
                register_optimizer_step_post_hook(_after_step),
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


def _before_step(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> Any:
    """An optimizer is about to step: its own calls are not the program's; those of its closure are."""
    recorder = _active()
    if recorder is not None:
        recorder.optimizers.stepped(optimizer)
    if recorder is None or not recorder.is_listening():
        return None
    with torch._C.DisableTorchFunction():
        recorder.updates.begin(optimizer)
    recorder.calls.is_resting = True
    closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
    return (args[:1], {**kwargs, "closure": _recorded(recorder, closure)}) if callable(closure) else None


def _after_step(optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
    recorder = _active()
    if recorder is not None and recorder.updates.is_stepping(optimizer):
        with torch._C.DisableTorchFunction():
            recorder.updates.end(optimizer)
        recorder.calls.is_resting = False
