"""Optimizers' steps as the recorder watches them: read before and after, and not looked into."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch

from app.tracer.active import active
from app.tracer.calls import Calls
from app.tracer.recorder import Recorder
from app.tracer.shortcuts import are_plain, drop_gradients, is_unwatched, step_unwatched

_profile_hook_step = torch.optim.Optimizer.profile_hook_step
_zero_grad = torch.optim.Optimizer.zero_grad


def recorded_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for `Optimizer.profile_hook_step`, through which torch wraps every optimizer's `step`."""
    profiled = _profile_hook_step(step)

    @functools.wraps(step)
    def wrapper(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        recorder = active()
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
        with _resting(recorder, self):
            result = profiled(self, *args, **kwargs)
        with torch._C.DisableTorchFunction():
            recorder.updates.after(self, changes, frame)
        recorder.check()
        return result

    return wrapper


def _resting(recorder: Recorder, owner: torch.optim.Optimizer | torch.nn.Module) -> AbstractContextManager[Any]:
    """While torch works for the program, its calls are not the program's; modes and types of its own see them still."""
    if torch._C._len_torch_function_stack() == 1 and are_plain(_parameters(owner)):
        return torch._C.DisableTorchFunction()
    return blind(recorder.calls)


@contextmanager
def blind(calls: Calls) -> Iterator[None]:
    """Within it, what runs is torch's own, and not taken down."""
    calls.is_resting = True
    try:
        yield
    finally:
        calls.is_resting = False


def _step_with_closure(recorder: Recorder, step: Callable[..., Any], optimizer: Any, closure: Callable[[], Any]) -> Any:
    """An optimizer that calls the program back (`LBFGS`)."""
    with torch._C.DisableTorchFunction():
        changes = recorder.updates.before(optimizer)
    with blind(recorder.calls):
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


def recorded_zero_grad(zero_grad: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for a `zero_grad`."""

    @functools.wraps(zero_grad)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = active()
        if recorder is None or not recorder.is_listening():
            return zero_grad(self, *args, **kwargs)
        is_plain = zero_grad is _zero_grad and not args and not kwargs
        with _resting(recorder, self):
            result = None if is_plain and drop_gradients(self) else zero_grad(self, *args, **kwargs)
        recorder.calls.is_resting = False
        recorder.updates.clear(_parameters(self), recorder.calls.span(sys._getframe(1)))
        return result

    return wrapper


def recorded_construction(construct: Callable[..., None]) -> Callable[..., None]:
    """Stands in for `Optimizer.__init__`."""

    @functools.wraps(construct)
    def wrapper(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        recorder = active()
        if recorder is not None and recorder.is_listening():
            recorder.optimizers.made(self, recorder.calls.span())

    return wrapper


def _parameters(owner: torch.optim.Optimizer | torch.nn.Module) -> Iterable[torch.Tensor]:
    """What a `zero_grad` clears."""
    if isinstance(owner, torch.nn.Module):
        return owner.parameters()
    return [leaf for group in owner.param_groups for leaf in group["params"]]


def wrap_again(kind: type[torch.optim.Optimizer]) -> None:
    """Torch wraps the `step` of a class once and for good, when the first of its optimizers is made: whatever was made
    before this process was attached for good.
    """
    for one in kind.__subclasses__():
        step = vars(one).get("step")
        if getattr(step, "hooked", False):
            one.step = recorded_step(step.__wrapped__)  # type: ignore[union-attr, method-assign]
            one.step.hooked = True  # type: ignore[attr-defined]
        wrap_again(one)


def before_step(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> Any:
    """An optimizer is about to step: its own calls are not the program's; those of its closure are."""
    recorder = active()
    if recorder is not None:
        recorder.optimizers.stepped(optimizer)
    if recorder is None or not recorder.is_listening():
        return None
    with torch._C.DisableTorchFunction():
        recorder.updates.begin(optimizer)
    recorder.calls.is_resting = True
    closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
    return (args[:1], {**kwargs, "closure": _recorded(recorder, closure)}) if callable(closure) else None


def after_step(optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
    """An optimizer has stepped."""
    recorder = active()
    if recorder is not None and recorder.updates.is_stepping(optimizer):
        with torch._C.DisableTorchFunction():
            recorder.updates.end(optimizer)
        recorder.calls.is_resting = False
