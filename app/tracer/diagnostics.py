"""What a good teacher would remark while watching the run: works on the records alone, without torch.

Each remark is made once, where it first holds. A pass over a known graph costs a look at its loss and its leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from app.trace.model import Diagnostic, Graph, Parameter, ParameterUpdate, Pass, Span, Update, Value
from app.tracer.course import Course
from app.tracer.magnitudes import broken, is_zero, number, show
from app.tracer.outline import Outline
from app.tracer.remarks import cancel_remarks, depth_remarks, is_broken, origins, remark

DEAD_PASSES = 3
"""Passes in a row without any output before a ReLU counts as dead."""


class Diagnoser:
    """Is fed records in the order they are made, and answers with remarks."""

    def __init__(self) -> None:
        self._outlines: dict[str, Outline] = {}
        self._latest: tuple[Outline, Pass] | None = None
        self._said: set[tuple[str, Parameter]] = set()
        self._course = Course()
        self._passes = 0
        self._passes_since_zero = 0
        self._stepped_since_zero = False
        self._cleared_after_pass = False
        self._pass_pending = False
        self._has_backward = False
        self._dead: dict[tuple[str, int], int] = {}
        self._reached: dict[str, tuple[Span | None, list[Outline]]] = {}
        """Leaves that got gradients, and the graphs in which they did."""
        self._asked_for: set[str | None] = set()
        """Leaves whose gradient `autograd.grad` has handed to the program: what becomes of it is not an optimizer's."""
        self._optimized: set[str] = set()
        self._slopes: dict[str, Value] = {}

    # -- records -----------------------------------------------------------------------------------------------------

    def saw_pass(self, graph: Graph, passed: Pass) -> Collection[Diagnostic]:
        """Take the next pass and its graph.

        Args:
            graph: the graph it went over.
            passed: the pass.

        Returns:
            Remarks, usually none.
        """
        outline = self._outlines.get(graph.id)
        is_new = outline is None
        if outline is None:
            outline = self._outlines[graph.id] = Outline(graph)
        self._latest = outline, passed
        self._passes += 1
        self._passes_since_zero += 1
        self._cleared_after_pass = False
        self._pass_pending = True
        found: list[Iterable[Diagnostic]] = []
        if is_new:
            found.append(self._first_look(outline, passed))
        if passed.freed:
            found.append(self._freed(outline, passed.freed, passed.span))
        if is_broken(outline, passed):
            found.append(self._broken(outline, passed))
        if outline.relus:
            found.append(self._dead_relus(outline, passed, DEAD_PASSES))
        return self._once(chain.from_iterable(found)) if found else ()

    def saw_zero_grad(self) -> None:
        """Take note that gradients were set to zero, or dropped."""
        self._cleared_after_pass |= self._pass_pending
        self._passes_since_zero = 0
        self._stepped_since_zero = False

    def saw_update(self, update: Update) -> Collection[Diagnostic]:
        """Take the next update; the pass before it has been seen."""
        found: list[Iterable[Diagnostic]] = []
        if self._latest is not None:
            loss: Value = self._latest[1].loss
            loss = loss if type(loss) is float else number(loss)
            if self._stepped_since_zero and self._passes_since_zero > 1:
                found.append(self._piled_up(update))
            if loss is not None and ("zero-grad-forgotten", None) not in self._said:
                found.append(self._course.follow(loss, update))
            if self._latest[0].linear:
                found.append(self._slope(update))
        if update.optimizer != "in-place" and self._note_optimized(update):
            found.append(self._idle(update))
        remarks = self._once(chain.from_iterable(found)) if found else ()
        self._stepped_since_zero = True
        self._cleared_after_pass = self._pass_pending = False
        return remarks

    def finish(self, has_failed: bool = False) -> Iterable[Diagnostic]:
        """Say what could only be known at the end.

        Args:
            has_failed: the program ended in an error, which says more than remarks about what is missing.
        """
        found: list[Iterable[Diagnostic]] = []
        if self._latest is not None:
            outline, passed = self._latest
            found.append(self._dead_relus(outline, passed, 1))
            found.append(self._left_out())
            if passed.call != "forward":
                found.append(depth_remarks(outline, passed, self._passes - 1))
        if not has_failed and not self._has_backward:
            found.append([remark("forward-only" if self._latest else "nothing-recorded", "info")])
        return self._once(chain.from_iterable(found))

    def _once(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Keep remarks that have not been made; some are made once for each variable."""
        fresh: list[Diagnostic] = []
        for diagnostic in found:
            key = diagnostic.code, diagnostic.parameters.get("variable") if diagnostic.code in BY_VARIABLE else None
            if key not in self._said:
                self._said.add(key)
                fresh.append(diagnostic)
        return fresh

    # -- passes ------------------------------------------------------------------------------------------------------

    def _first_look(self, outline: Outline, passed: Pass) -> Iterator[Diagnostic]:
        """A graph not seen before."""
        yield from outline.remarks()
        if passed.call == "forward":
            return
        self._has_backward = True
        nodes = outline.graph.nodes
        for leaf in outline.leaves:
            if passed.gradients[leaf] is None:
                continue
            if passed.call == "grad":
                self._asked_for.add(nodes[leaf].variable)
            else:
                self._reached.setdefault(nodes[leaf].variable or "", (nodes[leaf].span, []))[1].append(outline)
        for step in outline.steps:
            parameters: dict[str, Parameter] = {"label": nodes[step].label}
            yield remark("step-function", "warning", nodes[step].span, parameters, self._passes - 1, nodes[step].id)
        yield from cancel_remarks(outline, passed, self._passes - 1)
        yield from depth_remarks(outline, passed, self._passes - 1)
        gradients = [passed.gradients[leaf] for leaf in outline.leaves]
        if self._passes == 1 and gradients and all(is_zero(gradient) for gradient in gradients):
            yield remark("gradient-zero", "warning", passed.span, None, self._passes - 1)

    def _freed(self, outline: Outline, freed: tuple[int, ...], span: Span | None) -> Iterator[Diagnostic]:
        """Two losses share a part of a graph, and the first one's pass has freed it."""
        node = outline.graph.nodes[min(freed)]
        parameters: dict[str, Parameter] = {"label": node.label, "count": len(freed)}
        yield remark("graph-freed", "warning", span, parameters, self._passes - 1, node.id)

    def _broken(self, outline: Outline, passed: Pass) -> Iterator[Diagnostic]:
        """Find where NaN or infinity came in: first forward, from the leaves on, then backward, from the loss on."""
        if ("nan-or-inf-forward", None) in self._said or ("nan-or-inf-backward", None) in self._said:
            return
        nodes = outline.graph.nodes
        for index in origins(outline, passed):
            node, value = nodes[index], broken(passed.values[index])
            parameters: dict[str, Parameter] = {"label": node.label or node.name, "value": value}
            yield remark("nan-or-inf-forward", "warning", node.span, parameters, self._passes - 1, node.id)
            return
        for index in passed.order:
            flow = next((flow for flow in outline.flows_from(index, passed) if broken(flow)), None)
            if flow is not None:
                node = nodes[index]
                parameters = {"label": node.label or node.name, "value": broken(flow)}
                yield remark("nan-or-inf-backward", "warning", node.span, parameters, self._passes - 1, node.id)
                return

    def _dead_relus(self, outline: Outline, passed: Pass, passes: int) -> Iterator[Diagnostic]:
        """Count passes in which a ReLU let nothing through."""
        for index in outline.relus:
            key = outline.graph.id, index
            if not is_zero(passed.values[index]):
                self._dead[key] = 0
                continue
            if passes > 1:
                self._dead[key] = self._dead.get(key, 0) + 1
            if self._dead.get(key, 0) >= passes:
                node = outline.graph.nodes[index]
                parameters: dict[str, Parameter] = {"label": node.label}
                yield remark("dead-relu", "warning", node.span, parameters, self._passes - 1, node.id)

    # -- updates -----------------------------------------------------------------------------------------------------

    def _piled_up(self, update: Update) -> Iterator[Diagnostic]:
        """A step after a step without `zero_grad` between them: compare `.grad` with what this pass gave."""
        if ("zero-grad-forgotten", None) in self._said:
            return
        for parameter, own in self._own_gradients(update):
            if own != parameter.gradient and parameter.gradient is not None:
                parameters: dict[str, Parameter] = {
                    "variable": parameter.variable or parameter.node,
                    "gradient": show(parameter.gradient),
                    "own": show(own),
                    "earlier": self._passes_since_zero - 1,
                }
                yield remark(
                    "zero-grad-forgotten", "warning", update.span, parameters, update.pass_index, parameter.node
                )
                return

    def _own_gradients(self, update: Update) -> Iterator[tuple[ParameterUpdate, Value]]:
        """Pair each parameter with the gradient that the latest pass alone gave it."""
        assert self._latest is not None
        outline, passed = self._latest
        for parameter in update.parameters:
            index = outline.index.get(parameter.node or "")
            if index is not None and passed.gradients[index] is not None:
                yield parameter, passed.gradients[index]

    def _slope(self, update: Update) -> Iterator[Diagnostic]:
        """A leaf that only linear operations lead from: with the same slope twice, the loss has no lower bound."""
        assert self._latest is not None
        outline, _ = self._latest
        if update.options.get("maximize") or update.options.get("weight_decay"):
            return
        for parameter, own in self._own_gradients(update):
            node = parameter.node or ""
            if node not in outline.linear or ("loss-unbounded", parameter.variable) in self._said:
                continue
            if self._slopes.get(node) == own and not is_zero(own) and not broken(own):
                parameters: dict[str, Parameter] = {"variable": parameter.variable or node, "gradient": show(own)}
                yield remark("loss-unbounded", "warning", update.span, parameters, update.pass_index, node)
            self._slopes[node] = own

    def _idle(self, update: Update) -> Iterator[Diagnostic]:
        """An optimizer stepped without gradients."""
        given = update.parameters
        if self._cleared_after_pass and given and all(not one.gradient or is_zero(one.gradient) for one in given):
            yield remark("zero-grad-before-step", "warning", update.span, None, update.pass_index)
            return
        idle = [one for one in update.parameters if one.gradient is None and one.before == one.after]
        for parameter in idle:
            parameters: dict[str, Parameter] = {"variable": parameter.variable or parameter.node or "…"}
            yield remark("parameter-without-gradient", "warning", update.span, parameters, update.pass_index)

    def _note_optimized(self, update: Update) -> bool:
        """Keep the names of the parameters an update was given, by the update and by the graph.

        Returns:
            Whether it may have had no gradients to go by.
        """
        outline = self._latest[0] if self._latest is not None else None
        may_be_idle = self._cleared_after_pass
        for parameter in update.parameters:
            self._optimized.add(parameter.variable or "")
            index = outline.index.get(parameter.node or "") if outline is not None else None
            if outline is not None and index is not None:
                self._optimized.add(outline.graph.nodes[index].variable or "")
            may_be_idle = may_be_idle or parameter.gradient is None
        return may_be_idle

    def _left_out(self) -> Iterator[Diagnostic]:
        """Leaves that got gradients together with others, on which alone an optimizer was at work."""
        spared = self._optimized | self._asked_for
        for variable, (span, outlines) in self._reached.items() if self._optimized else ():
            if variable and variable not in spared:
                nodes = ((one.graph.nodes, leaf) for one in outlines for leaf in one.leaves)
                if any(own[leaf].variable in self._optimized for own, leaf in nodes):
                    yield remark("parameter-not-in-optimizer", "warning", span, {"variable": variable})


BY_VARIABLE = frozenset({
    "parameter-without-gradient", "parameter-not-in-optimizer", "constant-like-parameter", "loss-unbounded",
})  # fmt: skip
