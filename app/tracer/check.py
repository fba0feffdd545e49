"""Autograd beside central differences in float64, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Protocol

import torch

from app.errors import LimitError, Parameter
from app.settings import Limits
from app.trace.study import Check, CheckedElement, CheckedLeaf, CheckEvent, Verdict, real
from app.tracer.formulas import reals
from app.tracer.lab.deriving import derive

STEP = 2.0**-17
"""Near the cube root of float64's precision, where cutting off and rounding err equally; a power of two, so that
adding it loses nothing.
"""
FINER = 8
EPSILON = 2.0**-52
WORST: tuple[Verdict, ...] = ("agrees", "kink", "jump", "unclear", "undefined", "differs")


class Checkable(Protocol):
    """A loss that is a function of variables by name; its `text` is empty where there is no formula."""

    values: dict[str, torch.Tensor]
    followed: list[str]
    text: str

    def seed(self, more: int = 0) -> None:
        """Set every generator as it stands before an evaluation, or as another seed would."""

    def __call__(self, variables: dict[str, torch.Tensor], /) -> torch.Tensor:
        """Evaluate it; a scalar."""


def compare(loss: Checkable, study: Check, limits: Limits) -> CheckEvent:
    """Compare the gradient of each followed leaf with differences of the loss.

    Raises:
        ProgramError: the loss is no scalar.
        LimitError: as `check_size`.
    """
    check_size(loss, limits)
    torch.set_default_dtype(torch.float64)
    try:
        return Comparison(loss, study.tolerance).event()
    finally:
        torch.set_default_dtype(torch.float32)


def check_size(loss: Checkable, limits: Limits) -> None:
    """Refuse more than can be moved one by one.

    Raises:
        LimitError: the leaves have more elements than `Limits.checked_elements`.
    """
    count = sum(loss.values[name].numel() for name in loss.followed)
    if count > limits.checked_elements:
        allowed = limits.checked_elements
        parameters: dict[str, Parameter] = {
            "limit": "checked_elements",
            "value": allowed,
            "unit": "elements",
            "count": count,
        }
        raise LimitError("limit-checked-elements", parameters)


class Comparison:
    """One loss at one point."""

    def __init__(self, loss: Checkable, tolerance: float) -> None:
        self._loss = loss
        self._tolerance = tolerance
        self._point = {name: widen(value.detach()) for name, value in loss.values.items()}

    def event(self) -> CheckEvent:
        """Compare all leaves."""
        leaves = {name: self._point[name].clone().requires_grad_() for name in self._loss.followed}
        self._loss.seed()
        result = self._loss(self._point | leaves)
        gradients: tuple[torch.Tensor | None, ...] = (None,) * len(leaves)
        if result.requires_grad:
            gradients = torch.autograd.grad(result, tuple(leaves.values()), allow_unused=True)
        self._base = result.item()
        checked = tuple(self._leaf(name, gradient) for name, gradient in zip(leaves, gradients, strict=True))
        is_random = self._is_random()
        has_formula = bool(self._loss.text) and not is_random
        symbolic = None if not has_formula else derive(self._loss.text, self._point, self._loss.followed, gradients)
        return CheckEvent(reals(result)[0], is_random, checked, self._repeats(leaves, gradients), symbolic)

    def _repeats(self, leaves: dict[str, torch.Tensor], gradients: tuple[torch.Tensor | None, ...]) -> bool:
        """Run once more from the same seed, and compare the bits of loss and gradients."""
        self._loss.seed()
        again = self._loss(self._point | leaves)
        others: tuple[torch.Tensor | None, ...] = (None,) * len(leaves)
        if again.requires_grad:
            others = torch.autograd.grad(again, tuple(leaves.values()), allow_unused=True)
        base = torch.tensor(self._base, dtype=torch.float64)
        pairs = zip((base, *gradients), (again.detach().double(), *others), strict=True)
        return all(
            one is other is None or (one is not None and other is not None and one.equal(other)) or _are_nan(one, other)
            for one, other in pairs
        )

    def _is_random(self) -> bool:
        self._loss.seed(1)
        with torch.no_grad():
            other = self._loss(self._point).item()
        return other != self._base and not math.isnan(other)

    def _leaf(self, name: str, gradient: torch.Tensor | None) -> CheckedLeaf:
        flat = [0.0] * self._point[name].numel() if gradient is None else gradient.reshape(-1).tolist()
        places = indices(self._point[name].shape)
        elements = tuple(self._element(name, place, slope) for place, slope in zip(places, flat, strict=True))
        verdicts = {element.verdict for element in elements}
        worst = next((verdict for verdict in reversed(WORST) if verdict in verdicts), WORST[0])
        return CheckedLeaf(name, gradient is not None, worst, elements)

    def _element(self, name: str, index: tuple[int, ...], autograd: float) -> CheckedElement:
        value = self._point[name][index].item()
        step = STEP * 2.0 ** max(0, math.frexp(value)[1]) if math.isfinite(value) else STEP

        def shifted(distance: float) -> float:
            moved = self._point[name].clone()
            moved[index] += distance
            self._loss.seed()
            with torch.no_grad():
                return self._loss(self._point | {name: moved}).item()

        numeric, verdict = judge(autograd, Slopes(shifted, self._base, step), self._tolerance)
        return CheckedElement(index, real(autograd), real(numeric), real(relative(autograd, numeric)), verdict)


class Slopes:
    """The slopes of the loss to both sides of a point, over a step and over a finer one."""

    def __init__(self, shifted: Callable[[float], float], base: float, step: float) -> None:
        self.noise = 2 * EPSILON * abs(base) / step
        """By how much rounding alone may move the coarser slopes."""
        self.left, self.right = _sides(shifted, base, step)
        self.fine_left, self.fine_right = _sides(shifted, base, step / FINER)

    @property
    def central(self) -> float:
        """The central difference."""
        return (self.left + self.right) / 2

    @property
    def fine_central(self) -> float:
        """The central difference over the finer step; better only where the coarser one reaches over a kink."""
        return (self.fine_left + self.fine_right) / 2


def _sides(shifted: Callable[[float], float], base: float, step: float) -> tuple[float, float]:
    return (base - shifted(-step)) / step, (shifted(step) - base) / step


def judge(autograd: float, slopes: Slopes, tolerance: float) -> tuple[float, Verdict]:
    """Choose the numeric slope and say how autograd's compares.

    The gap between the slopes to both sides shrinks with the step where the loss is smooth, stays at a kink, and grows
    at a jump.
    """
    numeric = slopes.central
    if not (math.isfinite(autograd) and math.isfinite(numeric)):
        return numeric, "undefined"
    if tolerance * max(1.0, abs(numeric)) < slopes.noise and abs(autograd - numeric) <= 2 * slopes.noise:
        return numeric, "unclear"
    gap, fine_gap = abs(slopes.right - slopes.left), abs(slopes.fine_right - slopes.fine_left)
    slack = max(tolerance * max(1.0, abs(slopes.fine_left), abs(slopes.fine_right)), 2 * FINER * slopes.noise)
    if fine_gap > slack and fine_gap > gap * FINER / 2:
        return numeric, "jump"
    if fine_gap > slack and fine_gap > gap / 2:
        low, high = sorted((slopes.fine_left, slopes.fine_right))
        return numeric, "kink" if low - slack <= autograd <= high + slack else "differs"
    if relative(autograd, numeric) > tolerance >= relative(autograd, slopes.fine_central):
        return slopes.fine_central, "agrees"
    return numeric, "agrees" if relative(autograd, numeric) <= tolerance else "differs"


def relative(first: float, second: float) -> float:
    """Difference over the larger of the two, or over 1 where both are smaller."""
    return abs(first - second) / max(1.0, abs(first), abs(second))


def _are_nan(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    """Whether two tensors are equal but for NaN, which equals nothing."""
    return one is not None and other is not None and torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)


def widen(value: torch.Tensor) -> torch.Tensor:
    """Give real numbers twice the digits; class numbers and indices stay whole."""
    return value.double() if value.is_floating_point() else value


def indices(shape: torch.Size) -> Iterator[tuple[int, ...]]:
    """Yield the place of each element, row by row."""
    for number in range(math.prod(shape)):
        place: list[int] = []
        for size in reversed(shape):
            number, position = divmod(number, size)
            place.append(position)
        yield tuple(reversed(place))
