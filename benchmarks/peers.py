"""The other programs, in a process and an environment of their own.

As a script (run by `.venv-bench`) it warms up, then reads one word a line, does that once, and answers with the
milliseconds it took.
As a module it starts that script and asks it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.programs import ENCODER, EXPRESSION, VARIABLES
from benchmarks.servers import PEERS_PYTHON, ROOT

Ask = Callable[[str], float]
READY = "ready\n"


@contextmanager
def peers() -> Iterator[Ask]:
    """Start the peers' process; what is yielded does one measurement and returns its milliseconds."""
    process = subprocess.Popen(
        [str(PEERS_PYTHON), "-m", "benchmarks.peers"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    question, answer = process.stdin, process.stdout

    def ask(what: str) -> float:
        print(what, file=question, flush=True)
        return float(answer.readline())

    assert answer.readline() == READY
    try:
        yield ask
    finally:
        process.communicate(timeout=60)


def expression_by_torchviz() -> None:
    """Forward, backward and drawing of the nine-node expression."""
    import torch
    from torchviz import make_dot

    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in VARIABLES.items()}
    result = eval(EXPRESSION, dict(tensors))
    result.backward()
    make_dot(result, params=tensors).pipe("svg")


def expression_by_torchlens() -> None:
    """Capture of forward and backward of the nine-node expression, and its drawing."""
    import torch
    import torchlens

    class Expression(torch.nn.Module):  # torchlens takes modules only
        def __init__(self) -> None:
            super().__init__()
            for name in "abc":
                setattr(self, name, torch.nn.Parameter(torch.tensor(VARIABLES[name])))

        def forward(self, x: torch.Tensor) -> Any:
            return eval(EXPRESSION, {"a": self.a, "b": self.b, "c": self.c, "x": x})

    point = torch.tensor(VARIABLES["x"], requires_grad=True)
    log = torchlens.trace(Expression(), point, capture=torchlens.options.CaptureOptions(save_grads=True))
    log.log_backward(log[log.output_layers[0]].out.sum())
    with tempfile.TemporaryDirectory() as folder:
        log.draw_backward(vis_outpath=f"{folder}/graph", vis_fileformat="svg", vis_save_only=True)


def transformer_by_torchviz() -> None:
    """Forward, backward and drawing of the twelve-layer encoder; building the module is not counted."""
    import torch
    from torchviz import make_dot

    loss = _encoder["encoder"](_encoder["data"]).pow(2).mean()
    loss.backward()
    make_dot(loss).pipe("svg")
    assert isinstance(loss, torch.Tensor)


_encoder: dict[str, Any] = {}
PEERS = {
    "expression-torchviz": expression_by_torchviz,
    "expression-torchlens": expression_by_torchlens,
    "transformer-torchviz": transformer_by_torchviz,
}


def _serve() -> None:
    warnings.simplefilter("ignore")
    exec(ENCODER, _encoder)
    for do in PEERS.values():
        do()
    print(READY, end="", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        PEERS[line.strip()]()
        print((time.perf_counter() - start) * 1000, flush=True)


if __name__ == "__main__":
    _serve()
