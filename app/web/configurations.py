"""Optimizers and schedulers as the API takes them: a name and options side by side, in one flat object."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from app.trace.optimizer import Configuration, Optimizer, OptionValue, Scheduler
from app.web.problems import Fault, InvalidRequestError

Options = dict[str, str | int | float | bool | list | dict | None]  # type: ignore[type-arg]
BESIDE = ("scheduler", "clip_norm", "clip_value")
DEEPEST = 4


def read_optimizer(given: Mapping[str, Any], pointer: str) -> Optimizer:
    """Read `{"name": …, "lr": …}`; without a name it is SGD.

    Raises:
        InvalidRequestError: the name is no text, or an option none of what options can be.
    """
    name = given.get("name", "SGD")
    if not isinstance(name, str):
        raise InvalidRequestError((Fault("Expected `str`", f"{pointer}/name"),))
    return Optimizer(name, _options(given, ("name",), pointer))


def read_configuration(given: Mapping[str, Any], pointer: str) -> Configuration:
    """Read an optimizer with `scheduler`, `clip_norm` and `clip_value` beside its options.

    Raises:
        InvalidRequestError: as `read_optimizer`.
    """
    options = {name: value for name, value in given.items() if name not in BESIDE}
    return Configuration(
        read_optimizer(options, pointer),
        read_scheduler(given.get("scheduler"), f"{pointer}/scheduler"),
        read_number(given.get("clip_norm"), f"{pointer}/clip_norm"),
        read_number(given.get("clip_value"), f"{pointer}/clip_value"),
    )


def read_scheduler(given: object, pointer: str, depth: int = 0) -> Scheduler | None:
    """Read `{"name": "StepLR", "step_size": 10}`; `schedulers` lists those that one is made of.

    Raises:
        InvalidRequestError: as `read_optimizer`.
    """
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or depth > DEEPEST:
        raise InvalidRequestError((Fault("Expected an object with a `name`", pointer),))
    parts = given.get("schedulers", [])
    if not isinstance(parts, list):
        raise InvalidRequestError((Fault("Expected `array`", f"{pointer}/schedulers"),))
    read = (read_scheduler(part, f"{pointer}/schedulers/{index}", depth + 1) for index, part in enumerate(parts))
    options = _options(given, ("name", "schedulers"), pointer)
    return Scheduler(given["name"], options, tuple(part for part in read if part is not None))


def read_number(given: object, pointer: str) -> float | None:
    """Read a finite number, or none.

    Raises:
        InvalidRequestError: it is something else.
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise InvalidRequestError((Fault("Expected a number", pointer),))
    return float(given)


def _options(given: Mapping[str, Any], without: tuple[str, ...], pointer: str) -> dict[str, OptionValue]:
    return {
        name: _option(value, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
        for name, value in given.items()
        if name not in without
    }


def _option(value: object, pointer: str) -> OptionValue:
    if isinstance(value, list) and all(_is_plain(item) and not isinstance(item, str | bool) for item in value):
        return tuple(value)
    if _is_plain(value):
        return value  # type: ignore[return-value]
    raise InvalidRequestError((Fault("Expected a number, a boolean, a text or a list of numbers", pointer),))


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value))
