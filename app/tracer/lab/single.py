"""One run of an expression, step by step, as its program does it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch

from app.trace.optimizer import Configuration
from app.trace.trials import EXPLODED
from app.tracer.formulas import Loss
from app.tracer.lab.making import Descent
from app.tracer.lab.stack import Length

Watch = Callable[[Mapping[str, torch.Tensor]], None]


class Log:
    """What is kept of one run while it goes on."""

    def __init__(self, target: float | None) -> None:
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.norms: list[float] = []
        self.best = math.nan
        self.reached: int | None = None
        self.diverged: int | None = None
        self._target = -math.inf if target is None else target

    def add(self, loss: float) -> None:
        """Take the loss before the next step, or after the last."""
        step = len(self.losses)
        self.losses.append(loss)
        initial = self.losses[0]
        if not loss >= self.best:
            self.best = self.best if math.isnan(loss) else loss
        if self.reached is None and loss <= self._target:
            self.reached = step
        bound = initial + EXPLODED * max(1.0, abs(initial))
        if self.diverged is None and not (math.isfinite(loss) and loss <= bound):
            self.diverged = step


def run_alone(
    loss: Loss,
    configuration: Configuration,
    values: Mapping[str, torch.Tensor],
    length: Length,
    watch: Watch | None = None,
) -> Log:
    """Bring one run down, its random numbers drawn as its program would.

    Args:
        loss: the expression.
        configuration: how.
        values: of all variables, at the start.
        length: number of steps, and the loss to be reached.
        watch: shown the leaves before each step and after the last.
    """
    steps, target = length
    leaves = {name: values[name].detach().clone().requires_grad_() for name in loss.followed}
    descent = Descent(configuration, list(leaves.values()))
    log = Log(target)
    everything = {**values, **leaves}

    def evaluate() -> torch.Tensor:
        descent.optimizer.zero_grad()
        result = loss(everything)
        result.backward()
        descent.clip()
        return result.detach()

    for _ in range(steps):
        if watch is not None:
            watch(leaves)
        log.rates.append(descent.rate)
        before = _step(descent, evaluate, configuration.optimizer.name == "LBFGS")
        log.norms.append(norm_of(leaves))
        log.add(before)
        descent.schedule(before)
    if watch is not None:
        watch(leaves)
    with torch.no_grad():
        log.add(float(loss(everything)))
    return log


def _step(descent: Descent, evaluate: Callable[[], torch.Tensor], calls_back: bool) -> float:
    if calls_back:
        return float(descent.optimizer.step(evaluate))  # type: ignore[arg-type]
    before = float(evaluate())
    descent.optimizer.step()
    return before


def norm_of(leaves: Mapping[str, torch.Tensor]) -> float:
    """The length of the gradient, of all leaves together."""
    parts = [leaf.grad.reshape(-1).double() for leaf in leaves.values() if leaf.grad is not None]
    return float(torch.linalg.vector_norm(torch.cat(parts))) if parts else 0.0
