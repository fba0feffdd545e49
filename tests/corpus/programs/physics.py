"""A spring, integrated step by step; the gradient runs through all of time."""
import torch

k = torch.tensor(2.0, requires_grad=True)
position, velocity = torch.tensor(1.0), torch.tensor(0.0)
dt = 0.1
for _ in range(20):
    velocity = velocity - dt * k * position
    position = position + dt * velocity
position.backward()
print(f"{position.item():.5f} {k.grad.item():.5f}")
