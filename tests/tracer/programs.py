"""The programs of `autograd.txt`; read without the tracer, for a process in which nothing is attached to torch."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
import torch
from torch import nn
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
s = torch.tensor(2.0, requires_grad=True)
"""


def programs() -> dict[str, str]:
    """Each program, under a line with its name in the file."""
    parts = Path(__file__).with_name("autograd.txt").read_text().split("# -- ")[1:]
    return {name: HEAD + text for name, _, text in (part.partition("\n") for part in parts)}
