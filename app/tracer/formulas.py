"""An expression as a function of its variables, for studies that evaluate it many times."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import numpy as np
import torch

from app.errors import ProgramError
from app.program.writer import Parts, imports, take_apart
from app.trace.job import Expression, Job
from app.trace.study import Floats, Real, real


class Loss:
    """The loss of an expression: called with all its variables by name, it gives a scalar tensor.

    Args:
        job: holds the expression.
        parts: the expression, where it has been taken apart already.

    Attributes:
        values: each variable's value, as its program would assign it; the followed ones are leaves.
        followed: names of the leaves.
        own_seed: what its values were drawn from.
        text: the expression, as torch evaluates it.
    """

    def __init__(self, job: Job, parts: Parts | None = None) -> None:
        assert isinstance(job.source, Expression)
        parts = parts or take_apart(job.source, job.limits)
        self.own_seed = job.seed
        namespace: dict[str, object] = {}
        exec("\n".join(imports(parts.imports, 0)), namespace)
        self.seed()
        for name, value in parts.values.items():
            exec(compile(f"{name} = {value.text}", f"<{name}>", "exec"), namespace)
        self._state = (torch.get_rng_state(), random.getstate(), np.random.get_state())
        # A name of a variable may hide a module's, which the next value would miss: they are taken out together.
        self.values: dict[str, torch.Tensor] = {name: namespace[name] for name in parts.values}  # type: ignore[misc]
        self.followed = parts.followed
        text = f"({parts.written.text}).sum()" if job.source.sum else parts.written.text
        self.text = text
        function = f"def loss({', '.join(parts.values)}):\n    return {text}\n"
        exec(compile(function, "<loss>", "exec"), namespace)
        self._function: Callable[..., torch.Tensor] = namespace["loss"]  # type: ignore[assignment]

    def seed(self, more: int = 0) -> None:
        """Set every generator as it stands before the first line of the program."""
        # What `torch.manual_seed` does beside this is for devices that are not here; it takes ten times as long.
        torch.default_generator.manual_seed((self.own_seed + more) % 2**63)
        random.seed(self.own_seed + more)
        np.random.seed((self.own_seed + more) % 2**32)

    def begin(self, seed: int) -> None:
        """Set every generator as it stands once the values have been made."""
        if seed != self.own_seed:
            self.seed(seed - self.own_seed)
            return
        torch.set_rng_state(self._state[0])
        random.setstate(self._state[1])
        np.random.set_state(self._state[2])

    def __call__(self, variables: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Evaluate.

        Raises:
            ProgramError: the result is not a real scalar.
        """
        result = self._function(**variables)
        if not isinstance(result, torch.Tensor):
            raise ProgramError("nothing-followed", line=1, column=1)
        if result.dim():
            shape = "(" + ", ".join(map(str, result.shape)) + ")"
            raise ProgramError("loss-not-scalar", {"shape": shape})
        return result


def reals(tensor: torch.Tensor) -> tuple[Real, ...]:
    """List the elements of a tensor, row by row, with the words for what is no finite number."""
    flat = tensor.detach().reshape(-1).to(torch.float64)
    numbers: list[float] = flat.tolist()
    if bool(torch.isfinite(flat).all()):
        return tuple(numbers)
    return tuple(map(real, numbers))


def floats(tensor: torch.Tensor) -> Floats:
    """Keep the elements of a tensor, row by row, as they are in memory; numbers of another kind become float64."""
    flat = tensor.detach().reshape(-1)
    kept = flat if flat.dtype in (torch.float32, torch.float64) else flat.double()
    return Floats(kept.contiguous().numpy().tobytes(), 4 if kept.dtype is torch.float32 else 8)
