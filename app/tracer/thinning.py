"""Thinning: of a run of many thousand steps the first ones are kept, then fewer and fewer, and always the last and the
odd ones, so that neither a reply nor a memory fills.

A step is one pass, or the passes up to an update. Until half of a limit is used up, every step is kept; after that one
in sixteen, then one in thirty-two for as many steps as there were before, and so on. Steps are counted for each graph
by itself, or two that take turns would lose one of them. Odd are a graph not seen before, a loss that jumps or stops
being a number, and whatever a remark is made about; the step before an odd one is kept with it. What was left out is
told in its place, and what is kept is numbered anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import prod

import msgspec

from app.settings import Limits
from app.trace.model import (
    Diagnostic,
    DiagnosticEvent,
    Event,
    LeftOut,
    Moment,
    MomentEvent,
    Pass,
    PassEvent,
    TensorValue,
    Update,
    UpdateEvent,
    Value,
)
from app.tracer.numbering import Numbers

FIRST_STRIDE = 16
LONGEST_STEP = 64
"""Passes of one step."""
STATISTICS_COST = 25
"""Numbers that one summarised tensor counts for."""
JUMP = 8.0
"""A loss that changes so many times as much as it usually does is odd."""
SETTLED = 8
"""Changes of a loss that are watched before one can be odd."""


class Loss:
    """How the loss of one graph usually changes."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._change = 0.0
        self._count = 0

    def is_odd(self, loss: Value) -> bool:
        """Take the next loss, and say whether it stands out."""
        number = float(loss) if isinstance(loss, int | float) else None
        last, self._last = self._last, number
        if number is None or last is None:
            return self._count > 0 and (number is None) != (last is None)
        change = abs(number - last)
        is_odd = self._count >= SETTLED and change > JUMP * self._change
        self._count += 1
        self._change += (change - self._change) / min(self._count, 50)
        return is_odd


class Thinning:
    """Passes on the events of a run, or leaves them out.

    Args:
        send: takes what is kept.
        limits: how much may be kept.
        every: of each graph only every so-maniest step is kept, from the first one on.
    """

    def __init__(self, send: Callable[[Event], None], limits: Limits, every: int = 1) -> None:
        self._send = send
        self._most = {"passes": limits.passes, "updates": limits.updates, "values": limits.values}
        self._most["moments"] = limits.moments
        self._kept: Counter[str] = Counter()
        self._passes, self._updates = Numbers(), Numbers()
        self._every = every
        self._steps = self._odd = self._passes_in_step = 0
        self._dense_steps: int | None = None
        self._by_graph: Counter[str] = Counter()
        self._losses: dict[str, Loss] = {}
        self._costs: dict[str, int] = {}
        self._update_cost = 0
        self._longest_step = 1
        self._is_keeping = self._is_updated = self._is_whole = True
        """Whether nothing was left out so far: then all numbers are as they were."""
        self._has_updates = False
        self._waiting: list[tuple[Event, int]] = []
        """The latest step, if it is left out: it may be the last one, or turn out to be odd."""

    def send(self, event: Event) -> None:
        """Take the next event."""
        number = 0
        if isinstance(event, MomentEvent):
            if self._is_keeping and self._is_whole:  # the usual case, by a shorter way
                self._kept["moments"] += 1
                self._send(event)
                return
        elif isinstance(event, PassEvent):
            number = self._passes.seen()
            self._begin(event.pass_)
        elif isinstance(event, UpdateEvent):
            number = self._updates.seen()
            self._is_updated = self._has_updates = True
        elif isinstance(event, DiagnosticEvent):
            if self._waiting and not self._passes.has(event.diagnostic.pass_index):
                self._keep_waiting()  # a remark about a step makes it odd
        else:
            self._send(event)
            return
        if self._is_keeping or isinstance(event, DiagnosticEvent):
            self._pass_on(event, number)
        else:
            self._waiting.append((event, number))

    def finish(self) -> None:
        """The run is over: its last step is kept."""
        self._keep_waiting()

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _begin(self, passed: Pass) -> None:
        """See whether a pass begins a step, and whether that one is kept."""
        loss = self._losses.get(passed.graph)
        if loss is None:
            loss = self._losses[passed.graph] = Loss()
        is_odd = loss.is_odd(passed.loss)
        is_over = self._is_updated or not self._has_updates or self._passes_in_step >= LONGEST_STEP
        self._passes_in_step += 1
        if not is_over:
            self._longest_step = max(self._longest_step, self._passes_in_step)
            if is_odd and not self._is_keeping and self._may_be_odd():
                self._keep_waiting()
            return
        self._passes_in_step, self._is_updated = 1, False
        number = self._by_graph[passed.graph]
        self._by_graph[passed.graph] += 1
        self._steps += 1
        cost = self._cost(passed) + self._update_cost
        is_due = number % self._stride() == 0 and self._fits(cost)
        is_odd = (is_odd or number == 0) and self._fits(2 * cost) and self._may_be_odd()
        if is_odd:
            self._odd += 1
            self._keep_waiting()
        else:
            self._drop_waiting()
        self._is_keeping = is_due or is_odd

    def _stride(self) -> int:
        if self._dense_steps is None:
            for name, most in self._most.items():
                if 2 * self._kept[name] >= most:
                    self._dense_steps = max(1, self._steps)
                    break
            else:
                return self._every
        doublings = (self._steps // self._dense_steps).bit_length() - 1
        return self._every * FIRST_STRIDE << max(0, doublings)

    def _may_be_odd(self) -> bool:
        return self._dense_steps is None or self._odd <= self._dense_steps // 8 + LONGEST_STEP

    def _fits(self, cost: int) -> bool:
        """Whether a step may be kept, and two more after it: the last one, and one that is odd."""
        step, kept, most = self._longest_step, self._kept, self._most
        return (
            kept["passes"] + 3 * step <= most["passes"]
            and kept["updates"] + 4 <= most["updates"]
            and kept["moments"] + 3 * (3 * step + 4) <= most["moments"]
            and kept["values"] + 3 * cost * step <= most["values"]
        ) or not kept["passes"]

    def _cost(self, passed: Pass) -> int:
        """About how many numbers a pass keeps; passes over one graph keep alike."""
        if passed.graph not in self._costs:
            parts = (passed.values, passed.gradients, passed.flows, passed.derivatives, passed.accumulated.values())
            self._costs[passed.graph] = sum(map(_cost_of, parts))
        return self._costs[passed.graph]

    # -- what waits ----------------------------------------------------------------------------------------------------

    def _keep_waiting(self) -> None:
        """Keep the step that waits; what comes next of it is passed on at once."""
        if not self._is_keeping:
            self._is_keeping = True
            waiting, self._waiting = self._waiting, []
            for event, number in waiting:
                self._pass_on(event, number)

    def _drop_waiting(self) -> None:
        """Leave the step that waits out, all but what it printed."""
        if not self._waiting:
            return
        self._is_whole = False
        waiting, self._waiting = self._waiting, []
        for event, number in waiting:
            if isinstance(event, PassEvent):
                self._passes.leave_out()
            elif isinstance(event, UpdateEvent):
                self._updates.leave_out()
            elif isinstance(event, MomentEvent) and event.moment.kind == "print":
                self._pass_on(event, number)

    def _pass_on(self, event: Event, number: int) -> None:
        """Send an event with the numbers of what was kept; `number` is that of its pass or update among all."""
        if isinstance(event, PassEvent):
            self._tell_gap()
            self._kept["values"] += self._cost(event.pass_)
            self._kept["passes"] += 1
            if self._passes.keep(number) != number:
                event = PassEvent(msgspec.structs.replace(event.pass_, number=number))
        elif isinstance(event, UpdateEvent):
            self._updates.keep(number)
            self._update_cost = _cost_of_update(event.update)
            self._kept["values"] += self._update_cost
            self._kept["updates"] += 1
            if not self._is_whole:
                event = UpdateEvent(self._update(event.update))
        elif isinstance(event, MomentEvent):
            self._kept["moments"] += 1
            if not self._is_whole:
                event = MomentEvent(self._moment(event.moment))
        elif isinstance(event, DiagnosticEvent) and not self._is_whole:
            event = DiagnosticEvent(self._diagnostic(event.diagnostic))
        self._send(event)

    def _tell_gap(self) -> None:
        if self._is_whole:
            return
        left_out = LeftOut(self._passes.take_left_out(), self._updates.take_left_out())
        if left_out.passes or left_out.updates:
            self._kept["moments"] += 1
            self._send(MomentEvent(Moment("gap", left_out=left_out)))

    def _update(self, update: Update) -> Update:
        index, previous = self._passes.new(update.pass_index), self._updates.new(update.previous)
        if (index, previous) == (update.pass_index, update.previous):
            return update
        return msgspec.structs.replace(update, pass_index=index, previous=previous)

    def _moment(self, moment: Moment) -> Moment:
        index, update = self._passes.new(moment.pass_index), self._updates.new(moment.update)
        if (index, update) == (moment.pass_index, moment.update):
            return moment
        return msgspec.structs.replace(moment, pass_index=index, update=update)

    def _diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        index = self._passes.new(diagnostic.pass_index)
        if index == diagnostic.pass_index:
            return diagnostic
        return msgspec.structs.replace(diagnostic, pass_index=index, node=None if index is None else diagnostic.node)


def _cost_of_update(update: Update) -> int:
    cost = 0
    for one in update.parameters:
        if type(one.after) is float and not one.state:
            cost += 3
        else:
            cost += _cost_of((one.before, one.gradient, one.after, *one.state.values()))
    return cost


def _cost_of(values: Iterable[Value]) -> int:
    return sum(map(_numbers, values))


def _numbers(value: Value) -> int:
    if type(value) is TensorValue:
        return STATISTICS_COST if value.statistics is not None else 1 + 2 * prod(value.shape)
    return value is not None
