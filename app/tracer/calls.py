"""Every torch call of the program, caught between Python and the kernels.

Autograd numbers the `grad_fn`s it builds (`_sequence_nr`). The numbers drawn during a call name the nodes it made, so a
forward value is tied to its node without touching either. A call that makes one node by one kernel is read from its
result; any other call (`linear`, `cross_entropy`, in-place writes) runs under a dispatch mode that sees the kernels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

import torch
from torch.autograd.graph import Node as Function
from torch.overrides import TorchFunctionMode

from app.trace.model import Origin, Span
from app.tracer.histories import Histories, followed_in
from app.tracer.holdings import Holdings
from app.tracer.kernels import MAX_OUTPUTS, Kernels, is_transformed, next_sequence_number
from app.tracer.listener import Listener
from app.tracer.metadata import size_of
from app.tracer.names import Names
from app.tracer.sites import CALLER, MAX_MADE, Constant, Made, Site, Sites, bound, program_frame
from app.tracer.source import Program, Sources
from app.tracer.treatments import OTHERS, PLAIN, Asked, Treatment, treatment_of
from app.tracer.values import Held, Reading, read
from app.tracer.walk import function_of, is_followed_leaf


class Calls(TorchFunctionMode):
    """Catches every torch call of the program and keeps, by sequence number, what it made."""

    def __init__(self, source: Sources, names: Names, listener: Listener, full_elements: int) -> None:
        super().__init__()
        self.made: dict[int, Made] = {}
        self.modules: list[torch.nn.Module] = []
        self.is_stopping = False
        self.sees_hooks = isinstance(source, Program) and "hook" in source.text
        """Whether the program itself puts hooks on tensors or nodes: they may run anything."""
        self.has_hooks = self.sees_hooks or not isinstance(source, Program)
        """Whether somebody may have put hooks on tensors or nodes."""
        self.is_resting = False
        """Whether what runs now is torch's own and not to be taken down: the step of an optimizer."""
        self.caller: FrameType | None = None
        """Who called `Tensor.backward`, until the engine is about to run."""
        self._is_program = source.is_program
        self._sites = Sites(source, names)
        self._names = names
        self._listener = listener
        self.full_elements = full_elements
        self.holdings = Holdings()
        self.histories = Histories(names, self.made, listener.cut)
        self._running: list[Kernels] = []
        self.kernels = Kernels(full_elements, self.holdings.settle_sharing)
        self._treatments: dict[Any, Treatment] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one torch call, and take down what it made."""
        if self.is_resting:
            return func(*args, **(kwargs or {}))
        if is_transformed() is not None:
            return self._transformed(func, args, kwargs or {})
        treatment = self._treatments.get(func)
        if treatment is None:
            treatment = self._treatments[func] = self._treatment(func)
        if types and not PLAIN.issuperset(types):
            with torch._C.DisableTorchFunction():  # a subclass of Tensor wraps each result, by one more operation
                return (self._composite if treatment == self._single else treatment)(Asked(func), args, kwargs or {})
        return treatment(func, args, kwargs or {})

    def _treatment(self, func: Any) -> Treatment:
        if getattr(func, "__name__", "").startswith("register_"):
            self.has_hooks = self.sees_hooks = True
        return OTHERS.get(kind := treatment_of(func)) or getattr(self, f"_{kind}")

    # -- how calls are treated -----------------------------------------------------------------------------------------

    def _backward(self, func: Any, args: Any, kwargs: Any) -> Any:
        self.caller = sys._getframe(CALLER)
        try:
            return func(*args, **kwargs)
        finally:
            self.caller = None

    def _single(self, func: Any, args: Any, kwargs: Any) -> Any:
        if kwargs:
            if "out" in kwargs:
                return self._in_place(func, args, kwargs)
            if kwargs.get("inplace"):  # `relu(x, inplace=True)` writes to what may be held
                return self._composite(func, args, kwargs)
        start = next_sequence_number()
        result = func(*args, **kwargs)
        made = next_sequence_number() - start
        output = result[0] if isinstance(result, tuple) else result  # `max` over a dimension gives two tensors
        if made == 1 and isinstance(output, torch.Tensor):
            frame = program_frame(sys._getframe(CALLER if type(func) is FunctionType else 2), self._is_program)
            if frame is not None:
                site = self._sites.known.get((id(frame.f_code), frame.f_lasti, func))
                if site is None:
                    site = self._sites.find(func, frame, args, kwargs)
                given = (*args, *kwargs.values()) if kwargs else args
                self._keep_result(start, site, output, given)
                if site.fold is not None:
                    site.fold.follow(start, func, given, frame, self.made)
        elif made:
            self._treatments[func] = self._composite
            self.kernels.found = {}
            self._took(func, args, kwargs, result, start)
        else:
            self.histories.unfollowed(func, (*args, *kwargs.values()), result, self.span)
        if self.is_stopping:
            self._listener.check()
        return result

    def _composite(self, func: Any, args: Any, kwargs: Any) -> Any:
        if kwargs.get("out") is not None:
            return self._in_place(func, args, kwargs)
        start = next_sequence_number()
        with self.kernels.watching(start):
            result = func(*args, **kwargs)
        self._took(func, args, kwargs, result, start)
        if self.is_stopping:
            self._listener.check()
        return result

    def _in_place(self, func: Any, args: Any, kwargs: Any) -> Any:
        target = kwargs["out"] if "out" in kwargs else args[0] if args else None
        if not isinstance(target, torch.Tensor):
            return self._lists(func, args, kwargs)
        start = next_sequence_number()
        self.holdings.settle_sharing(target)
        token = self._listener.changing(target)
        with self.kernels.watching(start):
            result = func(*args, **kwargs)
        self._took(func, args, kwargs, target, start)
        base = target._base
        if base is not None and function_of(base) is not None:  # a write through a view gives its base a new one
            self._took(func, args, kwargs, base, start)
        self._listener.changed(target, token, getattr(func, "__name__", ""), self.span())
        if self.is_stopping:
            self._listener.check()
        return result

    def _transformed(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A call within `torch.func`: its results are wrapped, but what `vmap` makes of them are ordinary nodes."""
        start = next_sequence_number()
        with self.kernels.watching(start):
            result = func(*args, **kwargs)
        frame = program_frame(sys._getframe(2), self._is_program)
        if frame is not None and next_sequence_number() != start:
            self._keep_kernels(self._sites.find(func, frame, (), {}), self.kernels)
        return result

    def _lists(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A call such as `_foreach_mul_`, which makes one node for each tensor of a list."""
        start = next_sequence_number()
        targets = args[0] if args and isinstance(args[0], list | tuple) else ()
        for target in filter(torch.is_tensor, targets):
            self.holdings.settle_sharing(target)
        result = func(*args, **kwargs)
        self.kernels.watching(start)
        for output in [*targets, *(result if isinstance(result, tuple | list) else ())]:
            self._took(func, (), {}, output, start)
        return result

    def _cut(self, func: Any, args: Any, kwargs: Any) -> Any:
        source = followed_in(func, args, kwargs)
        # A copied parameter is a new leaf, and nothing is cut off from it.
        if source is not None and sys._getframe(2).f_code.co_name != "__deepcopy__":
            keep = self.histories.leaving(func, source, self.span())
            result = func(*args, **kwargs)
            keep(result)
            return result
        result = func(*args, **kwargs)
        if source is None and isinstance(result, torch.Tensor):
            self._took(func, args, kwargs, result, next_sequence_number())
        elif source is None:
            self.histories.unfollowed(func, args, result, self.span)
        return result

    def _get_gradient(self, func: Any, args: Any, kwargs: Any) -> Any:
        tensor = args[0]
        if not tensor.is_leaf and tensor.requires_grad and not tensor.retains_grad:
            self._listener.gradient_asked(tensor, self.span())
        return func(*args, **kwargs)

    def _set_gradient(self, func: Any, args: Any, kwargs: Any) -> None:
        func(*args, **kwargs)
        self._listener.gradient_set(args[0], args[1] if len(args) > 1 else None, self.span())

    # -- what a call made ----------------------------------------------------------------------------------------------

    def custom(self, func: Any, args: Any, result: Any, start: int) -> None:
        """Take down a call of a `torch.autograd.Function`, which no mode sees."""
        self.kernels.found = {}
        self._took(func, args, {}, result, start)

    def differentiable(self, run: Callable[[], Any], origin_of: Callable[[Any], Origin | None]) -> Any:
        """Run a backward pass that builds graphs of its own (`create_graph=True`, or a function of the program's that
        runs a forward pass again, as `checkpoint` does); take down their nodes, and from which ones they come.
        """
        kernels = Kernels(self.full_elements, self.holdings.settle_sharing, self.modules)
        self._running.append(kernels)
        try:
            with kernels.watching(next_sequence_number(), origin_of):
                return run()
        finally:
            self.keep_running()
            self._running.pop()

    def keep_running(self) -> None:
        """Take down the nodes that the backward pass under way has built so far: another one is about to need them."""
        site = self.site("backward", ()) if self._running else None
        if site is not None:
            self._keep_kernels(site, self._running[-1])

    def _took(self, func: Any, args: Any, kwargs: Any, result: Any, start: int) -> None:
        is_leaf = isinstance(result, torch.Tensor) and is_followed_leaf(result)
        given = (*args, *kwargs.values()) if kwargs else args
        if next_sequence_number() == start and not is_leaf:
            self.histories.unfollowed(func, given, result, self.span)
            return
        frame = program_frame(sys._getframe(2), self._is_program)
        if frame is None:
            return
        site = self._sites.find(func, frame, args, kwargs)
        if is_leaf:
            self.histories.born(result, func, given, site)
            self._listener.born(result, site)
            return
        self._keep_kernels(site, self.kernels)
        for output in result if isinstance(result, tuple | list) else (result,):
            function = function_of(output) if isinstance(output, torch.Tensor) else None
            if function is not None:
                sequence_number = function._sequence_nr()
                if sequence_number >= start:
                    self._keep_result(sequence_number, site, output, given)
                    if site.fold is not None:
                        site.fold.follow(sequence_number, func, given, frame, self.made)
                    if output is not result:
                        self.made[sequence_number].others = self._others(result, function)
                    return  # further outputs of the same node, or nodes that their kernels already told of

    def _others(self, results: Any, function: Function) -> dict[int, Reading] | None:
        """The values of the further outputs of one node, by `output_nr`."""
        own = [one for one in results[:MAX_OUTPUTS] if isinstance(one, torch.Tensor) and function_of(one) is function]
        others = {one.output_nr: read(one, self.full_elements) for one in own if one.output_nr}
        self.holdings.remember_all(others.values())
        return others or None

    def _keep_result(self, sequence_number: int, site: Site, result: torch.Tensor, given: tuple[Any, ...]) -> None:
        operands: tuple[Constant, ...] = ()
        for slot, _ in site.operands:
            if slot >= len(given) or not (isinstance(given[slot], torch.Tensor) and given[slot].requires_grad):
                operands = self.histories.constants(site, given, self.full_elements)
                break
        value = read(result, self.full_elements)
        module = self.modules[-1] if self.modules else None
        if len(self.made) > MAX_MADE:
            bound(self.made)
        known = self.made.get(sequence_number)
        made = self.made[sequence_number] = Made(value, size_of(result), result.dtype, None, site, module, operands)
        if known is not None:
            made.origin = known.origin
        if type(value) is Held:
            self.holdings.remember(value)

    def _keep_kernels(self, site: Site, kernels: Kernels) -> None:
        kernels.finish()
        for sequence_number, made in kernels.found.items():
            known = self.made.get(sequence_number)
            if known is not None and (known.origin or made.origin) is not None:
                known.origin = known.origin or made.origin  # of a call inside of a backward pass more is known
                continue
            made.site, made.module = site, made.module or (self.modules[-1] if self.modules else None)
            self.made[sequence_number] = made
            self.holdings.remember_all((made.value, *(made.others or {}).values()))

    # -- where the program is ------------------------------------------------------------------------------------------

    def site(self, func: Any, args: tuple[Any, ...]) -> Site | None:
        """The site of a call that no mode sees."""
        frame = self.frame()
        return None if frame is None else self._sites.find(func, frame, args, {})

    def span(self, start: FrameType | None = None) -> Span | None:
        """Where the program is now: in its innermost frame, looked for from `start` outwards."""
        return self._sites.span(program_frame(start or sys._getframe(1), self._is_program))

    def frame(self, start: FrameType | None = None) -> FrameType | None:
        """The innermost frame of the program that is running now, looked for from `start` outwards."""
        return program_frame(start or sys._getframe(1), self._is_program)

    def take_caller(self) -> FrameType | None:
        """The frame of the program that differentiates."""
        caller, self.caller = self.caller, None
        return program_frame(caller or sys._getframe(2), self._is_program)
