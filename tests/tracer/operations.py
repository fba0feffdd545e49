"""Traces torch's own operation samples, and prints what does not hold, one line each.

It runs in a process of its own: torch's samples freeze global switches of the process that imports them.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from tests.tracer.recording import record, unexplained, without_gradient

SAMPLES = 3
"""Of each operation; it has up to some hundred, which differ in shapes and options."""
CASE = types.ModuleType("case")
PROGRAM = """\
import torch, case
out = case.run()
parts = [one for one in (out if isinstance(out, (list, tuple)) else [out]) if isinstance(one, torch.Tensor)]
case.results = [one.detach().clone() for one in parts]
followed = [one for one in parts if one.requires_grad]
if followed:
    loss = sum((one.abs() if one.is_complex() else one).sum() for one in followed)
    case.watch(loss)
    loss.backward()
"""


def cases() -> Iterator[tuple[str, Any, Any]]:
    """Name, operation and sample."""
    from torch.testing._internal.common_methods_invocations import op_db

    operations: list[Any] = op_db
    for operation in operations:
        if operation.supports_autograd and torch.float64 in operation.supported_dtypes("cpu"):
            torch.manual_seed(0)
            samples = operation.sample_inputs("cpu", torch.float64, requires_grad=True)
            for _, sample in zip(range(SAMPLES), samples, strict=False):
                name = ".".join(filter(None, (operation.name, operation.variant_test_name)))
                yield name, operation, sample


def leaves_in(sample: Any) -> list[torch.Tensor]:
    """The leaves among the arguments of a sample."""
    leaves: list[torch.Tensor] = []
    stack = [sample.input, sample.args, sample.kwargs]
    while stack:
        one = stack.pop()
        if isinstance(one, torch.Tensor):
            leaves += [one] if one.is_leaf and one.requires_grad else []
        elif isinstance(one, list | tuple):
            stack.extend(one)
        elif isinstance(one, dict):
            stack.extend(one.values())
    return leaves


def outcome(leaves: list[torch.Tensor]) -> tuple[list[Any], list[Any]]:
    """Take results and gradients out of a run, and leave nothing for the next one."""
    gradients = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return CASE.__dict__.pop("results", []), gradients


def is_equal(one: Any, other: Any) -> bool:
    """Whether two results have the same bits."""
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(bits(one), bits(other))


def bits(tensor: torch.Tensor) -> torch.Tensor:
    """The bytes of a tensor's elements."""
    dense = tensor.detach().to_dense() if tensor.layout is not torch.strided else tensor.detach()
    return dense.resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8)


def ungiven(leaves: list[torch.Tensor]) -> list[str]:
    """Which nodes torch runs without a gradient, by what its own hooks say in one more bare run."""
    handles, names = [], []

    def watch(loss: torch.Tensor) -> None:
        stack: list[Any] = [loss.grad_fn]
        for node in stack:
            handles.append(node.register_hook(partial(tell, node.name())))
            stack += {one for one, _ in node.next_functions if one is not None and one not in stack}

    def tell(name: str, _: Any, arrived: Any) -> None:
        if all(one is None for one in arrived):
            names.append(name.removeprefix("torch::autograd::"))

    CASE.__dict__["watch"] = watch
    run_bare()
    CASE.__dict__["watch"] = id
    for handle in handles:
        handle.remove()
    outcome(leaves)
    return sorted(names)


def run_bare() -> None:
    """Run the case by itself."""
    torch.manual_seed(0)
    random.seed(0)
    exec(PROGRAM, {"__name__": "bare"})


def check(operation: Any, sample: Any, reasons: Counter[str]) -> Iterator[str]:
    """Trace one sample after a bare run of it, and count why nodes have no gradient."""
    CASE.__dict__["run"] = lambda: operation(sample.input, *sample.args, **sample.kwargs)
    leaves = leaves_in(sample)
    try:
        run_bare()
    except RuntimeError:
        outcome(leaves)  # some have no derivative for one of their arguments
        return
    bare = outcome(leaves)
    run = record(PROGRAM)
    if run.failure is not None:
        yield f"failed: {run.failure}"
        return
    for what, ours, theirs in zip(("results", "gradients"), outcome(leaves), bare, strict=True):
        if len(ours) != len(theirs) or not all(map(is_equal, ours, theirs)):
            yield f"{what} differ from a bare run"
    yield from unexplained(run)
    told = [(node.name, why) for node, why in without_gradient(run)]
    reasons.update(why or "none" for _, why in told)
    undefined = sorted(name for name, why in told if why == "undefined")
    if undefined and undefined != (ungiven_bare := ungiven(leaves)):
        yield f"undefined gradients are at {undefined}, in a bare run at {ungiven_bare}"


def main() -> None:
    """Print the number of operations, each flaw, and how often which reason stood for a gradient."""
    sys.modules["case"] = CASE
    CASE.__dict__["watch"] = id
    reasons: Counter[str] = Counter()
    output = sys.stdout
    names, flaws = set(), []
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        for name, operation, sample in cases():
            flaws += [f"{name}: {flaw}" for flaw in check(operation, sample, reasons)]
            names.add(name)
    json.dump({"operations": len(names), "flaws": flaws, "reasons": reasons}, output)


if __name__ == "__main__":
    main()
