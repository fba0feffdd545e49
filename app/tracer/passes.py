"""One pass: the graph under a loss is found, the engine runs under hooks on every node, and a `Pass` comes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import FrameType
from typing import Any

import msgspec
import torch
from torch.autograd.graph import Node as Function
from torch.autograd.graph import get_gradient_edge

from app.settings import Limits
from app.trace.model import Graph, Pass, Span, Value
from app.tracer.calls import Calls
from app.tracer.deduction import Deductions
from app.tracer.derivatives import Derivatives
from app.tracer.metadata import shape_of
from app.tracer.names import Names
from app.tracer.recording import Options, Recording
from app.tracer.sites import Made
from app.tracer.structure import Builder, Leaf, Parts, kept_by
from app.tracer.template import Laid, Template, Templates, kept_elements
from app.tracer.values import Held, Reading, quiet, read, settled
from app.tracer.walk import function_of, walk

Count = Callable[[str, int, int], None]


MANY_ELEMENTS = 10_000
"""Where the values of one graph would have more elements than this, larger ones are told by statistics: each pass would
take megabytes otherwise."""
FEW = 16
"""Up to so many elements are then still kept in full."""
MOST_ELEMENTS = 150_000
"""Where even those would be more elements than this, only single numbers are kept in full."""
MAX_WHOLE = 4
"""Graphs that keep nothing and are remembered: another pass may go over them."""


class Passes:
    """Records the passes of a run.

    Args:
        calls: what made the nodes.
        names: the program's names.
        limits: how much may be recorded.
        count: raises when a count is past its limit.
        found: told of each graph that was not seen before.
    """

    def __init__(
        self, calls: Calls, names: Names, limits: Limits, count: Count, found: Callable[[Graph], None]
    ) -> None:
        self._calls = calls
        self._names = names
        self._limits = limits
        self._count = count
        self._found = found
        self._templates = Templates(names, calls.histories)
        self._derivatives = Derivatives()
        self._deductions = Deductions()
        self._full_elements = limits.full_elements
        self._current: Recording | None = None
        self._whole: deque[tuple[list[int], Template]] = deque()
        """The latest graphs that the engine leaves whole: they keep nothing that could be freed."""
        self._gone: list[int] = []  # the numbers of the nodes that the latest pass has freed
        self.takes_hooks_away = False
        """Whether no hook may stay on a graph that the program keeps; in a child none lives long enough to matter."""

    # -- before --------------------------------------------------------------------------------------------------------

    def meet(self, outputs: Iterable[Any]) -> None:
        """Take down what is about to be differentiated, if no mode has seen how it was made."""
        self._calls.keep_running()
        made = self._calls.made
        for output in outputs:
            function = function_of(output) if isinstance(output, torch.Tensor) else None
            if function is not None and function._sequence_nr() not in made:
                value = read(output, self._full_elements)
                made[function._sequence_nr()] = Made(value, shape_of(output), output.dtype)

    def open(self, roots: list[Function], frame: FrameType | None, options: Options | None = None) -> Recording:
        """Find the graph under `roots`, and read its forward values.

        Raises:
            RunCut: the graph has more nodes than may be recorded, or the run more graphs.
        """
        known = self._templates.find(roots, self._calls.made, frame)
        template, laid = known if known is not None else self._meet(roots, frame)
        recording = Recording(template, laid, template.values(laid, template.full_elements), options)
        if template.full_elements < self._limits.full_elements:
            recording.summarise()
        return recording

    def _meet(self, roots: list[Function], frame: FrameType | None) -> tuple[Template, Laid]:
        """Walk a graph that no template fits, and make one of it."""
        found = walk(roots, self._limits.nodes)
        self._count("nodes", len(found.nodes), self._limits.nodes)
        self._count("graphs", self._templates.count + 1, self._limits.graphs)
        numbers = [node._sequence_nr() for node in found.nodes]
        made = list(map(self._calls.made.get, numbers))
        leaves = [self._leaf(node, frame) for node in found.nodes]
        constants = [(source, one) for source, how in enumerate(made) if how is not None for one in how.constants]
        kept = list(map(kept_by, found.nodes))
        parts = Parts(found, made, leaves, kept, constants, tuple(map(found.nodes.index, roots)))
        graph = Builder(self._names).build(parts, f"g{self._templates.count}", frame)
        if kept_elements(graph, self._full_elements) > MANY_ELEMENTS:
            few = FEW if kept_elements(graph, FEW) <= MOST_ELEMENTS else 1
            self._full_elements = min(few, self._full_elements)
            self._calls.full_elements = self._calls.kernels.full_elements = self._full_elements
        template = Template(graph, parts, self._full_elements)
        self._templates.add(template, roots, self._calls.made)
        self._found(graph)
        return template, Laid(found.nodes, made, [leaf.variable for leaf in leaves if leaf is not None], numbers)

    def _leaf(self, node: Any, frame: FrameType | None) -> Leaf | None:
        if node.name() != "torch::autograd::AccumulateGrad":
            return None
        leaf = node.variable
        return Leaf(leaf, self._names.of(leaf, frame), self._calls.histories.of_leaf(leaf))

    # -- while the engine runs -----------------------------------------------------------------------------------------

    def run(self, recording: Recording, run: Callable[[], Any], create_graph: bool) -> Any:
        """Run the engine with a hook on every node, or on the few that the others follow from.

        Args:
            recording: takes what the hooks tell.
            run: runs the engine; its answer is returned.
            create_graph: whether the backward pass is itself recorded as a graph.
        """
        if not create_graph:
            with quiet():
                self._derivatives.ask(recording)
        can_deduce = recording.is_plain and not self._calls.has_hooks and not recording.others
        deduction = self._deductions.find(recording) if can_deduce else None
        handles = self._hook(recording, deduction.hooked if deduction is not None else range(len(recording.laid.nodes)))
        outer, self._current = self._current, recording
        if outer is not None:  # a hook of the program's runs a backward pass inside of another one
            outer.is_open = False
        try:
            if create_graph or recording.template.runs_programs or self._calls.sees_hooks:
                result = self._calls.differentiable(run, recording.origin_of)
            else:
                result = run()
            if deduction is not None:
                deduction.fill(recording)
            elif can_deduce:
                self._deductions.learn(recording)
            return result
        finally:
            recording.is_open = False
            self._current = outer
            if outer is not None:
                outer.is_open = True
            # The engine frees most graphs, and their hooks with them; leaves outlive them all.
            if handles:
                for index in handles if create_graph or self.takes_hooks_away else recording.template.leaves:
                    if index in handles:
                        handles[index].remove()
            self._derivatives.complete(recording)

    def _hook(self, recording: Recording, hooked: Sequence[int]) -> dict[int, Any]:
        """Put a hook on nodes; the answer takes them away again."""
        handles: dict[int, Any] = {}
        if hooked:
            recording.is_hooked = True
            nodes = recording.laid.nodes
            # A hook of the program's may change what arrives; and of scalars all is seen, to hold deductions against.
            is_handed = not self._calls.has_hooks and not recording.template.is_scalar
            handed = recording.template.handed if is_handed else [None] * len(nodes)
            for index in hooked:
                ran = self._ran_several if index in recording.others else self._ran
                handles[index] = nodes[index].register_hook(partial(ran, recording, handed, index))
        return handles

    def _ran(self, recording: Recording, handed: Sequence[int | None], index: int, sent: Any, arrived: Any) -> None:
        """The engine ran a node: upstream gradients have arrived, and one gradient is sent to each input.

        Args:
            recording: takes it down.
            handed: for each node the edge whose flow is all that arrives there, if it need not be read again.
            index: of the node.
            sent: its `grad_inputs`.
            arrived: its `grad_outputs`.
        """
        if not recording.is_open:  # a node of a kept graph runs again in another pass
            return
        full = recording.template.full_elements
        recording.order.append(index)
        way = handed[index]
        if way is not None:
            recording.gradients[index] = recording.flows[way]
        else:
            gradient = next((one for one in arrived if one is not None), None)
            if gradient is not None:
                recording.gradients[index] = self._arrived(gradient, full)
        for slot, edge in recording.template.edges_of[index]:
            gradient = sent[slot] if slot < len(sent) else None
            if gradient is not None:
                recording.flows[edge] = self._arrived(gradient, full)

    def _ran_several(
        self, recording: Recording, handed: Sequence[int | None], index: int, sent: Any, arrived: Any
    ) -> None:
        """`_ran` for a node with several outputs."""
        if recording.is_open:
            self._ran(recording, handed, index, sent, arrived)
            full = recording.template.full_elements
            own = arrived[: recording.template.outputs[index]]
            recording.arrived[index] = [None if one is None else read(one, full) for one in own]

    def _arrived(self, gradient: torch.Tensor, full: int) -> Reading:
        reading = read(gradient, full)
        if type(reading) is Held:
            self._calls.holdings.gather(reading)
        return reading

    # -- after ---------------------------------------------------------------------------------------------------------

    def read_accumulated(self, recording: Recording) -> None:
        """After `backward()`: read every leaf's `.grad`."""
        full = recording.template.full_elements
        template = recording.template
        if len(recording.accumulated) == len(template.leaves):  # known by what was deduced from them
            return
        for index, node, variable in zip(template.leaves, template.leaf_ids, recording.laid.variables, strict=True):
            gradient = variable.grad
            if gradient is not None:
                # A first gradient is taken over as it is.
                is_first = index in recording.clean
                recording.accumulated[node] = recording.gradients[index] if is_first else read(gradient, full)

    def read_captured(self, recording: Recording, inputs: Any, result: Any) -> None:
        """After `autograd.grad`, which hands gradients over instead of running leaves: they count as the last."""
        index = {node: number for number, node in enumerate(recording.laid.nodes)}
        for tensor, gradient in zip(inputs, result, strict=False):
            node = get_gradient_edge(tensor).node if isinstance(tensor, torch.Tensor) else tensor.node
            number = index.get(node)
            if number is not None and gradient is not None and recording.gradients[number] is None:
                recording.gradients[number] = read(gradient, recording.template.full_elements)
                recording.order.append(number)

    def close(self, recording: Recording, call: Any, span: Span | None) -> Pass:
        """Make the pass of what was taken down.

        Raises:
            RunCut: the pass has more values than a run may keep.
        """
        template = recording.template
        # Forward values may have been taken down after another graph had made values scarce.
        is_large = not template.is_small or self._full_elements < template.full_elements
        if is_large or template.most_readings > self._limits.values:
            readings = recording.readings()
            self._count("values", len(readings) - readings.count(None), self._limits.values)
            held = [one for one in readings if type(one) is Held]
            self._calls.holdings.settle_pass(held)
        # Scalars are read at once: nothing of them is held back.
        final: Any = tuple if template.is_scalar else _settled
        accumulated: Any = recording.accumulated
        if not template.is_scalar:
            accumulated = {node: settled(one) for node, one in accumulated.items()}
        return Pass(
            graph=template.graph.id,
            call=call,
            loss=settled(recording.values[template.roots[0]]),
            values=final(recording.values),
            gradients=final(recording.gradients),
            flows=final(recording.flows),
            derivatives=tuple(recording.derivatives),
            accumulated=accumulated,
            order=tuple(recording.order),
            span=span,
            outputs=recording.outputs(),
            saved=recording.saved or msgspec.UNSET,
            freed=recording.freed or msgspec.UNSET,
        )

    def forget(self, recording: Recording) -> None:
        """Let go of what made a graph that the engine has freed, or of an earlier one that it can run again."""
        numbers, template = recording.laid.numbers, recording.template
        if template.can_run_again:
            self._whole.append((numbers, template))
            if len(self._whole) <= MAX_WHOLE:
                return
            numbers, template = self._whole.popleft()
        self._calls.histories.freed(numbers, template.graph)
        # Another loss may share a part of it: then that is gone, but is to be shown with its values.
        numbers, self._gone = self._gone, numbers
        made = self._calls.made
        for number in numbers:
            made.pop(number, None)


def _settled(readings: list[Reading]) -> tuple[Value, ...]:
    return tuple([one.value if isinstance(one, Held) else one for one in readings])  # `settled`, but no call for each
