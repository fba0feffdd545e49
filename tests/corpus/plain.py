"""Runs programs as plain Python does, each in a process of its own, and says what they printed.

Started by path in an interpreter that knows nothing of this project: `python plain.py PROGRAM...` writes one JSON
object, by program: its output, its error, and how many times it ran the engine.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sys
import traceback
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch


class Plots(types.ModuleType):
    """Stands in for matplotlib, which neither side has: its calls do nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Plots(name)

    def __call__(self, *_arguments: Any, **_options: Any) -> Any:
        return self

    def __iter__(self) -> Any:
        return iter((self, self))


class Engine:
    """Counts the runs of the engine that end well, but for those that a transform of `torch.func` asks for."""

    def __init__(self) -> None:
        self.runs = 0
        self._run = torch.autograd._engine_run_backward  # type: ignore[attr-defined]
        torch.autograd._engine_run_backward = self  # type: ignore[attr-defined, assignment]

    def __call__(self, outputs: Any, *arguments: Any, **options: Any) -> Any:
        functorch = torch._C._functorch
        is_transformed = functorch.peek_interpreter_stack() or any(map(functorch.is_functorch_wrapped_tensor, outputs))
        result = self._run(outputs, *arguments, **options)
        self.runs += not is_transformed
        return result


def run(path: Path) -> dict[str, Any]:
    """Run one program in the way the sandbox says it does: seeded by 0, as `__main__`, without warnings."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    printed, error, engine = io.StringIO(), None, Engine()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(path.read_text("utf-8"), str(path), "exec"), module.__dict__)
        except BaseException:
            error = traceback.format_exc()
    return {"output": printed.getvalue(), "error": error, "runs": engine.runs}


def run_apart(path: Path) -> dict[str, Any]:
    """Run one program in a fork, so that no program sees what another left."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        with open(writer, "w", encoding="utf-8") as pipe:
            json.dump(run(path), pipe)
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    result: dict[str, Any] = json.loads(text)
    return result


def main() -> None:
    """Run all programs named on the command line."""
    for name in ("matplotlib", "matplotlib.pyplot"):
        sys.modules[name] = Plots(name)
    json.dump({path.stem: run_apart(path) for path in map(Path, sys.argv[1:])}, sys.stdout)


if __name__ == "__main__":
    main()
