"""What has come of one run so far, and whether the next event may follow it.

Each event is checked against the ones before it and against `Limits`, and its texts are made harmless: bounded, and
without the control characters that could write on a terminal or turn the direction of a line.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.settings import Limits
from app.trace.codec import ReplyError, past_limit
from app.trace.findings import check_landscape, check_nodes, clean_check
from app.trace.model import (
    Cleared,
    Diagnostic,
    DiagnosticEvent,
    EndEvent,
    Event,
    Failure,
    Graph,
    GraphEvent,
    MomentEvent,
    ParameterUpdate,
    PassEvent,
    ProgramEvent,
    TensorValue,
    Update,
    UpdateEvent,
    Value,
)
from app.trace.outcomes import clean_trial, size_of
from app.trace.soundness import (
    check_edge,
    check_entries,
    check_number,
    check_slug,
    check_span,
    check_tensor,
    clean_name,
    clean_node,
    clean_parameters,
    clean_saved,
    clean_text,
    require,
)
from app.trace.study import CheckEvent, LandscapeEvent, NodeCheckEvent
from app.trace.trials import CellsEvent, CurvatureEvent, ExplainEvent, ProjectionEvent, RacerEvent, SurfaceEvent

_PARAMETERS = 20_000
_PROGRAM_AROUND_EXPRESSION = 4096


class Ledger:
    """Counts and checks the events of one run, in the order they come."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started = self._ended = False
        self._graphs: dict[str, Graph] = {}
        self._node_ids: dict[str, frozenset[str]] = {}
        self._passes: list[str] = []
        self._counts = dict.fromkeys(("nodes", "values", "updates", "moments", "diagnostics", "output_bytes"), 0)
        self._counts |= {"cells": 0, "checked_elements": 0}

    def enter(self, event: Event) -> Event:
        """Check the next event.

        Returns:
            The event with harmless texts.

        Raises:
            ReplyError: the event contradicts itself or an earlier one, or goes past a limit.
        """
        require(not self._ended, "an event after the end")
        match event:
            case ProgramEvent():
                return self._program(event)
            case EndEvent():
                return self._end(event)
        require(self._started, "an event before the program")
        match event:
            case GraphEvent():
                return GraphEvent(self._graph(event.graph))
            case PassEvent():
                return self._pass(event)
            case UpdateEvent():
                return UpdateEvent(self._update(event.update))
            case MomentEvent():
                return self._moment(event)
            case DiagnosticEvent():
                return DiagnosticEvent(self._diagnostic(event.diagnostic))
            case LandscapeEvent():
                self._count("cells", event.losses.count)
                return check_landscape(event)
            case CheckEvent():
                self._count("checked_elements", sum(len(leaf.elements) for leaf in event.leaves))
                return clean_check(event)
            case NodeCheckEvent():
                self._count("nodes", len(event.nodes) + len(event.unchecked))
                return check_nodes(event)
            case CellsEvent() | RacerEvent() | ProjectionEvent() | SurfaceEvent() | CurvatureEvent() | ExplainEvent():
                self._count("values", size_of(event))
                return clean_trial(event)

    def _count(self, name: str, more: int = 1) -> None:
        self._counts[name] += more
        if self._counts[name] > getattr(self._limits, name):
            raise past_limit(self._limits, name)

    # -- the frame: first and last event -------------------------------------------------------------------------------

    def _program(self, event: ProgramEvent) -> Event:
        require(not self._started, "a second program")
        self._started = True
        # An expression's program is longer than the expression: its leaves, their values and the loop stand around it.
        require(len(event.program) <= 4 * self._limits.source_bytes + _PROGRAM_AROUND_EXPRESSION, "program too long")
        return ProgramEvent(clean_text(event.program))

    def _end(self, event: EndEvent) -> Event:
        self._ended = True
        cut, failure = event.cut, event.failure
        if cut is not None:
            check_slug(cut.limit)
            check_slug(cut.unit)
            check_number(cut.value)
            check_span(cut.span)
        if failure is not None:
            check_slug(failure.code)
            check_span(failure.span)
            failure = Failure(failure.code, clean_parameters(failure.parameters), failure.span)
        return EndEvent(cut, failure)

    # -- graphs --------------------------------------------------------------------------------------------------------

    def _graph(self, graph: Graph) -> Graph:
        require(graph.id == f"g{len(self._graphs)}", "id of a graph")
        if len(self._graphs) == self._limits.graphs:
            raise past_limit(self._limits, "graphs")
        self._count("nodes", len(graph.nodes))
        nodes = tuple(map(clean_node, graph.nodes))
        ids = frozenset(node.id for node in nodes)
        require(len(ids) == len(nodes), "two nodes with one id")
        require(len(graph.edges) <= 4 * self._limits.nodes, "too many edges")
        for edge in graph.edges:
            check_edge(edge, ids)
        for node in nodes:
            origin = node.origin
            require(not origin or origin.node in self._node_ids.get(origin.graph, ()), "a node from nowhere")
        self._count("values", sum(len(node.outputs or ()) for node in nodes))
        require(len({edge.id for edge in graph.edges}) == len(graph.edges), "two edges with one id")
        kept = Graph(graph.id, nodes, graph.edges)
        self._graphs[graph.id] = kept
        self._node_ids[graph.id] = ids
        return kept

    # -- passes --------------------------------------------------------------------------------------------------------

    def _pass(self, event: PassEvent) -> PassEvent:
        pass_ = event.pass_
        if len(self._passes) == self._limits.passes:
            raise past_limit(self._limits, "passes")
        graph = self._graphs.get(pass_.graph)
        if graph is None:
            raise ReplyError("a pass over no graph")
        nodes, edges = len(graph.nodes), len(graph.edges)
        require(len(pass_.values) == len(pass_.gradients) == nodes, "values that do not fit the nodes")
        require(len(pass_.flows) == len(pass_.derivatives) == edges, "flows that do not fit the edges")
        require(len(set(pass_.order)) == len(pass_.order), "a node twice in the order")
        require(all(0 <= index < nodes for index in pass_.order), "the order of no node")
        require(all(0 <= index < nodes for index in pass_.freed or ()), "no node was freed")
        require(pass_.number is msgspec.UNSET or len(self._passes) <= pass_.number < 2**53, "number of a pass")
        require(pass_.accumulated.keys() <= self._node_ids[pass_.graph], "a gradient of no node")
        check_span(pass_.span)
        self._values((pass_.loss,))
        for values in (pass_.values, pass_.gradients, pass_.flows, pass_.derivatives, pass_.accumulated.values()):
            self._values(values)
        ids = self._node_ids[pass_.graph]
        for node, outputs in (pass_.outputs or {}).items():
            require(node in ids, "outputs of no node")
            self._values(value for output in outputs for value in (output.value, output.gradient))
        self._passes.append(pass_.graph)
        if not pass_.saved:
            return event
        require(pass_.saved.keys() <= ids, "what no node saved")
        saved = {node: clean_saved(kept) for node, kept in pass_.saved.items()}
        self._count("values", sum(map(len, saved.values())))
        return PassEvent(msgspec.structs.replace(pass_, saved=saved))

    def _values(self, values: Iterable[Value]) -> None:
        elements = 0
        for value in values:
            if value is None:
                continue
            elements += 1
            if type(value) is int:
                check_number(value)
            elif isinstance(value, TensorValue):
                elements += check_tensor(value, self._limits.full_elements)
        self._count("values", elements)

    # -- updates, moments, diagnostics ---------------------------------------------------------------------------------

    def _update(self, update: Update) -> Update:
        self._count("updates")
        check_span(update.span)
        require(len(update.parameters) <= _PARAMETERS, "too many parameters")
        parameters = tuple(self._parameter(parameter, update.pass_index) for parameter in update.parameters)
        self._check_pass(update.pass_index)
        earlier = range(self._counts["updates"] - 1)
        require(update.previous is None or update.previous in earlier, "an update before one that never came")
        name, options = clean_name(update.optimizer), clean_parameters(update.options)
        return msgspec.structs.replace(update, optimizer=name, options=options, parameters=parameters)

    def _parameter(self, parameter: ParameterUpdate, pass_index: int | None) -> ParameterUpdate:
        self._check_node(parameter.node, pass_index)
        self._values((parameter.before, parameter.gradient, parameter.after))
        check_entries(parameter.state)
        self._values(parameter.state.values())
        variable = None if parameter.variable is None else clean_name(parameter.variable)
        state = {clean_name(key): value for key, value in parameter.state.items()}
        return msgspec.structs.replace(parameter, variable=variable, state=state)

    def _moment(self, event: MomentEvent) -> Event:
        moment = event.moment
        self._count("moments")
        check_span(moment.span)
        self._check_pass(moment.pass_index)
        require((moment.text is not None) == (moment.kind == "print"), "text of a moment")
        require((moment.update is not None) == (moment.kind == "update"), "update of a moment")
        require(moment.pass_index is not None or moment.kind not in ("forward", "backward"), "pass of a moment")
        require((moment.left_out is not None) == (moment.kind == "gap"), "what a moment left out")
        if moment.left_out is not None:
            require(all(0 <= count < 2**53 for count in msgspec.structs.astuple(moment.left_out)), "what was left out")
        require(moment.cleared is None or moment.kind == "zero_grad", "leaves of a moment")
        if moment.cleared is not None:
            event = MomentEvent(msgspec.structs.replace(moment, cleared=self._cleared(moment.cleared)))
        if moment.update is not None:
            require(0 <= moment.update < self._counts["updates"], "an update that never came")
        if moment.text is None:
            return event
        text = clean_text(moment.text)
        self._count("output_bytes", len(moment.text.encode("utf-8", "replace")))
        return event if text is moment.text else MomentEvent(msgspec.structs.replace(moment, text=text))

    def _cleared(self, cleared: tuple[Cleared, ...]) -> tuple[Cleared, ...]:
        require(len(cleared) <= _PARAMETERS, "too many parameters")
        self._count("values", len(cleared))
        for leaf in cleared:
            self._check_node(leaf.node, len(self._passes) - 1 if self._passes else None)
        return tuple(Cleared(leaf.variable and clean_name(leaf.variable), leaf.node) for leaf in cleared)

    def _diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        self._count("diagnostics")
        check_slug(diagnostic.code)
        check_span(diagnostic.span)
        self._check_pass(diagnostic.pass_index)
        self._check_node(diagnostic.node, diagnostic.pass_index)
        return msgspec.structs.replace(diagnostic, parameters=clean_parameters(diagnostic.parameters))

    def _check_pass(self, index: int | None) -> None:
        require(index is None or 0 <= index < len(self._passes), "a pass that never came")

    def _check_node(self, node: str | None, pass_index: int | None) -> None:
        if node is None:
            return
        if pass_index is None:
            require(any(node in ids for ids in self._node_ids.values()), "a node that never came")
            return
        self._check_pass(pass_index)
        require(node in self._node_ids[self._passes[pass_index]], "a node of another graph")
