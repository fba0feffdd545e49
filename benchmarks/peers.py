"""The other programs, in a process and an environment of their own.

As a script (run by `.venv-bench`) it reads one word a line, does that once, and answers with the milliseconds it took,
or with the name of the exception it ended in. Each word is done once before it is first timed.
As a module it starts that script and asks it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.programs import CHAIN, ENCODER, EXPRESSION, RECURRENT, VARIABLES
from benchmarks.servers import PEERS_PYTHON, ROOT

Ask = Callable[[str], float]
READY = "ready\n"


@contextmanager
def peers() -> Iterator[Ask]:
    """Start the peers' process; what is yielded does one measurement and returns its milliseconds."""
    process = _start()
    assert process.stdin is not None
    assert process.stdout is not None
    question, answer = process.stdin, process.stdout

    def ask(what: str) -> float:
        print(what, file=question, flush=True)
        return float(answer.readline())

    try:
        yield ask
    finally:
        process.communicate(timeout=60)


def attempt(what: str, seconds: float) -> float | str:
    """Do one measurement in a process of its own: milliseconds, or why there are none."""
    process = _start()
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        print(f"once {what}", file=process.stdin, flush=True)
        if not select.select([process.stdout], [], [], seconds)[0]:
            return f"> {seconds:g} s"
        answer = process.stdout.readline().strip()
        return answer if answer.isidentifier() else float(answer)
    finally:
        # With all that it started: a `dot` left behind would take a core from every measurement after it.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def versions() -> dict[str, str]:
    """The versions of what is measured against, by package."""
    names = ("torchviz", "torchview", "torchlens")
    script = f"import importlib.metadata as m; print(*(m.version(name) for name in {names!r}))"
    found = subprocess.run([str(PEERS_PYTHON), "-c", script], capture_output=True, text=True, check=True)
    return dict(zip(names, found.stdout.split(), strict=True))


def _start() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [str(PEERS_PYTHON), "-m", "benchmarks.peers"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == READY
    return process


# -- what they do, in `.venv-bench` ------------------------------------------------------------------------------------


def expression_bare() -> None:
    """Forward and backward of the nine-node expression, and nothing else."""
    _differentiated()


def expression_by_torchviz() -> None:
    """Forward, backward and drawing of the nine-node expression."""
    from torchviz import make_dot

    result, tensors = _differentiated()
    make_dot(result, params=tensors).pipe("svg")


def _differentiated() -> tuple[Any, dict[str, Any]]:
    import torch

    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in VARIABLES.items()}
    result = eval(EXPRESSION, dict(tensors))
    result.backward()
    return result, tensors


def _module() -> tuple[Any, Any]:
    """The expression as a module of its parameters, which is what torchlens and torchview take, and its input."""
    import torch

    class Expression(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name in "abc":
                setattr(self, name, torch.nn.Parameter(torch.tensor(VARIABLES[name])))

        def forward(self, x: torch.Tensor) -> Any:
            return eval(EXPRESSION, {"a": self.a, "b": self.b, "c": self.c, "x": x})

    return Expression(), torch.tensor(VARIABLES["x"], requires_grad=True)


def expression_by_torchlens() -> None:
    """Capture of forward and backward of the nine-node expression, and its drawing."""
    import torchlens

    module, point = _module()
    log = torchlens.trace(module, point, capture=torchlens.options.CaptureOptions(save_grads=True))
    log.log_backward(log[log.output_layers[0]].out.sum())
    with tempfile.TemporaryDirectory() as folder:
        log.draw_backward(vis_outpath=f"{folder}/graph", vis_fileformat="svg", vis_save_only=True)


def expression_by_torchview() -> None:
    """Forward of the nine-node expression, and its drawing."""
    _viewed(*_module())


def _viewed(module: Any, data: Any) -> None:
    import torchview

    graph = torchview.draw_graph(module, input_data=data, depth=10, hide_module_functions=False).visual_graph
    graph.pipe("svg")


def transformer_by_torchviz() -> None:
    """Forward, backward and drawing of the twelve-layer encoder; building the module is not counted."""
    from torchviz import make_dot

    loss = _encoder["encoder"](_encoder["data"]).pow(2).mean()
    loss.backward()
    make_dot(loss).pipe("svg")


def transformer_by_torchview() -> None:
    """Forward and drawing of the twelve-layer encoder, opened to its operations."""
    _viewed(_encoder["encoder"], _encoder["data"])


def by_torchviz(program: str, result: str) -> Callable[[], None]:
    """Make the run of a program and the drawing of its result."""

    def do() -> None:
        from torchviz import make_dot

        names: dict[str, Any] = {}
        exec(program, names)
        make_dot(names[result]).pipe("svg")

    return do


def by_module(draw: Callable[[Any, Any], None], recurrent: bool) -> Callable[[], None]:
    """Make the drawing of the chain, or of the recurrent net, written as a module's `forward`."""

    def do() -> None:
        import torch

        class Chain(torch.nn.Module):
            def forward(self, x: Any) -> Any:
                for _ in range(10_000):
                    x = torch.tanh(x)
                return x

        class Recurrent(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.w_in = torch.nn.Parameter(torch.randn(8, 16))
                self.w_hidden = torch.nn.Parameter(torch.randn(16, 16) * 0.1)
                self.bias = torch.nn.Parameter(torch.zeros(16))

            def forward(self, inputs: Any) -> Any:
                h = torch.zeros(16)
                for t in range(1000):
                    h = torch.tanh(inputs[t] @ self.w_in + h @ self.w_hidden + self.bias)
                return h.sum()

        if recurrent:
            draw(Recurrent(), torch.randn(1000, 8))
        else:
            draw(Chain(), torch.tensor(0.5, requires_grad=True))

    return do


def _logged(module: Any, data: Any) -> None:
    import torchlens

    log = torchlens.trace(module, data)
    with tempfile.TemporaryDirectory() as folder:
        log.draw(vis_outpath=f"{folder}/graph", vis_fileformat="svg", vis_save_only=True)


_encoder: dict[str, Any] = {}
PEERS = {
    "expression-bare": expression_bare,
    "expression-torchviz": expression_by_torchviz,
    "expression-torchlens": expression_by_torchlens,
    "expression-torchview": expression_by_torchview,
    "transformer-torchviz": transformer_by_torchviz,
    "transformer-torchview": transformer_by_torchview,
    "chain-torchviz": by_torchviz(CHAIN, "y"),
    "chain-torchview": by_module(_viewed, recurrent=False),
    "chain-torchlens": by_module(_logged, recurrent=False),
    "recurrent-torchviz": by_torchviz(RECURRENT, "loss"),
    "recurrent-torchview": by_module(_viewed, recurrent=True),
    "recurrent-torchlens": by_module(_logged, recurrent=True),
}


def _serve() -> None:
    warnings.simplefilter("ignore")
    import torch

    # As on our side; for tensors this small further threads only wait for each other.
    torch.set_num_threads(1)
    exec(ENCODER, _encoder)
    warm = set()
    print(READY, end="", flush=True)
    for line in sys.stdin:
        what = line.strip().removeprefix("once ")
        if not line.startswith("once ") and what not in warm:
            PEERS[what]()
            warm.add(what)
        start = time.perf_counter()
        try:
            PEERS[what]()
        except Exception as error:
            print(type(error).__name__, flush=True)
        else:
            print((time.perf_counter() - start) * 1000, flush=True)


if __name__ == "__main__":
    _serve()
