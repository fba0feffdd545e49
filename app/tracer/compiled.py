"""Compiled code: what TorchScript runs, seen kernel by kernel, and what `torch.compile` made, which runs as written.

A compiler takes down whatever runs under it, and would take the recorder for a part of the program.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from app.tracer.active import active
from app.tracer.calls import Calls
from app.tracer.kernels import next_sequence_number
from app.tracer.metadata import is_module
from app.tracer.shortcuts import handle_torch_function
from app.tracer.sites import Made
from app.tracer.stepping import blind
from app.tracer.tape import tensors_in
from app.tracer.walk import function_of

Run = Callable[..., Any]
_COMPILE = inspect.signature(torch.compile)


def recorded_script(run: Run) -> Run:
    """Stands in for the call of what TorchScript compiled: to the recorder that is one function of torch's."""

    def script(compiled: Any, *args: Any, **kwargs: Any) -> Any:
        start = next_sequence_number()
        result = run(compiled, *args, **kwargs)
        recorder = active()
        if recorder is not None:
            _forget_insides(recorder.calls.kernels.found, result, start)
        return result

    @functools.wraps(run)
    def wrapper(compiled: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = active()
        if recorder is None or not _is_uppermost(recorder.calls):
            return run(compiled, *args, **kwargs)
        return handle_torch_function(script, (), compiled, *args, **kwargs)

    return wrapper


def _is_uppermost(calls: Calls) -> bool:
    """Whether no mode of the program's own is on top: it is not to see a call that torch would not show it."""
    depth = torch._C._len_torch_function_stack()
    return depth > 0 and torch._C._get_function_stack_at(depth - 1) is calls


def _forget_insides(found: dict[int, Made], result: Any, start: int) -> None:
    """Once it knows a function, TorchScript puts many operations into one node: their values are not the node's."""
    nodes: list[Any] = list(map(function_of, tensors_in(result)))
    seen = set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen or node._sequence_nr() < start:
            continue
        seen.add(node)
        made = found.get(node._sequence_nr()) if node.name().startswith("torch::jit") else None
        if made is not None:
            made.value, made.kernel, made.others = None, "TorchScript", None
            made.shape, made.dtype = node._input_metadata[0].shape, node._input_metadata[0].dtype
        nodes += [target for target, _ in node.next_functions]


def unrecorded(trace: Run) -> Run:
    """Stands in for a function of `torch.jit.trace`: what it runs is an example, which no looking may add to."""

    @functools.wraps(trace)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        recorder = active()
        if recorder is None or not recorder.is_listening():
            return trace(*args, **kwargs)
        with blind(recorder.calls):
            return trace(*args, **kwargs)

    return wrapper


@contextmanager
def compiling_nothing(told: Callable[[], None]) -> Iterator[None]:
    """While it is open, `torch.compile` gives back what it is given: for a process that has no files and no compiler.

    Args:
        told: called whenever something was to be compiled.
    """
    original = torch.compile

    @functools.wraps(original)
    def as_written(*args: Any, **kwargs: Any) -> Any:
        try:
            model = _COMPILE.bind(*args, **kwargs).arguments.get("model")
        except TypeError as error:
            raise TypeError(f"compile() {error}") from None
        if model is None:  # a decorator with options
            return as_written
        told()
        if is_module(model):
            vars(model).setdefault("_orig_mod", model)  # where programs look for what was compiled
        return model

    torch.compile = as_written
    try:
        yield
    finally:
        torch.compile = original


@contextmanager
def uncompiled() -> Iterator[None]:
    """While it is open, what `torch.compile` made runs as the program wrote it."""
    with ExitStack() as stack:
        if "torch._dynamo.eval_frame" in sys.modules:
            stack.enter_context(_eager())
        else:
            original = torch.compile

            @functools.wraps(original)
            def first(*args: Any, **kwargs: Any) -> Any:
                # The compiler takes a second to load, so not before it is wanted.
                torch.compile = original
                stack.enter_context(_eager())
                return original(*args, **kwargs)

            torch.compile = first
            stack.callback(setattr, torch, "compile", original)
        yield


@contextmanager
def _eager() -> Iterator[None]:
    from torch._dynamo import eval_frame

    def callback_from_stance(callback: Any) -> Any:
        recorder = active() if callback else None
        if recorder is not None:
            recorder.ran_uncompiled()
        return known(callback)

    stance = eval_frame.DynamoStance("force_eager")
    known, previous = eval_frame._callback_from_stance, eval_frame._set_stance(stance)
    eval_frame._callback_from_stance = callback_from_stance
    try:
        yield
    finally:
        eval_frame._callback_from_stance = known
        if eval_frame._stance is stance:  # else the program has taken another
            eval_frame._set_stance(previous)
