"""The programs that are measured, as a visitor would paste them; the peers run the same text."""

from __future__ import annotations

EXPRESSION = "a*x**2 + b*x + c"
VARIABLES: dict[str, float] = {"a": 1.0, "b": 2.0, "c": 3.0, "x": 4.0}


def steps(count: int) -> str:
    """Write a loop of so many SGD steps on three scalars."""
    return f"""\
import torch

x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = torch.tensor(3.0, requires_grad=True)
optimizer = torch.optim.SGD([x, y, z], lr=0.01)
for step in range({count}):
    loss = x**2 + y**2 + z**2
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
"""


ENCODER = """\
import torch
from torch import nn

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=128, batch_first=True)
encoder = nn.TransformerEncoder(layer, num_layers=12, enable_nested_tensor=False)
data = torch.randn(4, 16, 64)
"""

TRANSFORMER = f"""{ENCODER}
loss = encoder(data).pow(2).mean()
loss.backward()
"""


def chain(count: int) -> str:
    """Write a chain of so many operations."""
    return f"""\
import torch

x = torch.tensor(0.5, requires_grad=True)
y = x
for _ in range({count}):
    y = torch.tanh(y)
y.backward()
"""


STEPS = steps(1000)
CHAIN = chain(10_000)

RECURRENT = """\
import torch

torch.manual_seed(0)
inputs = torch.randn(1000, 8)
w_in = torch.randn(8, 16, requires_grad=True)
w_hidden = (torch.randn(16, 16) * 0.1).requires_grad_()
bias = torch.zeros(16, requires_grad=True)
h = torch.zeros(16)
for t in range(1000):
    h = torch.tanh(inputs[t] @ w_in + h @ w_hidden + bias)
loss = h.sum()
loss.backward()
"""


def renamed_expression(number: int) -> tuple[str, dict[str, float]]:
    """Write the nine-node expression with names that no earlier one had, so that its layout is new too."""
    names = {name: f"{name}{number}" for name in VARIABLES}
    text = "{a}*{x}**2 + {b}*{x} + {c}".format(**names)
    return text, {names[name]: value for name, value in VARIABLES.items()}
