"""A program run many times, each with another optimizer in the place of its own.

While a program runs here, every class of `torch.optim` makes the optimizer that is asked for, over the parameters that
the program gave; options that it gave to groups are left out. The program's first optimizer is the one that counts: its
steps are the steps, and the loss of a step is what `backward()` was last called on.
"""

from __future__ import annotations

import math
import random
import sys
import time
import types
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch

from app.errors import ProgramError
from app.trace.job import Job
from app.trace.optimizer import Configuration
from app.trace.study import Real
from app.tracer.compiled import compiling_nothing
from app.tracer.failures import exit_status
from app.tracer.lab.course import Watch
from app.tracer.lab.first import FirstLoss, Surveyor
from app.tracer.lab.making import Descent
from app.tracer.lab.single import Log
from app.tracer.lab.stack import Length
from app.tracer.lab.standing import Enough, Silence, Stand, parameters_of, standing_in
from app.tracer.plots import absorb_plots
from app.tracer.source import FILENAME
from app.tracer.tape import Tape

Seen = TypeVar("Seen")
SHARE = 0.3
"""How much of the time that is left of a run its landscape may take."""


class ProgramCourse:
    """The loss of a program over the parameters of its first optimizer."""

    scalars: tuple[str, ...] = ()

    def __init__(self, job: Job) -> None:
        assert isinstance(job.source, str)
        self.text = job.source
        self._code = compile(job.source, FILENAME, "exec")
        self.seed = job.seed
        self._until = time.monotonic() + job.limits.wall_seconds
        self._shapes: tuple[torch.Size, ...] | None = None
        absorb_plots()

    @property
    def parameters(self) -> int:
        """How many parameters the first optimizer is given.

        Raises:
            ProgramError: the program makes none.
        """
        return sum(shape.numel() for shape in self.shapes)

    @property
    def shapes(self) -> tuple[torch.Size, ...]:
        """Of these parameters, in their order.

        Raises:
            ProgramError: as `parameters`.
        """
        if self._shapes is None:
            self._shapes = self._look(lambda leaves: tuple(leaf.shape for leaf in leaves))
        return self._shapes

    def run(self, configuration: Configuration, length: Length, watch: Watch, seed: int | None = None) -> Log:
        """Run the program with another optimizer until it has taken its steps; its scheduler, if any, stays.

        Raises:
            ProgramError: it makes no optimizer, gives it nothing, or takes no step.
            SystemExit: it ended itself, and not well.
        """
        lap = Lap(configuration, length, watch)
        self._execute(Stand(lap.make, lap.saw), self.seed if seed is None else seed)
        return lap.finish()

    @property
    def is_batched(self) -> bool:
        """Whether its losses are evaluated many at a time."""
        return self._surveyor.is_batched

    def points(self, rows: torch.Tensor, count: int) -> int:
        """How many points along each direction there is time for."""
        return self._surveyor.points(rows, count)

    def losses(self, rows: torch.Tensor) -> tuple[Real, ...]:
        """Evaluate the first loss of the program with other parameters."""
        return self._surveyor.losses(rows)

    @cached_property
    def _surveyor(self) -> Surveyor:
        return Surveyor(self._first(), self._loss, SHARE * max(0.0, self._until - time.monotonic()))

    def _first(self) -> FirstLoss | None:
        """Run the program to its first loss, its calls taken down."""
        tape, leaves, seen = Tape(), list[torch.Tensor](), list[torch.Tensor]()

        def make(given: Any) -> Any:
            made = parameters_of(given)
            leaves.extend(made if not leaves else ())
            return Descent(Configuration(), made).optimizer

        def saw(loss: torch.Tensor) -> None:
            seen.append(loss)
            raise Enough

        with tape:
            self._execute(Stand(make, saw), self.seed)
        try:
            return FirstLoss(tape, leaves, seen[0]) if seen else None
        except ValueError:
            return None

    def _loss(self, row: torch.Tensor) -> float:
        """The same by running the program up to there."""
        seen: list[float] = []

        def saw(loss: torch.Tensor) -> None:
            seen.append(float(loss.detach().sum()))
            raise Enough

        def make(given: Any) -> Any:
            leaves = parameters_of(given)
            fill(leaves, row)
            return Descent(Configuration(), leaves).optimizer

        self._execute(Stand(make, saw), self.seed)
        return seen[0] if seen else math.nan

    def start(self) -> torch.Tensor:
        """All parameters before the first step, as one row."""
        return self._look(row_of)

    def gradient(self, place: torch.Tensor | None = None) -> torch.Tensor:
        """The gradient at the first step, with the program's parameters or others, as one row."""
        return self._look(gradient_of, 1, place)

    def sharpness(self, rows: torch.Tensor) -> tuple[Real, ...] | None:
        """Not known: a program's loss is no function that could be differentiated twice."""
        del rows
        return None

    def _look(
        self, read: Callable[[Sequence[torch.Tensor]], Seen], steps: int = 0, place: torch.Tensor | None = None
    ) -> Seen:
        """Run the program to where its first optimizer is made, or takes its first step, and read its parameters."""
        found: list[Seen] = []

        def make(given: Any) -> Any:
            leaves = parameters_of(given)
            if place is not None:
                fill(leaves, place)
            if not steps:
                stop(leaves)
            made = Descent(Configuration(), leaves).optimizer
            made.register_step_pre_hook(lambda *_: stop(leaves))
            return made

        def stop(leaves: Sequence[torch.Tensor]) -> None:
            found.append(read(leaves))
            raise Enough

        self._execute(Stand(make, lambda _: None), self.seed)
        if not found:
            raise ProgramError("no-optimizer")
        return found[0]

    def _execute(self, stand: Stand, seed: int) -> None:
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        standard, sys.stdout = sys.stdout, Silence()
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        try:
            with standing_in(stand), compiling_nothing(lambda: None):
                exec(self._code, module.__dict__)
        except Enough:
            pass
        except SystemExit as error:
            # A bare `except` of the program's own may have caught what ends a run that has shown enough.
            if exit_status(error) != 0 and not isinstance(error.__context__, Enough):
                raise
        finally:
            sys.stdout = standard
            torch.set_grad_enabled(True)
            torch.set_default_dtype(torch.float32)


class Lap:
    """One run of a program with one configuration."""

    def __init__(self, configuration: Configuration, length: Length, watch: Watch) -> None:
        self._configuration = configuration
        self._steps = length[0]
        self._watch = watch
        self._log = Log(length[1])
        self._loss: torch.Tensor | None = None
        self._first: torch.optim.Optimizer | None = None
        self._done = False

    def saw(self, loss: torch.Tensor) -> None:
        """Take the loss that a step is about to be made from; after the last step it is the end."""
        self._loss = loss.detach()
        if self._done:
            self._log.add(float(self._loss.sum()))
            raise Enough

    def make(self, given: Any) -> Any:
        """Make the wished optimizer over what the program gave."""
        leaves = parameters_of(given)
        descent = Descent(self._configuration, leaves)
        is_first = self._first is None
        if is_first:
            self._first = descent.optimizer
        descent.optimizer.register_step_pre_hook(lambda _, arguments, named: self._before(descent, arguments, named))
        if is_first:
            descent.optimizer.register_step_pre_hook(lambda *_: self._note(descent, leaves))
            descent.optimizer.register_step_post_hook(lambda *_: self._after(leaves))
        descent.optimizer.register_step_post_hook(lambda *_: descent.schedule(self._last()))
        return descent.optimizer

    def _before(self, descent: Descent, arguments: Any, named: Any) -> Any:
        """Clip the gradients, or let the program's closure do so each time it is called."""
        closure = named.get("closure", arguments[1] if len(arguments) > 1 else None)
        if not callable(closure):
            descent.clip()
            return None

        def clipped() -> Any:
            loss = closure()
            descent.clip()
            return loss

        return (arguments[0],), {"closure": clipped}

    def _note(self, descent: Descent, leaves: Sequence[torch.Tensor]) -> None:
        if self._done:  # a step with a closure begins before the loss that ends the run
            return
        self._watch(lambda: row_of(leaves))
        self._log.rates.append(descent.rate)

    def _after(self, leaves: Sequence[torch.Tensor]) -> None:
        self._log.add(self._last())
        gradients = [leaf.grad.reshape(-1).double() for leaf in leaves if leaf.grad is not None]
        self._log.norms.append(float(torch.linalg.vector_norm(torch.cat(gradients))) if gradients else 0.0)
        if len(self._log.rates) == self._steps:
            self._watch(lambda: row_of(leaves))
            self._done = True

    def _last(self) -> float:
        return float("nan") if self._loss is None else float(self._loss.sum())

    def finish(self) -> Log:
        """Give the log of the run.

        Raises:
            ProgramError: no optimizer was made, or none took a step.
        """
        if not self._log.losses:
            raise ProgramError("no-optimizer")
        return self._log


def row_of(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Lay tensors into one row of float64."""
    return torch.cat([tensor.detach().reshape(-1).double() for tensor in tensors])


def gradient_of(leaves: Sequence[torch.Tensor]) -> torch.Tensor:
    """Lay the gradients of parameters into one row; one without has 0."""
    return row_of([torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves])


def fill(leaves: Sequence[torch.Tensor], row: torch.Tensor) -> None:
    """Give parameters the values of a row."""
    with torch.no_grad():
        for leaf, part in zip(leaves, torch.split(row, [leaf.numel() for leaf in leaves]), strict=True):
            leaf.copy_(part.reshape(leaf.shape))
