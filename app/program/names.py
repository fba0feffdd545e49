"""Which bare names an expression may use, and the nearest one to a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import msgspec

CONSTANTS = {"pi": "torch.pi", "inf": "torch.inf", "nan": "torch.nan"}
MODULES = {
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "math": "import math",
}
RESERVED = frozenset({"torch", "nn", "math", "optim"})
"""Modules of the written program; `F` is spelled out where a variable has taken the name."""
OF_NUMBERS = frozenset({
    "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "exp", "floor", "log", "log10", "log2", "sin", "sinh",
    "sqrt", "tan", "tanh",
})  # fmt: skip
"""Functions that `math` has too: torch's take no plain number, so `sqrt(2)` is written with `math`."""
FORMULAS = frozenset({
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "cross_entropy", "det", "erf", "exp", "floor", "gelu",
    "log", "log10", "log2", "log_softmax", "matmul", "mse_loss", "relu", "sigmoid", "sign", "silu", "sin", "sinh",
    "softmax", "softplus", "sqrt", "tan", "tanh",
})  # fmt: skip
"""Functions whose name nobody gives to a variable: without brackets they are a slip."""


class Names(msgspec.Struct, frozen=True):
    """What torch offers; `known.json` holds it, so that nothing here imports torch, and a test compares the two.

    `functions` leads from the bare name to the text a program writes (`sin` to `torch.sin`, `relu` to `F.relu`),
    `methods` are those of `torch.Tensor`, `optimizers` lead from a class of `torch.optim` to its keyword options.
    """

    functions: dict[str, str]
    methods: frozenset[str]
    optimizers: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def known_names() -> Names:
    """Read what torch offers from the file beside this module."""
    return msgspec.json.decode((files(__package__) / "known.json").read_bytes(), type=Names)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that a person most likely meant.
    Args:
        name: the name as it was written.
        known: the names that would have worked.
    Returns:
        One that differs in capitals only, else the most similar one, else None.
    """
    candidates = sorted({candidate for candidate in known if candidate != name})
    for candidate in candidates:
        if candidate.casefold() == name.casefold():
            return candidate
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.7)
    return close[0] if close else None
