"""How a training run goes: whether its loss grows although each step follows the gradient, or falls without end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from app.trace.model import Diagnostic, Parameter, ParameterUpdate, Update
from app.tracer.magnitudes import number, show_number

RISING = 4
"""Updates in a row with a growing loss before it is called divergence."""
GROWING = 8
"""Updates in a row with a growing gradient and a falling loss before the loss is called unbounded."""


class Track:
    """The way of one scalar parameter."""

    __slots__ = ("_curvature_before", "curvature", "gradient", "growing", "position")

    def __init__(self, position: float, gradient: float) -> None:
        self.position = position
        self.gradient = gradient
        self.growing = 0
        self.curvature = math.nan
        self._curvature_before = math.nan

    @property
    def is_quadratic(self) -> bool:
        """Whether two secants in a row had equal curvature."""
        return math.isclose(self.curvature, self._curvature_before, rel_tol=1e-3)

    def move(self, position: float, gradient: float) -> None:
        """Follow one update."""
        step = position - self.position
        curvature = (gradient - self.gradient) / step if step else math.nan
        before = self.gradient
        same_way = gradient * before > 0 and abs(gradient) > abs(before) * 1.001
        self.growing = self.growing + 1 if same_way else 0
        self.position, self.gradient = position, gradient
        self._curvature_before, self.curvature = self.curvature, curvature


class Course:
    """Follows the loss from update to update."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._previous = math.nan
        self._rising = 0
        self._tracks: dict[str, Track] = {}

    def follow(self, loss: float, update: Update) -> Iterable[Diagnostic]:
        """Take the loss before an update, and the update.

        Args:
            loss: of the latest pass; NaN and infinity count as grown.
            update: what was done about it.

        Returns:
            What there is to say now.
        """
        if self._first is None:
            self._first = self._previous = loss
        has_grown = not loss <= self._previous
        self._rising = self._rising + 1 if has_grown else 0
        self._previous = loss
        for parameter in update.parameters:
            self._move(parameter)
        if self._rising >= RISING or (self._rising >= 2 and not math.isfinite(loss)):
            return self._diverged(loss, update)
        return self._fallen(loss, update) if loss < -100.0 * (abs(self._first) + 1.0) else ()

    def _move(self, parameter: ParameterUpdate) -> None:
        """Follow a scalar parameter."""
        position, gradient = parameter.before, parameter.gradient
        if type(position) is not float or type(gradient) is not float or parameter.variable is None:
            return
        track = self._tracks.get(parameter.variable)
        if track is None:
            self._tracks[parameter.variable] = Track(position, gradient)
        else:
            track.move(position, gradient)

    def _diverged(self, loss: float, update: Update) -> Iterator[Diagnostic]:
        assert self._first is not None
        rate = number(update.options.get("lr"))  # type: ignore[arg-type]
        if loss <= 10.0 * abs(self._first) or update.options.get("maximize"):
            return
        said: dict[str, Parameter] = {"first": show_number(self._first), "last": say(loss), "rate": say(rate)}
        for variable, track in self._tracks.items():
            is_plain = update.optimizer == "SGD" and not update.options.get("momentum")
            if is_plain and rate and track.is_quadratic and rate * track.curvature > 2.0:
                said |= {"bound": show_number(2.0 / track.curvature), "curvature": show_number(track.curvature)}
                parameters: dict[str, Parameter] = {**said, "variable": variable}
                yield Diagnostic("loss-diverges-bound", "warning", update.span, parameters, update.pass_index)
                return
        yield Diagnostic("loss-diverges", "warning", update.span, said, update.pass_index)

    def _fallen(self, loss: float, update: Update) -> Iterator[Diagnostic]:
        for variable, track in self._tracks.items():
            if track.growing >= GROWING and not update.options.get("maximize"):
                said: dict[str, Parameter] = {"gradient": say(track.gradient), "loss": say(loss)}
                yield Diagnostic(
                    "loss-unbounded-faster", "warning", update.span, said | {"variable": variable}, update.pass_index
                )
                return


def say(value: float | None) -> str:
    """Write a number that may be missing or not finite."""
    if value is None:
        return "…"
    return show_number(value).replace("inf", "∞").replace("nan", "NaN")
