"""Programs that several tests of the page, or its states, run."""

from __future__ import annotations

ADAM = """import torch
x = torch.tensor(1.5, requires_grad=True)
W = torch.tensor([[0.5, -1.0], [1.5, 0.25]], requires_grad=True)
optimizer = torch.optim.Adam([x, W], lr=0.1, weight_decay=0.1)
for step in range(4):
    loss = 0.5 * x**2 + torch.sin(3 * W).sum() + x * (W**2).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([x, W], 1.0)
    optimizer.step()
"""

NET = """import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = torch.randn(16, 2), torch.randn(16, 1)
for step in range(8):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
"""

SIGMOIDS = """import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(*[nn.Sequential(nn.Linear(20, 20), nn.Sigmoid()) for _ in range(12)], nn.Linear(20, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x = torch.randn(8, 20)
for _ in range(6):
    optimizer.zero_grad()
    net(x).pow(2).mean().backward()
    optimizer.step()
"""

CUTS = """import torch
w = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(-5.0, requires_grad=True)
hidden = w * 2
dead = torch.relu(hidden.detach() + b)
with torch.no_grad():
    scale = w * 3
loss = dead * 2 + scale * b
loss.backward()
"""

LADDER = """import torch
x = torch.tensor(2.0, requires_grad=True)
y = x * x
z = y * y
loss = z + y
loss.backward()
"""

ENCODER = """import torch
from torch import nn
layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
encoder = nn.TransformerEncoder(layer, num_layers=12)
loss = encoder(torch.randn(1, 4, 8)).pow(2).mean()
loss.backward()
"""
