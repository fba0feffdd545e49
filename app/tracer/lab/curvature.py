"""How a loss bends: the eigenvalues of its Hessian, by `torch.func.hessian`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from app.trace.job import Job
from app.trace.study import Real, real
from app.trace.trials import Bend, BendPoint, CurvatureEvent
from app.tracer.formulas import Loss, reals
from app.tracer.lab.single import run_alone
from app.tracer.lab.stack import NoStackError, lay_out
from app.tracer.lab.starts import Losses, place

STARTS = 64
"""So many starts are told the curvature at."""
CURVED_ELEMENTS = 100
"""More elements of all leaves have a Hessian that takes too long for what it tells."""
POINTS_AT_ONCE = 256

Values = Mapping[str, torch.Tensor]


@contextmanager
def in_float64() -> Iterator[None]:
    """Let new tensors have twice the digits."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


class Hessian:
    """The Hessian of a loss over all leaves that it depends on, in float64.

    Raises:
        NoStackError: there are none, or they have more elements than may be.
    """

    def __init__(self, loss: Loss, values: Values) -> None:
        self.layout = layout = lay_out(loss, values)
        self.size = sum(shape.numel() for shape in layout.shapes)
        if self.size > CURVED_ELEMENTS:
            raise NoStackError
        rest = {name: widen(value) for name, value in values.items()}

        def of_row(row: torch.Tensor) -> torch.Tensor:
            return loss({**rest, **layout.unpack(row)})

        self._loss = of_row
        self._hessian = torch.func.hessian(of_row)

    def losses(self, rows: torch.Tensor) -> tuple[Real, ...]:
        """Evaluate the loss at points, of shape (points, elements)."""
        with torch.no_grad(), in_float64():
            return tuple(real(float(self._loss(row))) for row in rows.double())

    def at(self, rows: torch.Tensor) -> torch.Tensor:
        """Compute the Hessian at points; of shape (points, elements, elements)."""
        rows = rows.double()
        with in_float64():
            try:
                parts = torch.split(rows, max(1, POINTS_AT_ONCE // self.size))
                found = torch.cat([torch.func.vmap(self._hessian)(part) for part in parts])
            except Exception:
                found = torch.stack([self._hessian(row) for row in rows])
        found = found.detach()
        return (found + found.mT) / 2

    def eigenvalues(self, rows: torch.Tensor) -> list[tuple[Real, ...]]:
        """List the eigenvalues at points, the largest first; all NaN where the Hessian is not finite."""
        told = []
        for matrix in self.at(rows):
            is_finite = bool(torch.isfinite(matrix).all())
            told.append(reals(torch.linalg.eigvalsh(matrix).flip(0) if is_finite else matrix[0] * torch.nan))
        return told


def widen(value: torch.Tensor) -> torch.Tensor:
    """Give real numbers twice the digits; class numbers and indices stay whole."""
    value = value.detach()
    return value.double() if value.is_floating_point() else value


def bound_of(largest: Real) -> Real | None:
    """The learning rate above which plain gradient descent leaves a point: 2 / the largest eigenvalue."""
    return 2 / largest if isinstance(largest, int | float) and largest > 0 else None


def bend(job: Job, study: Bend) -> CurvatureEvent:
    """Tell the curvature at the starts of a sweep, and where its best run ended.

    An expression with too many parameters, or one that has no second derivative, has none to tell.
    """
    losses = Losses(job)
    try:
        return CurvatureEvent((*_starts(study, losses), *_best(study, losses)))
    except (NoStackError, RuntimeError):
        return CurvatureEvent(())


def _starts(study: Bend, losses: Losses) -> list[BendPoint]:
    sweep = study.sweep
    told: list[BendPoint] = []
    for positions in losses.same(range(len(sweep.seeds))):
        seed = sweep.seeds[positions[0]]
        loss = losses.at(seed)
        places = [place(loss, start) for start in sweep.starts[:STARTS]]
        hessian = Hessian(loss, places[0])
        rows = torch.stack([hessian.layout.pack(values) for values in places])
        pairs = zip(hessian.losses(rows), hessian.eigenvalues(rows), strict=True)
        told += [
            BendPoint("start", start, seed, None, value, eigenvalues, bound_of(eigenvalues[0]))
            for start, (value, eigenvalues) in enumerate(pairs)
        ]
        if len(told) >= STARTS:
            break
    return told


def _best(study: Bend, losses: Losses) -> list[BendPoint]:
    if study.best is None:
        return []
    sweep = study.sweep
    configuration, rate, start, seed = sweep.place(study.best)
    loss = losses.at(sweep.seeds[seed])
    values = place(loss, sweep.starts[start])
    hessian = Hessian(loss, values)
    seen: list[torch.Tensor] = []
    wished = sweep.configurations[configuration].at_rate(sweep.rates[rate])
    loss.begin(sweep.seeds[seed])
    run_alone(
        loss, wished, values, (sweep.steps, None), lambda leaves: seen.append(hessian.layout.pack(leaves).detach())
    )
    row = seen[-1][None]
    (eigenvalues,) = hessian.eigenvalues(row)
    return [BendPoint("best", None, None, study.best, hessian.losses(row)[0], eigenvalues, bound_of(eigenvalues[0]))]
