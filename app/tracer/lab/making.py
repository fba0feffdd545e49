"""Makes torch's own optimizers and schedulers from configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from app.errors import ProgramError
from app.program.body import write_options
from app.program.optimizers import check_optimizer
from app.trace.optimizer import Configuration, Optimizer, Scheduler

OPTIMIZERS: Mapping[str, type[torch.optim.Optimizer]] = {
    name: kind
    for name, kind in vars(torch.optim).items()
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and kind is not torch.optim.Optimizer
}
"""torch's own classes, also while a program finds others in their place."""


def make_optimizer(optimizer: Optimizer, parameters: Sequence[Any]) -> torch.optim.Optimizer:
    """Make an optimizer over tensors or parameter groups.

    Raises:
        ProgramError: torch has no such optimizer or option, or refuses a value or the parameters.
    """
    options = check_optimizer(optimizer)
    arguments: dict[str, Any] = eval(f"dict({write_options(optimizer.name, options).lstrip(', ')})")
    try:
        made: torch.optim.Optimizer = OPTIMIZERS[optimizer.name](list(parameters), **arguments)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ProgramError("optimizer-refused", {"optimizer": optimizer.name, "message": str(error)[:300]}) from error
    return made


def make_scheduler(scheduler: Scheduler, optimizer: torch.optim.Optimizer) -> Any:
    """Make a scheduler, with those that it is made of.

    Raises:
        ProgramError, ValueError: as `make_optimizer`.
    """
    written = write_options(scheduler.name, scheduler.options).lstrip(", ")
    arguments: dict[str, Any] = eval(f"dict({written})", {"math": __import__("math")})
    kind = getattr(torch.optim.lr_scheduler, scheduler.name)
    parts = [make_scheduler(part, optimizer) for part in scheduler.schedulers]
    if scheduler.name == "ChainedScheduler":
        return kind(parts, **arguments)
    return kind(optimizer, parts, **arguments) if parts else kind(optimizer, **arguments)


class Descent:
    """An optimizer with its scheduler and clipping, over some leaves."""

    def __init__(self, configuration: Configuration, leaves: Sequence[torch.Tensor]) -> None:
        self.optimizer = make_optimizer(configuration.optimizer, leaves)
        self._leaves = leaves
        self._configuration = configuration
        wished = configuration.scheduler
        self._scheduler = None if wished is None else make_scheduler(wished, self.optimizer)
        self._watches = wished is not None and wished.name == "ReduceLROnPlateau"

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def clip(self) -> None:
        """Clip the gradients, as between `backward()` and the step."""
        if self._configuration.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._leaves, self._configuration.clip_norm)
        if self._configuration.clip_value is not None:
            torch.nn.utils.clip_grad_value_(self._leaves, self._configuration.clip_value)

    def schedule(self, loss: float) -> None:
        """Let the scheduler set the rate of the next step."""
        if self._scheduler is not None:
            self._scheduler.step(loss) if self._watches else self._scheduler.step()
