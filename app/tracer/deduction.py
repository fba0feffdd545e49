"""Gradients that need no hook: in a graph of scalars that is known, most follow from the few that do.

A sum hands its gradient on as it is, a node with one way in receives what was sent there, and a leaf that had no
gradient before has exactly this pass's afterwards. So a loop on a few scalars is recorded without slowing its engine
down. What is deduced has been compared, bit for bit, with a pass over the same graph that had a hook on every node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from app.tracer.values import Reading, read_all

if TYPE_CHECKING:
    from app.tracer.recording import Recording
    from app.tracer.template import Template

MAX_NODES = 256
"""Nodes of a graph that is reasoned about; in larger ones hooks are not what costs."""
_HANDS_ON = {"AddBackward0": (0, 1), "AddBackward1": (0,), "SubBackward0": (0,)}
"""Slots at which a node passes its gradient on unchanged; at slot 1 of a sum only if `alpha` is 1."""


class Deduction(NamedTuple):
    """How to fill in a pass: gradients are places 0 to n - 1, flows the places from n on.

    Once the root, the leaves in `clean` (with their places among the leaves) and the nodes in `hooked` are known, every
    gradient and every flow is taken from the place that it is equal to.
    """

    hooked: tuple[int, ...]
    clean: tuple[tuple[int, int], ...]
    sums: tuple[int, ...]
    gradients: Callable[[Sequence[Reading]], Sequence[Reading]]
    flows: Callable[[Sequence[Reading]], Sequence[Reading]]
    order: tuple[int, ...]
    rank: list[int]

    def fits(self, recording: Recording) -> bool:
        """Whether the engine will run this pass's nodes in the same order, and its sums are plain ones."""
        nodes: list[Any] = recording.laid.nodes
        return _rank(recording.laid.numbers) == self.rank and (
            not recording.saved  # then they are as in the graph, where they are plain
            or all(nodes[index]._saved_alpha == 1 for index in self.sums)
        )

    def fill(self, recording: Recording) -> None:
        """Write down what no hook was asked for, after the engine has run."""
        known = recording.gradients + recording.flows
        known[recording.template.roots[0]] = 1.0
        variables = recording.laid.variables
        places, given = [], []
        for index, place in self.clean:
            gradient = variables[place].grad
            if gradient is not None:
                places.append(index)
                given.append(gradient)
        for index, reading in zip(places, read_all(given, 0), strict=True):
            known[index] = reading
            recording.accumulated[recording.template.graph.nodes[index].id] = reading
        recording.gradients = list(self.gradients(known))
        recording.flows = list(self.flows(known))
        recording.order = list(self.order)


class Deductions:
    """The deductions of a run, by graph and by the leaves that had no gradient before the pass."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[int]], Deduction | None] = {}

    def find(self, recording: Recording) -> Deduction | None:
        """What can be deduced in a pass; None if it needs a hook on every node."""
        deduction = self._known.get((recording.template.graph.id, recording.clean))
        return deduction if deduction is not None and deduction.fits(recording) else None

    def learn(self, recording: Recording) -> None:
        """After a pass with a hook on every node: see whether the next one can do with fewer."""
        key = (recording.template.graph.id, recording.clean)
        if key not in self._known:
            deduction = deduce(recording) if _is_scalar(recording.template) else None
            self._known[key] = deduction if deduction is not None and _is_true(deduction, recording) else None


def deduce(recording: Recording) -> Deduction | None:
    """Find the fewest nodes that must be asked; None if the root takes part in its own graph, or a sum is weighted."""
    template = recording.template
    count = len(template.graph.nodes)
    arriving: list[list[int]] = [[] for _ in range(count)]
    for edge, link in enumerate(template.links):
        arriving[link.target].append(edge)
    root = template.roots[0]
    hooked: list[int] = []
    steps: list[tuple[int, int]] = []
    for index in recording.order:
        is_given = index == root or index in recording.clean
        passed_on = [(count + edge, _source(recording, edge, arriving)) for _, edge in template.edges_of[index]]
        if (is_given or len(arriving[index]) == 1) and all(source is not None for _, source in passed_on):
            steps += [] if is_given else [(index, count + arriving[index][0])]
            steps += [(place, source) for place, source in passed_on if source is not None]
        else:
            hooked.append(index)
    sums = tuple(index for index, node in enumerate(template.graph.nodes) if node.name == "AddBackward0")
    clean = tuple((index, place) for place, index in enumerate(template.leaves) if index in recording.clean)
    order = tuple(recording.order)
    source = list(range(count + len(template.graph.edges)))
    for place, known in steps:
        source[place] = source[known]
    taken = _taker(source[:count]), _taker(source[count:])
    deduction = Deduction(tuple(hooked), clean, sums, *taken, order, _rank(recording.laid.numbers))
    are_plain = all(template.graph.nodes[index].saved.get("alpha") == 1 for index in sums)
    return deduction if are_plain and not arriving[root] else None


def _taker(places: list[int]) -> Callable[[Sequence[Reading]], Sequence[Reading]]:
    """Take from a list what stands at these places."""
    return itemgetter(*places) if len(places) > 1 else lambda known: [known[place] for place in places]


def _source(recording: Recording, edge: int, arriving: list[list[int]]) -> int | None:
    """The node whose upstream gradient equals what flows along an edge; None if it takes a hook to know."""
    link = recording.template.links[edge]
    if link.slot in _HANDS_ON.get(recording.template.graph.nodes[link.source].name, ()):
        return link.source
    return link.target if link.target in recording.clean and len(arriving[link.target]) == 1 else None


def _is_scalar(template: Template) -> bool:
    """Whether all nodes are scalars of one floating type: nothing is summed over or converted on the way."""
    nodes = template.graph.nodes
    dtypes = {node.dtype for node in nodes}
    is_plain = len(nodes) <= MAX_NODES and len(template.roots) == 1 and not template.runs_programs
    return is_plain and template.is_scalar and dtypes in ({"float32"}, {"float64"})


def _is_true(deduction: Deduction, recording: Recording) -> bool:
    """Whether the deduction says of this pass what the hooks saw."""
    if not deduction.fits(recording):
        return False
    seen = recording.gradients, recording.flows, recording.order
    deduction.fill(recording)
    deduced = recording.gradients, recording.flows
    recording.gradients, recording.flows, recording.order = seen
    recording.accumulated = {}
    return repr(deduced) == repr(seen[:2])  # of NaN and -0.0, too


def _rank(numbers: list[int]) -> list[int]:
    """The nodes in the order they were made, by which the engine chooses among those that are ready."""
    return sorted(range(len(numbers)), key=numbers.__getitem__)
