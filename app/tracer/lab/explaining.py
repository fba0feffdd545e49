"""One optimizer step taken apart: what torch computed on the way, and what its step is with one option off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from app.errors import ProgramError
from app.program.optimizers import PARTS, Option, find_optimizer
from app.trace.optimizer import Optimizer, OptionValue
from app.trace.study import real
from app.trace.trials import Explain, ExplainEvent, Numbers, Term, Without
from app.tracer.lab.making import make_optimizer
from app.tracer.lab.terms import FORMULAS, Step

OFF: Mapping[str, OptionValue] = {
    "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False, "amsgrad": False,
    "centered": False, "lr_decay": 0, "momentum_decay": 0, "lambd": 0,
}  # fmt: skip
"""Options that can be left out of a step, and what leaves them out."""
State = dict[str, Any]


class Taken(NamedTuple):
    """A step that torch took: the parameter after it, and the state."""

    after: torch.Tensor
    state: State


def explain_step(study: Explain) -> ExplainEvent:
    """Take a step apart.

    Raises:
        ProgramError: torch has no such optimizer; its step depends on more than one gradient; or the numbers of the
            step do not fit together.
    """
    options = gather(study.optimizer, study.options)
    if study.optimizer not in FORMULAS:
        raise ProgramError("explain-unsupported", {"optimizer": study.optimizer})
    try:
        before, gradient = tensor_of(study.before), tensor_of(study.gradient)
        state = {name: tensor_of(value) for name, value in study.state.items()}
        step = take(study.optimizer, options, (before, gradient, state))
        without = _without(study, options, (before, gradient, state))
        terms = FORMULAS[study.optimizer](Step(options, before, gradient, state, step.after, step.state))
    except ProgramError:
        raise
    except (ValueError, TypeError, RuntimeError, KeyError, IndexError, AttributeError) as error:
        raise ProgramError("explain-misfit", {"message": str(error)[:200]}) from None
    return ExplainEvent(
        numbers_of(step.after),
        numbers_of(step.after - before),
        {name: numbers_of(value) for name, value in step.state.items() if isinstance(value, torch.Tensor)},
        tuple(Term(symbol, formula, numbers_of(value)) for symbol, formula, value in terms),
        tuple(Without(name, numbers_of(other.after), numbers_of(other.after - before)) for name, other in without),
    )


def gather(optimizer: str, told: Mapping[str, str | int | float | bool | None]) -> dict[str, OptionValue]:
    """Turn the options that an update tells into those of the constructor: `beta1` and `beta2` into `betas`.

    Raises:
        ProgramError: torch has no such optimizer.
    """
    known = find_optimizer(optimizer).options
    return {option.name: _value(option, told) for option in known if not option.execution}


def _value(option: Option, told: Mapping[str, str | int | float | bool | None]) -> OptionValue:
    if option.kind == "floats" and isinstance(option.default, tuple):
        numbers = [told.get(name, one) for name, one in zip(PARTS[option.name], option.default, strict=True)]
        return tuple(number for number in numbers if not isinstance(number, str))
    return told.get(option.name, option.default)


def take(optimizer: str, options: Mapping[str, OptionValue], given: tuple[torch.Tensor, torch.Tensor, State]) -> Taken:
    """Let torch take the step on copies."""
    before, gradient, state = given
    parameter = before.clone().requires_grad_()
    made = make_optimizer(Optimizer(optimizer, dict(options)), [parameter])
    parameter.grad = gradient.clone()
    copies: State = {name: value.clone() for name, value in state.items()}
    if copies:
        _fill(made, copies, parameter)
        made.state[parameter] = copies
    made.step()
    return Taken(parameter.detach(), dict(made.state[parameter]))


def _fill(optimizer: torch.optim.Optimizer, state: State, parameter: torch.Tensor) -> None:
    """Add what a step would have kept, had an option been on before: a buffer that a rerun needs."""
    group = optimizer.param_groups[0]
    if group.get("amsgrad") and "max_exp_avg_sq" not in state:
        state["max_exp_avg_sq"] = torch.zeros_like(parameter)


def _without(
    study: Explain, options: dict[str, OptionValue], given: tuple[torch.Tensor, torch.Tensor, State]
) -> list[tuple[str, Taken]]:
    told = []
    for name, off in OFF.items():
        if options.get(name):
            changed = options | {name: off} | ({"nesterov": False, "dampening": 0} if name == "momentum" else {})
            kept = {key: changed[key] for key in options}
            told.append((name, take(study.optimizer, kept, given)))
    betas = options.get("betas")
    if isinstance(betas, tuple) and betas[0]:
        told.append(("momentum", take(study.optimizer, options | {"betas": (0.0, betas[1])}, given)))
    if study.unclipped is not None:
        before, _, state = given
        told.append(("clipping", take(study.optimizer, options, (before, tensor_of(study.unclipped), state))))
    return told


def tensor_of(numbers: Numbers) -> torch.Tensor:
    """Read nested lists as float32."""
    return torch.tensor(_floats(numbers), dtype=torch.float32)


def _floats(numbers: object) -> Any:
    return [_floats(item) for item in numbers] if isinstance(numbers, list) else float(numbers)  # type: ignore[arg-type]


def numbers_of(value: torch.Tensor | float) -> Numbers:
    """Write a tensor as nested lists."""
    return _written(value.detach().tolist() if isinstance(value, torch.Tensor) else float(value))


def _written(value: Any) -> Numbers:
    return [_written(item) for item in value] if isinstance(value, list) else real(float(value))
