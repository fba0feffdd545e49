"""Which optimizers and schedulers torch has, their options, and whether a configuration is one of them."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

from app.errors import Parameter, ProgramError
from app.program.names import nearest, nearest_option
from app.trace.optimizer import Configuration, Optimizer, OptionKind, OptionValue, Scheduler

USUAL_RATE = 0.1
"""torch's own default for SGD, 0.001, moves nothing that an eye could see."""
LONGEST_FUNCTION = 200
MOST_SCHEDULERS = 8
POSITIVE = frozenset({"lr", "clip_norm", "clip_value"})
WORDS: Mapping[OptionKind, str] = {
    "float": "`float`", "int": "`int`", "bool": "`bool`", "text": "`str`", "floats": "`tuple[float, ...]`",
    "ints": "`tuple[int, ...]`", "function": "`lambda epoch: ...`", "schedulers": "`list[LRScheduler]`",
}  # fmt: skip
"""What an option may be, as Python writes it: the same in every language."""


PARTS: Mapping[str, tuple[str, ...]] = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("step_size_min", "step_size_max"),
    "eps": ("eps1", "eps2"),
    "ns_coefficients": ("ns_a", "ns_b", "ns_c"),
}
"""The options that torch keeps as tuples, and a name for each of their numbers, by which an update tells them."""


class Option(msgspec.Struct, frozen=True):
    """One keyword option, as torch's signature has it.

    `execution` marks those that change how a step is computed, never what it is (`foreach`, `fused`).
    """

    name: str
    kind: OptionKind
    default: OptionValue = None
    required: bool = False
    execution: bool = False
    choices: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True):
    """One class of `torch.optim` or `torch.optim.lr_scheduler`.

    `batched` says that its steps treat each element by itself, so that many runs can be stacked into one; `closure`
    that its `step` calls the loss again.
    """

    name: str
    options: tuple[Option, ...]
    batched: bool = False
    closure: bool = False


class Catalogue(msgspec.Struct, frozen=True):
    """All there are, in one version of torch."""

    torch: str
    optimizers: tuple[Kind, ...]
    schedulers: tuple[Kind, ...]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Read what torch offers from the file beside this module; a test compares the two."""
    return msgspec.json.decode((files(__package__) / "optimizers.json").read_bytes(), type=Catalogue)


def find_optimizer(name: str) -> Kind:
    """Find an optimizer.

    Raises:
        ProgramError: torch has none of this name; with the nearest one.
    """
    return _find(name, catalogue().optimizers, "optimizer")


def _find(name: str, kinds: tuple[Kind, ...], what: str) -> Kind:
    by_name = {kind.name: kind for kind in kinds}
    if name in by_name:
        return by_name[name]
    near = nearest(name, by_name)
    if near is None:
        raise ProgramError(f"unknown-{what}", {"name": name[:60]})
    raise ProgramError(f"misspelt-{what}", {"name": name[:60], "nearest": near})


def check_configuration(configuration: Configuration) -> Configuration:
    """Refuse an optimizer, a scheduler or an option that torch does not have, and a value that cannot be one.

    Raises:
        ProgramError: with the nearest name where there is one.
    """
    check_optimizer(configuration.optimizer)
    for name in ("clip_norm", "clip_value"):
        value = getattr(configuration, name)
        if value is not None:
            _check_number(name, value, configuration.optimizer.name)
    if configuration.scheduler is not None:
        check_scheduler(configuration.scheduler)
    return configuration


def check_optimizer(optimizer: Optimizer) -> dict[str, OptionValue]:
    """Check an optimizer and return the options its program passes.

    Raises:
        ProgramError: as `check_configuration`.
    """
    kind = find_optimizer(optimizer.name)
    _check_options(kind, optimizer.options)
    if optimizer.name == "SGD" and "lr" not in optimizer.options:
        return {"lr": USUAL_RATE, **optimizer.options}
    return optimizer.options


def check_scheduler(scheduler: Scheduler, depth: int = 0) -> None:
    """Check a scheduler, and those that it is made of.

    Raises:
        ProgramError: as `check_configuration`.
    """
    kind = _find(scheduler.name, catalogue().schedulers, "scheduler")
    _check_options(kind, scheduler.options)
    nests = any(option.kind == "schedulers" for option in kind.options)
    if bool(scheduler.schedulers) != nests or len(scheduler.schedulers) > MOST_SCHEDULERS or depth > 2:
        raise ProgramError("scheduler-parts", {"scheduler": kind.name, "value": MOST_SCHEDULERS})
    for option in kind.options:
        if option.required and option.kind != "schedulers" and option.name not in scheduler.options:
            raise ProgramError("scheduler-needs", {"scheduler": kind.name, "option": option.name})
    for part in scheduler.schedulers:
        check_scheduler(part, depth + 1)


def _check_options(kind: Kind, options: Mapping[str, OptionValue]) -> None:
    known = {option.name: option for option in kind.options if option.kind != "schedulers"}
    for name, value in options.items():
        if name not in known:
            _refuse_option(kind, name, known)
        _check_value(kind, known[name], value)


def _refuse_option(kind: Kind, name: str, known: Mapping[str, Option]) -> None:
    near = nearest_option(name, known)
    parameters: dict[str, Parameter] = {"optimizer": kind.name, "option": name[:60]}
    if near is not None:
        raise ProgramError("misspelt-option", parameters | {"nearest": near})
    names = ", ".join(name for name, option in known.items() if not option.execution)
    raise ProgramError("unknown-option", parameters | {"known": names})


def _check_value(kind: Kind, option: Option, value: OptionValue) -> None:
    if value is None and option.default is None and not option.required:
        return
    if not _fits(option, value):
        wanted = ", ".join(option.choices) or WORDS[option.kind]
        parameters: dict[str, Parameter] = {"optimizer": kind.name, "option": option.name}
        raise ProgramError("option-kind", parameters | {"kind": wanted, "value": str(value)[:60]})
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, int | float):
            _check_number(option.name, number, kind.name)


def _check_number(name: str, number: float, owner: str) -> None:
    if not math.isfinite(number):
        raise ProgramError("bad-option", {"optimizer": owner, "option": name, "value": str(number)})
    if name in POSITIVE and number < 0:
        raise ProgramError("negative-option", {"optimizer": owner, "option": name, "value": number})


def _fits(option: Option, value: OptionValue) -> bool:
    match option.kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        case "float":
            # torch reads true as 1 here, and so do tutorials.
            return isinstance(value, int | float)
        case "text":
            return isinstance(value, str) and (value in option.choices or not option.choices)
        case "function":
            return isinstance(value, str) and is_formula(value)
        case "floats":
            size = len(option.default) if isinstance(option.default, tuple) else None
            return isinstance(value, tuple) and (size is None or len(value) == size)
        case "ints":
            return isinstance(value, tuple) and all(isinstance(number, int) for number in value)
        case "schedulers":
            return False


def is_formula(text: str) -> bool:
    """Whether a text could be the body of a `lambda epoch:`; it is parsed where it runs, in the child."""
    return 0 < len(text.strip()) <= LONGEST_FUNCTION and text.isprintable()


def write_option(kind: str, option: str, value: OptionValue) -> str:
    """Write a value as a program passes it.

    Args:
        kind: the class, an optimizer or a scheduler.
        option: the option's name.
        value: checked before.

    Raises:
        ProgramError: a function's text is no Python expression.
    """
    declared = next(
        found.kind
        for group in (catalogue().optimizers, catalogue().schedulers)
        for entry in group
        if entry.name == kind
        for found in entry.options
        if found.name == option
    )
    if declared == "function":
        text = str(value).strip()
        try:
            formula = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            parameters: dict[str, Parameter] = {"optimizer": kind, "option": option, "value": str(value)[:60]}
            raise ProgramError("option-kind", parameters | {"kind": WORDS["function"]}) from None
        return text if isinstance(formula, ast.Lambda) else f"lambda epoch: {text}"
    if declared == "ints" and isinstance(value, tuple):
        return repr(list(value))
    return repr(value)
