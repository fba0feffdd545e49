"""Many runs of one program or expression: what is asked for, and what comes back.

The cells of a sweep are numbered with the seed fastest, then the start, the rate and the configuration.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from app.trace.optimizer import Configuration
from app.trace.study import Directions, Hidden, Real, Record

Start = dict[str, float | list]  # type: ignore[type-arg]
"""Values of some variables of an expression, in the place of its own."""
EXPLODED = 1e6
"""A loss this many times above the first one (or above 1, if that is smaller) has diverged."""


class Sweep(Record, frozen=True, tag_field="study", tag="sweep"):
    """Configurations × learning rates × starts × seeds, a short run each; of these the cells from `first` on.

    `target` is a loss; the record says when a run came down to it.
    """

    configurations: tuple[Configuration, ...]
    rates: tuple[float, ...]
    starts: tuple[Start, ...]
    seeds: tuple[int, ...]
    steps: int
    target: float | None = None
    first: int = 0
    count: int = 0

    @property
    def cells(self) -> int:
        """How many runs there are in all."""
        return len(self.configurations) * len(self.rates) * len(self.starts) * len(self.seeds)

    def place(self, cell: int) -> tuple[int, int, int, int]:
        """Find the configuration, rate, start and seed of a cell, by their positions."""
        cell, seed = divmod(cell, len(self.seeds))
        cell, start = divmod(cell, len(self.starts))
        configuration, rate = divmod(cell, len(self.rates))
        return configuration, rate, start, seed


class Race(Record, frozen=True, tag_field="study", tag="race"):
    """Some configurations from one start and seed, recorded step by step; `surface` points along each of two
    directions, or none.
    """

    racers: tuple[Configuration, ...]
    steps: int
    target: float | None = None
    surface: int = 0
    directions: Directions = "pca"


class Bend(Record, frozen=True, tag_field="study", tag="curvature"):
    """The Hessian's eigenvalues at each start and seed of a sweep, and at the end of its best run, by cell."""

    sweep: Sweep
    best: int | None = None


Numbers = float | int | Literal["NaN", "Infinity", "-Infinity"] | list  # type: ignore[type-arg]
"""A scalar, or a tensor as nested lists; of float32."""


class Explain(Record, frozen=True, tag_field="study", tag="explain"):
    """One parameter's part of one optimizer step, as a trace holds it: value, gradient and state before the step, and
    the gradient before it was clipped, if it was.
    """

    optimizer: str
    options: dict[str, str | int | float | bool | None]
    before: Numbers
    gradient: Numbers
    state: dict[str, Numbers] = msgspec.field(default_factory=dict)
    unclipped: Numbers | None = None


class Term(Record, frozen=True):
    """One quantity within a step: its symbol and formula in LaTeX, and what it came to."""

    symbol: str
    formula: str
    value: Numbers


class Without(Record, frozen=True):
    """The step that torch takes with one option off, everything else as it was."""

    option: str
    after: Numbers
    step: Numbers


class ExplainEvent(Record, frozen=True, tag_field="event", tag="explain"):
    """One step taken apart, in the order it is computed, and what it would have been."""

    after: Numbers
    step: Numbers
    state: dict[str, Numbers]
    terms: tuple[Term, ...]
    without: tuple[Without, ...]


class CellFailure(Record, frozen=True):
    """Why the run of one cell has no numbers."""

    cell: int
    code: str
    parameters: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)


class CellsEvent(Record, frozen=True, tag_field="event", tag="cells"):
    """The runs of some cells in a row: the loss before the first step, after the last and at its best, the step that
    reached the target, and the first step whose loss is no finite number or `EXPLODED`.
    """

    first: int
    initial: tuple[Real, ...]
    final: tuple[Real, ...]
    best: tuple[Real, ...]
    reached: tuple[int | None, ...]
    diverged: tuple[int | None, ...]
    failures: tuple[CellFailure, ...] = ()


class Sharpness(Record, frozen=True):
    """The largest eigenvalue of the Hessian at some steps of a run."""

    steps: tuple[int, ...]
    values: tuple[Real, ...]


class RacerEvent(Record, frozen=True, tag_field="event", tag="racer"):
    """One racer's run: the loss before each step and after the last, the rate and the gradient's norm at each step, and
    where there are few parameters, all scalars, each one's value.
    """

    racer: int
    losses: tuple[Real, ...]
    rates: tuple[Real, ...]
    gradients: tuple[Real, ...]
    path: dict[str, tuple[Real, ...]] | None
    sharpness: Sharpness | None
    initial: Real
    final: Real
    best: Real
    reached: int | None
    diverged: int | None
    failure: CellFailure | None = None


class Centre(Record, frozen=True):
    """Where a random plane lies: a racer where its run ended, before this step, and the loss that the run had there."""

    racer: int
    step: int
    loss: Real


class ProjectionEvent(Record, frozen=True, tag_field="event", tag="projection"):
    """The racers' paths on the two directions of a plane, from its centre (the common start where it is laid through
    the paths), at some `steps`; of one that did not get so far, the first of these.
    """

    explained: tuple[Real, ...]
    parameters: int
    steps: tuple[int, ...]
    points: tuple[tuple[tuple[Real, Real], ...], ...]


class SurfaceEvent(Record, frozen=True, tag_field="event", tag="surface"):
    """The loss over a plane; `losses` with the last axis fastest.

    There are fewer points than were asked for where there was no time for more; `batched` says whether many were
    evaluated at a time, or the program was run to its first loss for each.
    """

    coordinates: tuple[tuple[Real, ...], ...]
    losses: tuple[Real, ...]
    hidden: Hidden
    directions: Directions = "pca"
    centre: Centre | None = None
    """Of a random plane; one through the paths has the common start there."""
    batched: bool = True


class BendPoint(Record, frozen=True):
    """The curvature at one point: eigenvalues of the Hessian, the largest first, and 2 / the largest, the learning rate
    above which plain gradient descent leaves it.
    """

    at: Literal["start", "best"]
    start: int | None
    seed: int | None
    cell: int | None
    loss: Real
    eigenvalues: tuple[Real, ...]
    bound: Real | None


class CurvatureEvent(Record, frozen=True, tag_field="event", tag="curvature"):
    """The curvature at some points of one loss; none where it has too many parameters or no second derivative."""

    points: tuple[BendPoint, ...]


Trials = Sweep | Race | Bend | Explain
TrialEvent = CellsEvent | RacerEvent | ProjectionEvent | SurfaceEvent | CurvatureEvent | ExplainEvent
