"""u' = -u with u(0) = 1, by a network whose derivative is in its own loss."""
import torch
import torch.nn as nn

torch.manual_seed(0)
u = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
optimizer = torch.optim.Adam(u.parameters(), lr=0.02)
t = torch.linspace(0, 1, 10).reshape(-1, 1).requires_grad_(True)
for epoch in range(5):
    optimizer.zero_grad()
    y = u(t)
    dy = torch.autograd.grad(y, t, grad_outputs=torch.ones_like(y), create_graph=True)[0]
    loss = ((dy + y) ** 2).mean() + (u(torch.zeros(1, 1)) - 1).pow(2).sum()
    loss.backward()
    optimizer.step()
    print(epoch, f"{loss.item():.4f}")
