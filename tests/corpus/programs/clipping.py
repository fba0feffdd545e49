import torch
from torch import nn

torch.manual_seed(0)
net = nn.Linear(4, 1)
(1000 * net(torch.randn(3, 4))).sum().backward()
norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
print(f"{norm.item():.2f}", f"{sum(p.grad.norm() ** 2 for p in net.parameters()).sqrt().item():.4f}")
nn.utils.clip_grad_value_(net.parameters(), 0.1)
print(max(p.grad.abs().max().item() for p in net.parameters()))
vector = nn.utils.parameters_to_vector(net.parameters())
nn.utils.vector_to_parameters(torch.zeros_like(vector), net.parameters())
print(vector.shape, net.weight)
