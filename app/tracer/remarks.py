"""Remarks that follow from one pass: where NaN began, and how the gradient fares on its way back."""

from __future__ import annotations

from collections.abc import Iterator

from app.trace.model import Diagnostic, Parameter, Pass, Severity, Span
from app.tracer.magnitudes import broken, is_even, show, size
from app.tracer.outline import NORMALIZING, Outline, operation

DEEP = 8
"""Operations between two leaves before their gradients are compared."""
FAINT, HUGE = 1e-4, 1e4


def remark(
    code: str,
    severity: Severity,
    span: Span | None = None,
    parameters: dict[str, Parameter] | None = None,
    pass_index: int | None = None,
    node: str | None = None,
) -> Diagnostic:
    """Make a diagnostic."""
    return Diagnostic(code, severity, span, parameters or {}, pass_index, node)


def is_broken(outline: Outline, passed: Pass) -> bool:
    """Tell cheaply whether NaN or infinity reached the loss or a leaf; finite scalars are floats, others are not."""
    if type(passed.loss) is not float and broken(passed.loss):
        return True
    for leaf in outline.leaves:
        gradient = passed.gradients[leaf]
        if type(gradient) is not float and broken(gradient):
            return True
    return False


def origins(outline: Outline, passed: Pass) -> Iterator[int]:
    """Yield nodes whose value is broken while those of all their inputs are not."""
    for index, value in enumerate(passed.values):
        if broken(value) and not any(broken(passed.values[target]) for _, target in outline.inputs[index]):
            yield index


def alike(outline: Outline, depths: list[int], leaf: int) -> tuple[int, int]:
    """Find the node nearest to the root whose gradient can be compared with a leaf's, element by element: one of the
    same shape. A scalar among tensors gathers what many elements send, so it is compared with nothing.
    """
    shape = outline.graph.nodes[leaf].shape
    if outline.is_scalar:
        return (0, depths.index(0))
    if not shape:
        return (depths[leaf], leaf)
    return min((depths[index], index) for index, node in enumerate(outline.graph.nodes) if node.shape == shape)


def depth_remarks(outline: Outline, passed: Pass, index: int) -> Iterator[Diagnostic]:
    """Compare gradients near the loss with those of the first layers."""
    if len(outline.graph.nodes) < DEEP:
        return
    depths = outline.depths
    placed = sorted((depths[leaf], leaf) for leaf in outline.leaves)
    near = next((one for one in placed if size(passed.gradients[one[1]])), None)
    far = next((one for one in reversed(placed) if size(passed.gradients[one[1]])), None)
    if near is None or far is None:
        return
    if far[0] - near[0] < DEEP:
        near = alike(outline, depths, far[1])
    measures = size(passed.gradients[near[1]]), size(passed.gradients[far[1]])
    if far[0] - near[0] < DEEP or not measures[0] or not measures[1]:
        return
    ratio = measures[1] / measures[0]
    if FAINT <= ratio <= HUGE or (ratio < FAINT and cancelling(outline, passed) is not None):
        return  # what a normalization cancels has its own remark
    node = outline.graph.nodes[far[1]]
    parameters: dict[str, Parameter] = {"near": show(measures[0]), "far": show(measures[1]), "depth": far[0] - near[0]}
    code = "gradient-vanishes" if ratio < FAINT else "gradient-explodes"
    yield remark(code, "warning", node.span or passed.span, parameters, index, node.id)


def cancelling(outline: Outline, passed: Pass) -> int | None:
    """Find a normalization of whose upstream gradient next to nothing goes on, measured against its input.

    A layer norm's outputs have a fixed sum and a fixed sum of squares, so a loss made of these alone has no gradient. A
    softmax fixes the sum alone; a saturated one lets nothing through either, but of an upstream gradient that varies.
    """
    for index, node in enumerate(outline.graph.nodes):
        if operation(node) in NORMALIZING:
            own = [target for slot, target in outline.inputs[index] if slot == 0]
            upstream = passed.gradients[index]
            flow = next(outline.flows_from(index, passed), None)
            before, after = size(upstream), size(flow)
            scale = size(passed.values[own[0]]) if own else None
            is_lost = before and after is not None and scale and after * scale < FAINT * before
            if is_lost and (operation(node) != "Softmax" or is_even(upstream)):
                return index
    return None


def cancel_remarks(outline: Outline, passed: Pass, index: int) -> Iterator[Diagnostic]:
    """Tell of a loss that looks only at what a normalization holds fixed."""
    found = cancelling(outline, passed)
    if found is not None:
        node = outline.graph.nodes[found]
        yield remark("gradient-cancels", "warning", node.span, {"label": node.label}, index, node.id)
