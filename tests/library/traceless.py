"""Looks for what tracing leaves behind in a process of its own, and prints what it finds, one line each.

It runs in a process where nothing was ever attached to torch for good, as in a user's.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import linecache
import random
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.optim import optimizer as optimizers

from app.library import Tracing, trace
from app.tracer.active import Active
from app.tracer.engine import is_attached
from tests.tracer.programs import programs as read_programs

MEGABYTE = 1024 * 1024


# -- what torch and the process look like ------------------------------------------------------------------------------


def places() -> dict[str, object]:
    """Everything that a recording might have changed, by name."""
    classes = [torch.autograd.Function, torch.optim.Optimizer, *torch.optim.Optimizer.__subclasses__()]
    classes += [nn.Module, nn.Parameter]
    hooks = [(owner.__name__, name) for owner in (modules, optimizers) for name in vars(owner) if "_global_" in name]
    namespaces: list[Any] = [torch.autograd, torch.autograd.graph, torch.Tensor, torch.overrides]
    namespaces += [torch.jit, sys.modules["torch.jit._trace"]]
    found: dict[str, object] = {
        "function modes": torch._C._len_torch_function_stack(),
        "dispatch modes": torch._C._len_torch_dispatch_stack(),
        "grad enabled": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "anomaly": torch.is_anomaly_enabled(),
        "stdout": id(sys.stdout),
        "thresholds": gc.get_threshold(),
        "recursion": sys.getrecursionlimit(),
        "filters": list(warnings.filters),
        "profile and trace": (sys.getprofile(), sys.gettrace()),
        "main": id(sys.modules["__main__"]),
        "recorder": (Active.recorder, Active.thread, is_attached()),
    }
    for kind in classes:
        found |= {f"{kind.__name__}.{name}": id(one) for name, one in vars(kind).items() if callable(one)}
        found |= {
            f"{kind.__name__}.{name}": id(one) for name, one in vars(kind).items() if isinstance(one, staticmethod)
        }
    scripts: list[Any] = [torch.jit.ScriptFunction, torch._C.ScriptMethod]
    found |= {f"{kind.__name__}.__call__": id(vars(kind)["__call__"]) for kind in scripts}
    found["compile"] = id(torch.compile)
    found["apply"] = id(vars(torch.autograd.Function)["apply"])
    found["profile_hook_step"] = id(vars(torch.optim.Optimizer)["profile_hook_step"])
    for owner, name in hooks:
        found[f"{owner}.{name}"] = repr(getattr(sys.modules[owner], name))
    for space in namespaces:
        found |= {f"{space.__name__}.{name}": id(one) for name, one in vars(space).items() if callable(one)}
    return found


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """The names of what is not as it was; what torch imports late is no difference."""
    return [name for name, one in before.items() if after.get(name, one) != one]


def resident() -> int:
    """Bytes of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


# -- programs ----------------------------------------------------------------------------------------------------------


def printed(code: Any, name: str, traced: bool) -> str:
    """What a program prints, bare or inside of a recording."""
    torch.manual_seed(0)
    random.seed(0)
    torch.autograd.set_detect_anomaly(False)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        if traced:
            with Tracing(main=name) as run:
                exec(code, {"__name__": "program"})
            assert run.data.failure is None
            assert run.output == output.getvalue()
        else:
            exec(code, {"__name__": "program"})
    return output.getvalue()


def programs() -> Iterator[str]:
    """Run each program of the table bare and inside of a recording."""
    for title, source in read_programs().items():
        name = f"/programs/{title}.py"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        code = compile(source, name, "exec")
        bare = printed(code, name, traced=False)
        before = places()
        inside = printed(code, name, traced=True)
        if inside != bare:
            yield f"{title}: prints {inside!r} instead of {bare!r}"
        yield from (f"{title}: left behind {one}" for one in differences(before, places()))
        printed(code, name, traced=False)


# -- references --------------------------------------------------------------------------------------------------------


class Net(nn.Module):
    """A network with everything that could be held on to."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(64, 64)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("scale", torch.ones(64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A scalar."""
        hidden = self.drop(torch.tanh(self.inner(x))) * self.scale
        total: torch.Tensor = hidden.square().sum()
        return total


def train(kept: list[weakref.ref[Any]]) -> list[float]:
    """Train, with a function class and tensors that live no longer than this call."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            sign: torch.Tensor = ctx.saved_tensors[0].sign()
            return gradient * 2 * sign.abs()

    net = Net()
    optimizer = torch.optim.Adam(net.parameters())
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        x = torch.randn(32, 64)
        loss = Double.apply(net(x))  # type: ignore[no-untyped-call]
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    kept += map(weakref.ref, (net, optimizer, x, loss, net.inner.weight, net.inner.weight.grad, Double))
    return losses


def references() -> Iterator[str]:
    """Whatever a program let go of is gone, though its trace is kept."""
    for traced in (False, True):
        kept: list[weakref.ref[Any]] = []
        torch.manual_seed(3)
        if traced:
            run = trace(train, kept)
            inside = run.result
        else:
            bare = train(kept)
        gc.collect()
        alive = [type(one()).__name__ for one in kept if one() is not None]
        yield from (f"{'traced' if traced else 'bare'}: a {name} is kept alive" for name in alive)
    if bare != inside:
        yield f"seeded results differ: {bare} and {inside}"

    def block() -> list[weakref.ref[Any]]:
        big = torch.ones(1000, requires_grad=True)
        with trace():
            y = big * 2
            y.sum().backward()
        found: list[weakref.ref[Any]] = [weakref.ref(y)]
        del y
        gc.collect()
        return [one for one in found if one() is not None]

    yield from (f"a block's frame keeps {one}" for one in block())


def memory() -> Iterator[str]:
    """Recording again and again takes no more memory than recording once."""

    def once() -> None:
        x = torch.randn(512, 1024, requires_grad=True)
        (x.exp() * x).sum().backward()

    for _ in range(5):
        trace(once)
    gc.collect()
    before = resident()
    for _ in range(40):
        trace(once)
    gc.collect()
    grown = (resident() - before) / MEGABYTE
    if grown > 60:  # one run holds 12 MB, so a leak would be eight times this
        yield f"{grown:.1f} MB more after 40 recordings"


def failing() -> Iterator[str]:
    """What is raised inside, also by an optimizer's step and in the midst of a backward pass, leaves nothing either."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    weight = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    optimizer.register_step_pre_hook(fail)

    def hook() -> None:
        y = weight * 2
        y.register_hook(fail)
        y.sum().backward()

    before = places()
    for act in (optimizer.step, hook, lambda: sys.exit(3), weight.backward):
        with contextlib.suppress(ZeroDivisionError, SystemExit, RuntimeError), trace():
            act()
    yield from (f"a failure left behind {one}" for one in differences(before, places()))


def main() -> None:
    """Print each flaw."""
    assert not is_attached()
    checks: tuple[Callable[[], Iterator[str]], ...] = (programs, references, memory, failing)
    flaws = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        for check in checks:
            flaws += list(check())
    json.dump({"programs": len(read_programs()), "flaws": flaws}, sys.stdout)


if __name__ == "__main__":
    main()
