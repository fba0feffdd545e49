"""The recorder of one run: what the engine did becomes events, in the order it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from types import FrameType
from typing import Any

import torch
from torch.autograd.graph import Node as Function
from torch.autograd.graph import get_gradient_edge

from app.settings import Limits
from app.trace.model import (
    Cleared,
    Cut,
    Diagnostic,
    DiagnosticEvent,
    Event,
    Graph,
    GraphEvent,
    Moment,
    MomentEvent,
    Parameter,
    PassEvent,
    Span,
    Update,
    UpdateEvent,
)
from app.tracer.calls import Calls
from app.tracer.diagnostics import Diagnoser
from app.tracer.freed import freed_in
from app.tracer.metadata import is_tensor
from app.tracer.names import Names
from app.tracer.optimizers import Optimizers
from app.tracer.passes import Passes
from app.tracer.recording import Options, Recording
from app.tracer.source import Sources
from app.tracer.template import Template
from app.tracer.thinning import Thinning
from app.tracer.updates import Updates
from app.tracer.values import quiet
from app.tracer.walk import function_of

Call = Callable[[], Any]

MAX_CLEARED = 1_000
"""Leaves that one `zero_grad` names."""
MAX_UNDIFFERENTIATED = 4
"""Graphs shown of a program that never calls `backward()`."""


class RunCut(BaseException):
    """Ends a program that went past a limit; not an `Exception`, so that ordinary handlers let it pass."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut.limit)
        self.cut = cut


class Recorder:
    """Records one run.

    Args:
        source: the program.
        limits: how much may be recorded.
        send: takes each event as it happens.
        every: of each graph's steps only every so-maniest is kept.
    """

    def __init__(self, source: Sources, limits: Limits, send: Callable[[Event], None], every: int = 1) -> None:
        self.limits = limits
        self.is_program = source.is_program
        self.names = Names(source.is_program)
        self.updates = Updates(self)
        self.optimizers = Optimizers()
        self.calls = Calls(source, self.names, self.updates, limits.full_elements)
        self.passes = Passes(self.calls, self.names, limits, self.count, self._found)
        self.diagnoser = Diagnoser()
        self.pass_count = 0
        self.stop_reason: str | None = None
        self.leaf_ids: dict[int, str] = {}
        self._latest: Template | None = None
        """That of the latest pass, if it went over the leaves that the template holds: these need no second look."""
        self.update_count = 0
        self._thinning = Thinning(send, limits, every)
        self._send = self._thinning.send
        self._last_variables: dict[str, Any] = {}
        self._has_told_of_compiler = False

    # -- passes --------------------------------------------------------------------------------------------------------

    def backward(self, outputs: Iterable[Any], run: Call, options: Options) -> Any:
        """Record one run of the engine.

        Args:
            outputs: the differentiated tensors (or gradient edges).
            run: runs the engine.
            options: how the program called it.
        """
        if self.stop_reason is not None:
            self.check()
        self.calls.is_resting = False
        self.updates.flush()
        outputs = tuple(outputs)
        roots = [root for root in map(_root, outputs) if root is not None]
        if not roots or self.calls.histories.has_freed(roots[0]._sequence_nr()):
            return run()
        self.passes.meet(outputs)
        frame = self.calls.take_caller()
        with quiet():
            recording = self.passes.open(roots, frame, options)
        is_known = recording.laid.has_own_leaves and recording.template is self._latest
        if not is_known:
            for variable in recording.laid.variables:
                self.updates.know(variable)
        try:
            result = self.passes.run(recording, run, options.create_graph)
        except BaseException:
            recording.freed = freed_in(recording, self.calls.histories)
            self._close(recording, "forward", frame)
            recording.release()
            raise
        if options.accumulate:
            self.passes.read_accumulated(recording)
        else:
            self.passes.read_captured(recording, options.inputs, result)
            if not options.create_graph:
                self.calls.histories.differentiated(result, outputs[0], self.calls.span(frame))
        self._close(recording, "backward" if options.accumulate else "grad", frame)
        if not options.retain_graph:
            self.passes.forget(recording)
        recording.release()
        self.check()
        return result

    def _forward_only(self, tensors: list[torch.Tensor]) -> None:
        """Record the graphs of tensors that no other one was computed from."""
        latest = sorted(tensors, key=lambda one: one.grad_fn._sequence_nr(), reverse=True)  # type: ignore[union-attr]
        inner: set[Function] = set()
        for tensor in latest:
            root = tensor.grad_fn
            if root is not None and root not in inner and self.pass_count < MAX_UNDIFFERENTIATED:
                recording = self.passes.open([root], None)
                inner.update(recording.laid.nodes)
                self._close(recording, "forward")
                recording.release()

    def _close(self, recording: Recording, call: str, frame: FrameType | None = None) -> None:
        passed = self.passes.close(recording, call, self.calls.span(frame))
        template, laid = recording.template, recording.laid
        graph = template.graph
        if not laid.has_own_leaves or template is not self._latest:
            self.leaf_ids = dict(zip(map(id, laid.variables), template.leaf_ids, strict=True))
            self._latest = template if laid.has_own_leaves else None
        send = self._send
        send(PassEvent(passed))
        send(MomentEvent(Moment("forward", self.pass_count)))
        if call != "forward":
            send(MomentEvent(Moment("backward", self.pass_count)))
        self.pass_count += 1
        remarks = self.diagnoser.saw_pass(graph, passed)
        if remarks:
            self.tell(remarks)

    def _found(self, graph: Graph) -> None:
        self._send(GraphEvent(graph))

    # -- everything else that happens ----------------------------------------------------------------------------------

    def moment(self, moment: Moment) -> None:
        """Put a moment on the timeline."""
        self._send(MomentEvent(moment))
        if moment.kind == "zero_grad":
            self.diagnoser.saw_zero_grad()

    def cleared(self, leaves: Iterable[torch.Tensor], span: Span | None) -> None:
        """Gradients of leaves were cleared; None stands for all that took part in the latest pass."""
        own = {id(leaf): leaf for leaf in leaves}
        names = None
        if not self.leaf_ids or not self.leaf_ids.keys() <= own.keys():
            named = islice(own.items(), MAX_CLEARED)
            names = tuple([Cleared(self.name_of(leaf), self.leaf_ids.get(key)) for key, leaf in named])
        self.moment(Moment("zero_grad", span=span, cleared=names))

    def updated(self, update: Update) -> None:
        """Leaves were changed, by an optimizer or by hand."""
        self.optimizers.has_updates_by_hand |= update.optimizer == "in-place"
        self._send(UpdateEvent(update))
        self._send(MomentEvent(Moment("update", update=self.update_count, span=update.span)))
        self.update_count += 1
        remarks = self.diagnoser.saw_update(update)
        if remarks:
            self.tell(remarks)

    def tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Send diagnostics."""
        for diagnostic in diagnostics:
            self._send(DiagnosticEvent(diagnostic))

    def diagnose(self, code: str, span: Span | None, **parameters: Parameter) -> None:
        """Send a warning that the tracer itself noticed."""
        self.tell([Diagnostic(code, "warning", span, parameters)])

    def ran_uncompiled(self) -> None:
        """What `torch.compile` made was called, and runs as the program wrote it; told once."""
        if not self._has_told_of_compiler:
            self._has_told_of_compiler = True
            self.tell([Diagnostic("runs-uncompiled", "info", self.calls.span())])

    def printed(self, text: str) -> None:
        """The program printed."""
        self.updates.flush()
        self.moment(Moment("print", text=text, span=self.calls.span()))

    def name_of(self, leaf: torch.Tensor) -> str | None:
        """The program's name for a leaf."""
        return self.names.known(leaf) or self.names.of(leaf, self.calls.frame())

    def is_listening(self) -> bool:
        """Whether the program's own code runs now, and not code that torch runs on its behalf."""
        if self.calls.is_resting:
            return False
        # The program may have put a mode of its own on top of this one.
        depth = torch._C._len_torch_function_stack()
        if depth and torch._C._get_function_stack_at(depth - 1) is self.calls:
            return True
        return any(torch._C._get_function_stack_at(place) is self.calls for place in range(depth - 1))

    # -- the end -------------------------------------------------------------------------------------------------------

    def failed_at(self, error: BaseException) -> None:
        """Keep the variables of the frame where the program failed: they hold the graph that its author looks for."""
        traceback = error.__traceback__
        while traceback is not None:
            if self.is_program[traceback.tb_frame.f_code.co_filename]:
                self._last_variables = dict(traceback.tb_frame.f_locals)
            traceback = traceback.tb_next

    def finish(self, variables: dict[str, Any], has_failed: bool = False) -> None:
        """The program has ended: send what was held back, and the graphs of results that were never differentiated.

        Args:
            variables: of the program, as it left them.
            has_failed: it did not come to its own end, so that nothing can be said about what it leaves out.
        """
        with torch._C.DisableTorchFunction():
            self.updates.flush()
            if self.pass_count == 0:
                found = [*variables.values(), *self._last_variables.values()]
                tensors = {id(one): one for one in found if is_tensor(one) and function_of(one)}
                self._forward_only(list(tensors.values()))
        self._thinning.finish()
        self.tell(self.updates.lost())
        if not has_failed:
            self.tell(self.optimizers.idle(self.updates.knows))
        self.tell(self.diagnoser.finish(has_failed))

    # -- limits --------------------------------------------------------------------------------------------------------

    def count(self, limit: str, count: int, most: int) -> None:
        """Raise RunCut if a count is past its limit."""
        if count > most:
            raise RunCut(Cut(limit, most, limit))

    def check(self) -> None:
        """Raise what a signal asked for while the recorder was at work."""
        if self.stop_reason is not None:
            limit = self.stop_reason
            raise RunCut(Cut(limit, getattr(self.limits, limit), limit.rpartition("_")[2], self.calls.span()))


def _is_followed(output: Any) -> bool:
    return not isinstance(output, torch.Tensor) or output.requires_grad


def _root(output: Any) -> Function | None:
    """The node that a differentiated tensor, or gradient edge, starts from; None if autograd does not follow it."""
    if not isinstance(output, torch.Tensor):
        return output.node  # type: ignore[no-any-return]
    function = function_of(output)
    if function is not None:
        return function
    return get_gradient_edge(output).node if output.requires_grad else None
