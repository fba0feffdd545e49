"""Reads the optimizers and schedulers of the installed torch, and their options, from their own signatures.

`python -m app.tracer.signatures` writes them to `app/program/optimizers.json`, once for each version of torch.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
import torch
from torch.optim import lr_scheduler

from app import program
from app.program.optimizers import Catalogue, Kind, Option
from app.trace.optimizer import OptionKind, OptionValue

EXECUTION = frozenset({"foreach", "fused", "capturable", "differentiable"})
BY_ELEMENT = frozenset({
    "SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Rprop", "ASGD",
})  # fmt: skip
"""Their steps treat each element by itself; a test runs each stacked and alone."""
WITH_CLOSURE = frozenset({"LBFGS"})
NOT_OPTIONS = frozenset({"self", "params", "optimizer", "last_epoch"})
CHOICES: dict[str, tuple[str, ...]] = {
    "line_search_fn": ("strong_wolfe",),
    "adjust_lr_fn": ("original", "match_rms_adamw"),
}
"""Words that signatures leave to the documentation."""
KINDS: tuple[tuple[str, OptionKind], ...] = (
    ("LRScheduler", "schedulers"),
    ("Callable", "function"),
    ("Iterable[int]", "ints"),
    ("list[int]", "ints"),
    ("tuple", "floats"),
    ("Literal", "text"),
    ("str", "text"),
    ("bool", "bool"),
    ("float", "float"),
    ("int", "int"),
)
"""The first word that an annotation holds says what the option is."""


def read_catalogue() -> Catalogue:
    """List all optimizers and schedulers, in the order of the alphabet."""
    optimizers = [
        Kind(name, options_of(kind), batched=name in BY_ELEMENT, closure=name in WITH_CLOSURE)
        for name, kind in sorted(vars(torch.optim).items())
        if _is_kind(kind, torch.optim.Optimizer)
    ]
    schedulers = [
        Kind(name, options_of(kind))
        for name, kind in sorted(vars(lr_scheduler).items())
        if _is_kind(kind, lr_scheduler.LRScheduler) and not name.startswith("_")
    ]
    return Catalogue(torch.__version__.partition("+")[0], tuple(optimizers), tuple(schedulers))


def _is_kind(kind: object, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base) and kind is not base


def options_of(kind: type) -> tuple[Option, ...]:
    """List the options of a class, in the order of its signature."""
    parameters = inspect.signature(kind).parameters.values()
    return tuple(_option(parameter) for parameter in parameters if parameter.name not in NOT_OPTIONS)


def _option(parameter: inspect.Parameter) -> Option:
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    kind = next(kind for word, kind in KINDS if word in text)
    required = parameter.default is inspect.Parameter.empty
    default: OptionValue = None if required else parameter.default
    choices = tuple(re.findall(r"'(\w+)'", text)) if "Literal" in text else CHOICES.get(parameter.name, ())
    return Option(parameter.name, kind, default, required, parameter.name in EXECUTION, choices)


def main() -> None:
    """Write the file that the `program` room reads."""
    text = msgspec.json.format(msgspec.json.encode(read_catalogue()), indent=1)
    (Path(program.__file__).parent / "optimizers.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    main()
