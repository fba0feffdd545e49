import torch
from torch import nn

torch.manual_seed(1)
layer = nn.MultiheadAttention(8, 2, batch_first=True)
x = torch.randn(2, 5, 8, requires_grad=True)
out, weights = layer(x, x, x)
out.pow(2).sum().backward()
print(out.shape, weights.shape, f"{x.grad.norm().item():.3f}")
print({name: tuple(p.grad.shape) for name, p in layer.named_parameters()})
