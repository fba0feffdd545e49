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

MEANT = {
    "lr": "learning_rate learningrate rate step_size alpha eta",
    "weight_decay": "wd l2 decay regularization",
    "eps": "epsilon",
    "betas": "beta beta1 beta2",
    "p": "prob probability rate dropout drop_prob",
    "bias": "use_bias has_bias",
    "in_features": "input_dim in_dim input_size inputs",
    "out_features": "output_dim out_dim output_size outputs units",
    "input_size": "input_dim in_dim in_features inputs",
    "hidden_size": "hidden hidden_dim units",
    "num_layers": "layers n_layers",
    "out_channels": "filters channels",
    "kernel_size": "kernel size ksize",
    "num_embeddings": "vocab_size vocab input_dim",
    "embedding_dim": "dim emb_dim embed_dim output_dim",
    "num_heads": "heads n_heads",
    "step_size": "step steps",
    "requires_grad": "grad requires_gradient",
    "dim": "axis",
    "keepdim": "keepdims",
}  # fmt: skip
"""What other libraries, books and haste call an option of torch, by the name it has there."""


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


def nearest_option(name: str, known: Iterable[str]) -> str | None:
    """Find the option that a person most likely meant: by what it is called elsewhere, else as `nearest`.

    Args:
        name: the option as it was written.
        known: the options that would have worked.
    """
    options = list(known)
    meant = (option for option, others in MEANT.items() if option in options and name.casefold() in others.split())
    return next(meant, None) or nearest(name, options)
