"""A race: some configurations from one start and one seed, step by step, and the plane in which their paths lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from app.trace.model import Event
from app.trace.study import Real, real
from app.trace.trials import CellFailure, Centre, ProjectionEvent, Race, RacerEvent, Sharpness, SurfaceEvent
from app.tracer.failures import failure_of
from app.tracer.formulas import reals
from app.tracer.lab.course import Course
from app.tracer.lab.filters import draw_plane
from app.tracer.lab.plane import Plane, hidden_by, lay_plane, points_of
from app.tracer.lab.single import Log
from app.tracer.landscape import ELEMENTS_AT_ONCE

SCALARS = 8
"""So many parameters, if all are scalars, are told step by step."""
BENDS = 101
"""So many steps of a run are told the sharpness at."""
POINTS = 201
"""So many places of a path are kept, where there are many parameters."""
MARGIN = 0.2
SOME = 8
"""Points along each direction that are tried first."""


class Path(NamedTuple):
    """Where a racer was at some steps, of shape (places, parameters), and the loss at the last one known; a run that
    diverged is not sound.
    """

    racer: int
    steps: tuple[int, ...]
    rows: torch.Tensor
    log: Log

    @property
    def is_sound(self) -> bool:
        """Whether the run did not diverge."""
        return self.log.diverged is None

    @property
    def end(self) -> int:
        """Which of the places has the final loss: a program may end with its last step, whose loss it never takes."""
        last = len(self.log.losses) - 1
        return self.steps.index(last) if last in self.steps else len(self.steps) - 1


class Trail:
    """Keeps a racer's places while it runs: all of few parameters, some of many."""

    def __init__(self, parameters: int, steps: int) -> None:
        self._stride = -(-(steps + 1) // POINTS) if parameters > SCALARS else 1
        self._last = steps
        self._step = 0
        self._steps: list[int] = []
        self._rows: list[torch.Tensor] = []

    def watch(self, row: Callable[[], torch.Tensor]) -> None:
        """See the racer before its next step, or after the last."""
        if self._step % self._stride == 0 or self._step == self._last:
            self._steps.append(self._step)
            self._rows.append(row().double())
        self._step += 1

    def path(self, racer: int, log: Log) -> Path:
        """What was kept."""
        return Path(racer, tuple(self._steps), torch.stack(self._rows), log)


def race(course: Course, study: Race, send: Callable[[Event], None]) -> None:
    """Run all racers, then show their paths together.

    Args:
        course: the loss and its start.
        study: who runs, and how far.
        send: takes one event for each racer, then the projection and the surface where there are many parameters.
    """
    paths: list[Path | None] = []
    for number, configuration in enumerate(study.racers):
        trail = Trail(course.parameters, study.steps)
        try:
            log = course.run(configuration, (study.steps, study.target), trail.watch)
        except (Exception, SystemExit) as error:
            send(_failed(number, error, course.text))
            paths.append(None)
            continue
        path = trail.path(number, log)
        send(_event(number, log, course, path))
        paths.append(path)
    _show_together(course, study, paths, send)


def _failed(number: int, error: BaseException, text: str) -> RacerEvent:
    failure = failure_of(error, text)
    told = CellFailure(number, failure.code, failure.parameters)
    return RacerEvent(number, (), (), (), None, None, "NaN", "NaN", "NaN", None, None, told)


def _event(number: int, log: Log, course: Course, path: Path) -> RacerEvent:
    names = course.scalars if 0 < len(course.scalars) <= SCALARS else ()
    told = {name: reals(column) for name, column in zip(names, path.rows.T, strict=True)} if names else None
    return RacerEvent(
        number,
        losses=tuple(map(real, log.losses)),
        rates=tuple(map(real, log.rates)),
        gradients=tuple(map(real, log.norms)),
        path=told,
        sharpness=_sharpness(course, path),
        initial=real(log.losses[0]),
        final=real(log.losses[-1]),
        best=real(log.best),
        reached=log.reached,
        diverged=log.diverged,
    )


def _sharpness(course: Course, path: Path) -> Sharpness | None:
    """The largest eigenvalue along a path, at equal distances."""
    stride = -(-len(path.steps) // BENDS)
    chosen = [index for index in range(0, len(path.steps), stride) if bool(torch.isfinite(path.rows[index]).all())]
    values = course.sharpness(path.rows[chosen]) if chosen else None
    return None if values is None else Sharpness(tuple(path.steps[index] for index in chosen), values)


# -- the plane ---------------------------------------------------------------------------------------------------------


def thinned(paths: Sequence[Path]) -> torch.Tensor:
    """Take at most 64 finite places of each path."""
    parts = [path.rows[:: -(-len(path.rows) // 64)] for path in paths]
    rows = torch.cat(parts)
    return rows[torch.isfinite(rows).all(dim=1)]


def _show_together(course: Course, study: Race, paths: list[Path | None], send: Callable[[Event], None]) -> None:
    run = [path for path in paths if path is not None]
    sound = [path for path in run if path.is_sound]
    if course.parameters <= 2 or not sound:
        return
    best = min(sound, key=lambda path: path.log.losses[-1])
    start, rows = run[0].rows[0], thinned(sound)
    if study.directions == "random":
        plane = draw_plane(best.rows[best.end], course.shapes, course.seed, rows - start)
    else:
        plane = lay_plane(rows, start)
    if plane is None:
        return
    points = tuple(
        () if path is None else tuple((real(a), real(b)) for a, b in plane.project(path.rows).tolist())
        for path in paths
    )
    steps = max((path.steps for path in run), key=len)
    send(ProjectionEvent(reals(plane.explained), course.parameters, steps, points))
    if study.surface and study.directions == "random":
        send(_random_surface(course, plane, best, study.surface))
    elif study.surface:
        send(_surface(course, plane, torch.cat([plane.project(path.rows) for path in sound]), study.surface))


def _surface(course: Course, plane: Plane, points: torch.Tensor, count: int) -> SurfaceEvent:
    low, high = points.min(dim=0).values, points.max(dim=0).values
    margin = MARGIN * (high - low)
    lines, losses = _survey(course, plane, torch.stack((low - margin, high + margin), dim=1).tolist(), count)
    return SurfaceEvent(tuple(map(reals, lines)), tuple(losses), hidden_by(course, plane), batched=course.is_batched)


def _random_surface(course: Course, plane: Plane, best: Path, count: int) -> SurfaceEvent:
    """The loss as far around an end as its filters are long; with an odd count its middle is the end itself."""
    lines, losses = _survey(course, plane, [[-1.0, 1.0]] * 2, count)
    is_batched = course.is_batched
    if len(lines[0]) % 2:
        # Batched calls may round otherwise than the run did; at a single place they are not batched.
        losses[len(losses) // 2] = course.losses(plane.centre[None])[0]
    centre = Centre(best.racer, best.steps[best.end], real(best.log.losses[-1]))
    hidden = hidden_by(course, plane, plane.centre)
    return SurfaceEvent(tuple(map(reals, lines)), tuple(losses), hidden, "random", centre, is_batched)


def _survey(
    course: Course, plane: Plane, ends: Sequence[Sequence[float]], count: int
) -> tuple[list[torch.Tensor], list[Real]]:
    """Evaluate the loss over a plane, as finely as there is time for; in pieces, for points have all parameters."""

    def draw(count: int) -> list[torch.Tensor]:
        return [torch.linspace(a, b, count, dtype=torch.float64) for a, b in ends]

    size = max(2, ELEMENTS_AT_ONCE // max(1, course.parameters))
    some = draw(max(2, min(SOME, math.isqrt(size))))
    lines = draw(course.points(points_of(plane.centre, plane.directions, some), count))
    losses: list[Real] = []
    for piece in torch.split(torch.cartesian_prod(*lines), size):
        losses += course.losses(plane.centre + piece @ plane.directions)
    return lines, losses
