"""Reads from the installed torch which functions, methods and optimizers an expression may name.

`python -m app.tracer.vocabulary` writes them to `app/program/known.json`, once for each version of torch.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import msgspec
import torch
import torch.nn.functional as F

from app import program
from app.program import Names

TORCH_FIRST = frozenset({"sigmoid", "tanh"})
"""`torch.nn.functional` has these too, but calls its own deprecated."""
NOT_OPERATIONS = (
    "set_", "get_", "is_", "use_", "init_", "manual_", "seed", "save", "load", "compile", "import_", "from_file",
    "fork", "wait", "typename", "vmap", "cond", "while_loop", "prepare_", "has_",
)  # fmt: skip


def read_names() -> Names:
    """List what an expression may name.
    Returns:
        Functions of `torch.nn.functional` and `torch`, methods of `torch.Tensor`, optimizers of `torch.optim`.
    """
    functions = {name: f"torch.{name}" for name in dir(torch) if is_operation(torch, name)}
    functions |= {name: f"F.{name}" for name in dir(F) if is_operation(F, name) and name not in TORCH_FIRST}
    methods = frozenset(name for name in dir(torch.Tensor) if is_operation(torch.Tensor, name))
    optimizers = {
        name: options_of(kind)
        for name, kind in vars(torch.optim).items()
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and kind is not torch.optim.Optimizer
    }
    return Names(functions, methods, optimizers)


def is_operation(owner: object, name: str) -> bool:
    """Tell whether a public name is a function on tensors, by the company it keeps."""
    if name.startswith("_") or name.endswith("_") or name.startswith(NOT_OPERATIONS) or not name[0].islower():
        return False
    found = getattr(owner, name)
    return callable(found) and not isinstance(found, type) and getattr(found, "__module__", "") != "typing"


def options_of(optimizer: type) -> tuple[str, ...]:
    """List the keyword options of an optimizer."""
    parameters = inspect.signature(optimizer).parameters
    return tuple(name for name in parameters if name not in {"self", "params"})


def main() -> None:
    """Write the file that the `program` room reads."""
    text = msgspec.json.format(msgspec.json.encode(read_names(), order="sorted"), indent=1)
    (Path(program.__file__).parent / "known.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    main()
