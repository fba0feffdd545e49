"""What a study's finding must be by itself, and how its texts are made harmless; the study checks that it answers the
question.
"""

from __future__ import annotations

import re

import msgspec

from app.trace.outcomes import check_hidden
from app.trace.soundness import TEXT_LETTERS, clean_name, clean_text, require
from app.trace.study import (
    Check,
    CheckedElement,
    CheckedLeaf,
    CheckEvent,
    Finding,
    Landscape,
    LandscapeEvent,
    NodeCheck,
    NodeCheckEvent,
    Slice,
    SliceView,
    Study,
    Symbolic,
    SymbolicLeaf,
)

_AXES = 2
_CRITICAL = 64
_PLACES = 256
_DIMENSIONS = 64
_GRAPH_ID = re.compile(r"g[0-9]{1,7}")
_NODE_ID = re.compile(r"n[0-9]{1,7}")
_SYMBOLS = 1_000


def check_landscape(event: LandscapeEvent) -> LandscapeEvent:
    """Refuse slopes that do not belong to the cells.

    Raises:
        ReplyError: they do not.
    """
    columns = (event.losses, *event.gradients)
    require(all(column.is_whole for column in columns), "numbers cut off")
    require(len(event.gradients) <= _AXES, "more slopes than axes")
    require(all(column.count == event.losses.count for column in columns), "slopes that do not fit the cells")
    if event.slice is not None:
        _check_slice(event.slice)
    if event.critical is None:
        return event
    require(len(event.critical) <= _CRITICAL, "too many critical points")
    require(all(len(found.point) == len(found.eigenvalues) <= _AXES for found in event.critical), "a point of no place")
    told = [
        msgspec.structs.replace(found, point={clean_name(name): value for name, value in found.point.items()})
        for found in event.critical
    ]
    return msgspec.structs.replace(event, critical=tuple(told))


def _check_slice(view: SliceView) -> None:
    check_hidden(view.hidden)
    require(bool(_GRAPH_ID.fullmatch(view.graph)), "id of a graph")
    axes = len(view.coordinates)
    require(
        1 <= axes <= _AXES and len(view.place) == len(view.gradient) == axes == view.hidden.shown, "axes of a slice"
    )
    if view.path is not None:
        require(len(view.path.passes) == len(view.path.points) <= _PLACES, "a path that does not fit its passes")
        require(all(len(point) == axes for point in view.path.points), "a path of another plane")
        require(all(0 <= number < 2**31 for number in view.path.passes), "a pass of no number")


def clean_check(event: CheckEvent) -> CheckEvent:
    """Refuse places that no tensor has, and make the leaves' names fit for one line.

    Raises:
        ReplyError: an element stands nowhere.
    """
    for leaf in event.leaves:
        for element in leaf.elements:
            _check_place(element)
    symbolic = None if event.symbolic is None else _clean_symbolic(event.symbolic)
    return msgspec.structs.replace(event, leaves=tuple(map(_clean_leaf, event.leaves)), symbolic=symbolic)


def _clean_symbolic(symbolic: Symbolic) -> Symbolic:
    require(len(symbolic.leaves) <= _SYMBOLS, "too many formulas")
    require(sum(len(leaf.elements) for leaf in symbolic.leaves) <= _SYMBOLS, "too many formulas")
    leaves = [
        SymbolicLeaf(
            clean_name(leaf.variable),
            tuple(
                msgspec.structs.replace(element, derivative=_formula(element.derivative), latex=_formula(element.latex))
                for element in leaf.elements
                if _has_place(element.index)
            ),
        )
        for leaf in symbolic.leaves
    ]
    return Symbolic(_formula(symbolic.expression), tuple(leaves))


def _formula(text: str) -> str:
    require(len(text) <= TEXT_LETTERS, "a formula too long to be read")
    return clean_text(text)


def _has_place(index: tuple[int, ...]) -> bool:
    require(len(index) <= _DIMENSIONS, "too many dimensions")
    require(all(0 <= position < 2**31 for position in index), "an element of no place")
    return True


def _check_place(element: CheckedElement) -> None:
    _has_place(element.index)


def _clean_leaf(leaf: CheckedLeaf) -> CheckedLeaf:
    return msgspec.structs.replace(leaf, variable=clean_name(leaf.variable))


def check_nodes(event: NodeCheckEvent) -> NodeCheckEvent:
    """Refuse findings about nodes that no graph has.

    Raises:
        ReplyError: an id, or a count, is none.
    """
    require(bool(_GRAPH_ID.fullmatch(event.graph)), "id of a graph")
    require(0 <= event.pass_index < 2**31, "a pass of no number")
    ids = [one.node for one in event.nodes] + [one.node for one in event.unchecked]
    require(all(_NODE_ID.fullmatch(one) for one in ids), "id of a node")
    require(len(set(ids)) == len(ids), "a node twice")
    for one in event.nodes:
        require(0 <= one.checked < 2**31 and 0 <= one.elements < 2**62, "a count of elements")
    return event


def answers(finding: Finding, study: Study) -> bool:
    """Whether a finding is of the kind and the size that was asked for."""
    if isinstance(study, NodeCheck):
        return isinstance(finding, NodeCheckEvent) and finding.pass_index == study.pass_index
    if isinstance(study, Check):
        return isinstance(finding, CheckEvent)
    if not isinstance(finding, LandscapeEvent):
        return False
    axes = len(study.axes) if isinstance(study, Landscape) else len(study.lines)
    fits = finding.losses.count == study.cells and len(finding.gradients) == (axes if study.gradients else 0)
    return fits and (
        _is_slice(finding.slice, study)
        if isinstance(study, Slice)
        else (finding.critical is not None) == study.critical and finding.slice is None
    )


def _is_slice(view: SliceView | None, study: Slice) -> bool:
    return (
        view is not None
        and view.pass_index == study.pass_index
        and tuple(map(len, view.coordinates)) == study.lines
        and (view.path is not None) == study.path
    )
