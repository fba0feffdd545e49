"""PyTorch's own derivative formulas, in its own words.

They ship inside torch (`derivatives.yaml`). The code generator numbers the backward functions of one name in the
order of the file (`MulBackward0`, `MulBackward1`); the same count is made here.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import torchgen  # type: ignore[import-untyped]
import yaml  # type: ignore[import-untyped]

_SIGNATURE = re.compile(r"^(\w+?)(?:\.\w+)?\(")
_NOT_AN_INPUT = frozenset({"name", "dispatch", "output_differentiability", "result"})


@cache
def _rules() -> dict[str, dict[str, str]]:
    path = Path(torchgen.__file__).parent / "packaged" / "autograd" / "derivatives.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    counts: Counter[str] = Counter()
    rules: dict[str, dict[str, str]] = {}
    for entry in yaml.load(path.read_text(), Loader=loader):
        match = _SIGNATURE.match(entry["name"])
        formulas = _formulas(entry.get("dispatch", {}).get("Default", entry))
        if match is None or not formulas:
            continue
        prefix = _class_name(match[1])
        rules[f"{prefix}{counts[prefix]}"] = formulas
        counts[prefix] += 1
    return rules


def _class_name(operation: str) -> str:
    """`log_softmax` → `LogSoftmaxBackward`, `nll_loss_forward` → `NllLossBackward`."""
    return ("".join(word.title() for word in operation.split("_")) + "Backward").replace("ForwardBackward", "Backward")


def _formulas(entry: dict[str, Any]) -> dict[str, str]:
    return {
        name.strip(): " ".join(str(formula).split())
        for names, formula in entry.items()
        if names not in _NOT_AN_INPUT and str(formula) != "non_differentiable"
        for name in names.split(",")
    }


def rule_of(name: str) -> dict[str, str]:
    """The derivative formulas of a backward function, by input.

    Args:
        name: torch's name of a `grad_fn`, such as `PowBackward0`.

    Returns:
        Formulas as PyTorch writes them; empty for functions it has none for, such as `AccumulateGrad`.

    Source:
        https://github.com/pytorch/pytorch/blob/v2.13.0/tools/autograd/derivatives.yaml
    """
    return _rules().get(name, {})
