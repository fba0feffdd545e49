"""The recorder of one run: what the engine did becomes events, in the order it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any

import torch
from torch.autograd.graph import Node as Function
from torch.autograd.graph import get_gradient_edge

from app.settings import Limits
from app.trace.model import (
    Cut,
    Diagnostic,
    DiagnosticEvent,
    Event,
    Graph,
    GraphEvent,
    Moment,
    MomentEvent,
    Parameter,
    Pass,
    PassEvent,
    Span,
    Update,
    UpdateEvent,
    Value,
)
from app.tracer.calls import Calls
from app.tracer.derivatives import Derivatives
from app.tracer.diagnostics import Diagnoser
from app.tracer.names import Names
from app.tracer.source import FILENAME, Source
from app.tracer.structure import Builder, Leaf, Parts, place_constants
from app.tracer.updates import Updates
from app.tracer.values import Held, Reading, read, settle, settled
from app.tracer.walk import walk

Call = Callable[[], Any]

MAX_UNDIFFERENTIATED = 4
"""Graphs shown of a program that never calls `backward()`."""


class RunCut(BaseException):
    """Ends a program that went past a limit; not an `Exception`, so that ordinary handlers let it pass."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut.limit)
        self.cut = cut


class Recording:
    """One pass while the engine runs: places for everything it will tell."""

    __slots__ = (
        "accumulated",
        "derivatives",
        "edges_of",
        "flows",
        "gradients",
        "graph",
        "is_open",
        "memory",
        "order",
        "parts",
        "values",
    )

    def __init__(self, parts: Parts, graph: Graph, values: list[Reading]) -> None:
        self.parts = parts
        self.graph = graph
        self.values = values
        self.gradients: list[Reading] = [None] * len(graph.nodes)
        self.flows: list[Reading] = [None] * len(graph.edges)
        self.derivatives: list[Value] = [None] * len(graph.edges)
        self.accumulated: dict[str, Reading] = {}
        self.order: list[int] = []
        self.is_open = True
        self.memory: dict[tuple[int, torch.Size], Held] = {}
        self.edges_of: list[list[tuple[int, int]]] = [[] for _ in parts.walk.nodes]
        for edge, link in enumerate(parts.walk.links):
            self.edges_of[link.source].append((link.slot, edge))


class Recorder:
    """Records one run.

    Args:
        source: the program.
        limits: how much may be recorded.
        send: takes each event as it happens.
    """

    def __init__(self, source: Source, limits: Limits, send: Callable[[Event], None]) -> None:
        self.limits = limits
        self.names = Names()
        self.updates = Updates(self)
        self.calls = Calls(source, self.names, self.updates, limits.full_elements)
        self.diagnoser = Diagnoser()
        self.graphs: dict[Any, Graph] = {}
        self.pass_count = 0
        self.value_count = 0
        self.stop_reason: str | None = None
        self.leaf_ids: dict[int, str] = {}
        self._update_count = 0
        self._builder = Builder(self.names)
        self._derivatives = Derivatives()
        self._send = send
        self._last_moment = ""
        self._last_variables: dict[str, Any] = {}
        self._module_names: dict[int, str | None] = {}

    # -- passes --------------------------------------------------------------------------------------------------------

    def backward(self, outputs: Iterable[Any], run: Call, options: dict[str, Any]) -> Any:
        """Record one run of the engine.

        Args:
            outputs: the differentiated tensors (or gradient edges).
            run: runs the engine.
            options: `retain_graph`, `create_graph`, `accumulate` (False for `autograd.grad`) and `inputs`.
        """
        self.check()
        self.count("passes", self.pass_count + 1, self.limits.passes)
        self.updates.flush()
        frame = self.calls.frame()
        roots = [
            get_gradient_edge(one).node if isinstance(one, torch.Tensor) else one.node
            for one in outputs
            if _is_followed(one)
        ]
        recording = self._open(roots, frame) if roots else None
        if recording is None:
            return run()
        handles = self._listen(recording)
        if not options["create_graph"]:
            self._derivatives.fill(recording)
        try:
            result = self._run(run, options["create_graph"])
        except BaseException:
            self._close(recording, handles, "forward")
            raise
        if options["accumulate"]:
            self._read_accumulated(recording)
        else:
            self._read_captured(recording, options["inputs"], result)
        self._close(recording, handles, "backward" if options["accumulate"] else "grad")
        self.leaf_ids = {id(leaf.variable): f"n{index}" for index, leaf in enumerate(recording.parts.leaves) if leaf}
        self._forget(recording, options["retain_graph"])
        self.check()
        return result

    def _run(self, run: Call, create_graph: bool) -> Any:
        return self.calls.differentiable(run) if create_graph else run()

    def _forward_only(self, tensors: list[torch.Tensor]) -> None:
        """Record the graphs of tensors that no other one was computed from."""
        latest = sorted(tensors, key=lambda one: one.grad_fn._sequence_nr(), reverse=True)  # type: ignore[union-attr]
        inner: set[Function] = set()
        for tensor in latest:
            root = tensor.grad_fn
            if root is not None and root not in inner and self.pass_count < MAX_UNDIFFERENTIATED:
                recording = self._open([root], None)
                inner.update(recording.parts.walk.nodes)
                self._close(recording, [], "forward")

    def _open(self, roots: list[Function], frame: FrameType | None) -> Recording:
        found = walk(roots)
        self.count("nodes", len(found.nodes), self.limits.nodes)
        made = [self.calls.made.get(node._sequence_nr()) for node in found.nodes]
        leaves = [self._leaf(node, frame) for node in found.nodes]
        for one in made:
            if one is not None and one.module is not None and id(one.module) not in self._module_names:
                self._module_names[id(one.module)] = self.names.of_module(one.module, frame)
        constants = [(source, one) for source, how in enumerate(made) if how is not None for one in how.constants]
        parts = Parts(found, made, leaves, constants, frozenset(found.nodes.index(root) for root in roots))
        graph = self._graph(parts, frame)
        values: list[Reading] = [
            how.value
            if how is not None
            else read(leaf.variable, self.limits.full_elements)
            if leaf is not None
            else None
            for how, leaf in zip(made, leaves, strict=True)
        ]
        placed: dict[int, Reading] = (
            {target: one.value for _, target, one in place_constants(parts)} if constants else {}
        )
        values += [placed[target] for target in range(len(values), len(graph.nodes))]
        return Recording(parts, graph, values)

    def _graph(self, parts: Parts, frame: FrameType | None) -> Graph:
        signature = parts.signature(self._module_names)
        graph = self.graphs.get(signature)
        if graph is None:
            self.count("graphs", len(self.graphs) + 1, self.limits.graphs)
            graph = self.graphs[signature] = self._builder.build(parts, f"g{len(self.graphs)}", frame)
            self._send(GraphEvent(graph))
        return graph

    def _leaf(self, node: Function, frame: FrameType | None) -> Leaf | None:
        variable = getattr(node, "variable", None)
        if variable is None or node.name() != "torch::autograd::AccumulateGrad":
            return None
        self.updates.know(variable)
        return Leaf(variable, self.names.of(variable, frame))

    # -- while the engine runs -----------------------------------------------------------------------------------------

    def _listen(self, recording: Recording) -> list[Any]:
        return [
            node.register_hook(partial(self._ran, recording, index))
            for index, node in enumerate(recording.parts.walk.nodes)
        ]

    def _ran(self, recording: Recording, index: int, grad_inputs: Any, grad_outputs: Any) -> None:
        """The engine ran a node: upstream gradients came in, and one gradient goes to each input."""
        if not recording.is_open:
            return
        recording.order.append(index)
        for gradient in grad_outputs:
            if gradient is not None:
                recording.gradients[index] = self._read(recording, gradient)
                break
        for slot, edge in recording.edges_of[index]:
            gradient = grad_inputs[slot] if slot < len(grad_inputs) else None
            if gradient is not None:
                recording.flows[edge] = self._read(recording, gradient)

    def _read(self, recording: Recording, tensor: torch.Tensor) -> Reading:
        """Read a gradient; a large one that arrives twice (as flow, then as upstream gradient) is held once."""
        if tensor.dim() == 0 or tensor.numel() <= self.limits.full_elements:
            return read(tensor, self.limits.full_elements)
        key = (tensor.data_ptr(), tensor.shape) if tensor.layout is torch.strided else (0, tensor.shape)
        held = recording.memory.get(key) if key[0] else None
        if held is None:
            reading = read(tensor, self.limits.full_elements)
            if not isinstance(reading, Held):
                return reading
            held = recording.memory[key] = reading
        return held

    def _read_accumulated(self, recording: Recording) -> None:
        for index, leaf in enumerate(recording.parts.leaves):
            if leaf is not None and leaf.variable.grad is not None:
                recording.accumulated[f"n{index}"] = read(leaf.variable.grad, self.limits.full_elements)

    def _read_captured(self, recording: Recording, inputs: Any, result: Any) -> None:
        """`autograd.grad` hands gradients over instead of running leaves: they count as the last to run."""
        index = {node: number for number, node in enumerate(recording.parts.walk.nodes)}
        for tensor, gradient in zip(inputs, result, strict=False):
            node = get_gradient_edge(tensor).node if isinstance(tensor, torch.Tensor) else tensor.node
            number = index.get(node)
            if number is not None and gradient is not None and recording.gradients[number] is None:
                recording.gradients[number] = self._read(recording, gradient)
                recording.order.append(number)

    def _close(self, recording: Recording, handles: list[Any], call: Any) -> None:
        recording.is_open = False
        for handle in handles:
            handle.remove()
        readings = [*recording.values, *recording.gradients, *recording.flows, *recording.accumulated.values()]
        settle(one for one in readings if isinstance(one, Held))
        self.value_count += sum(one is not None for one in readings)
        self.count("values", self.value_count, self.limits.values)
        passed = Pass(
            graph=recording.graph.id,
            call=call,
            loss=settled(recording.values[min(recording.parts.roots)]),
            values=tuple([settled(one) for one in recording.values]),
            gradients=tuple([settled(one) for one in recording.gradients]),
            flows=tuple([settled(one) for one in recording.flows]),
            derivatives=tuple(recording.derivatives),
            accumulated={node: settled(one) for node, one in recording.accumulated.items()},
            order=tuple(recording.order),
            span=self.calls.span(),
        )
        self._send(PassEvent(passed))
        self.moment(Moment("forward", pass_index=self.pass_count))
        if call != "forward":
            self.moment(Moment("backward", pass_index=self.pass_count))
        self.pass_count += 1
        self.tell(self.diagnoser.saw_pass(recording.graph, passed))

    def _forget(self, recording: Recording, is_kept: bool) -> None:
        """Let go of what made a graph that the engine has freed."""
        if not is_kept:
            for node in recording.parts.walk.nodes:
                self.calls.made.pop(node._sequence_nr(), None)

    # -- everything else that happens ----------------------------------------------------------------------------------

    def moment(self, moment: Moment) -> None:
        """Put a moment on the timeline."""
        self._last_moment = moment.kind
        self._send(MomentEvent(moment))
        self.tell(self.diagnoser.saw_moment(moment))

    def zeroed(self, span: Span | None) -> None:
        """Gradients were set to zero; the parameters of one sweep make one moment."""
        self.updates.flush()
        if self._last_moment != "zero_grad":
            self.moment(Moment("zero_grad", span=span))

    def updated(self, update: Update) -> None:
        """Leaves were changed, by an optimizer or by hand."""
        self._send(UpdateEvent(update))
        self.moment(Moment("update", update=self._update_count, span=update.span))
        self._update_count += 1
        self.tell(self.diagnoser.saw_update(update))

    def tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Send diagnostics."""
        for diagnostic in diagnostics:
            self._send(DiagnosticEvent(diagnostic))

    def diagnose(self, code: str, span: Span | None, **parameters: Parameter) -> None:
        """Send a warning that the tracer itself noticed."""
        self.tell([Diagnostic(code, "warning", span, parameters)])

    def printed(self, text: str) -> None:
        """The program printed."""
        self.updates.flush()
        self.moment(Moment("print", text=text, span=self.calls.span()))

    def name_of(self, leaf: torch.Tensor) -> str | None:
        """The program's name for a leaf."""
        return self.names.of(leaf, self.calls.frame())

    def is_listening(self) -> bool:
        """Whether the program's own code runs now, and not code that torch runs on its behalf."""
        return (
            torch._C._len_torch_function_stack() > 0
            and torch._C._get_function_stack_at(torch._C._len_torch_function_stack() - 1) is self.calls
        )

    # -- the end -------------------------------------------------------------------------------------------------------

    def failed_at(self, error: BaseException) -> None:
        """Keep the variables of the frame where the program failed: they hold the graph that its author looks for."""
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == FILENAME:
                self._last_variables = dict(traceback.tb_frame.f_locals)
            traceback = traceback.tb_next

    def finish(self, variables: dict[str, Any]) -> None:
        """The program has ended: send what was held back, and the graphs of results that were never differentiated."""
        self.updates.flush()
        if self.pass_count == 0:
            found = [*variables.values(), *self._last_variables.values()]
            tensors = {id(one): one for one in found if isinstance(one, torch.Tensor) and one.grad_fn is not None}
            self._forward_only(list(tensors.values()))
        self.tell(self.diagnoser.finish())

    # -- limits --------------------------------------------------------------------------------------------------------

    def count(self, limit: str, count: int, most: int) -> None:
        """Raise RunCut if a count is past its limit."""
        if count > most:
            raise RunCut(Cut(limit, most, limit))

    def check(self) -> None:
        """Raise what a signal asked for while the recorder was at work."""
        if self.stop_reason is not None:
            limit = self.stop_reason
            raise RunCut(Cut(limit, getattr(self.limits, limit), limit.rpartition("_")[2]))


def _is_followed(output: Any) -> bool:
    return not isinstance(output, torch.Tensor) or output.requires_grad
