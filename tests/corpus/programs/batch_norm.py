import torch
from torch import nn

torch.manual_seed(2)
norm = nn.BatchNorm1d(3)
x = torch.randn(8, 3, requires_grad=True)
for _ in range(3):
    (norm(x) ** 3).sum().backward()
print(norm.running_mean, norm.num_batches_tracked)
norm.eval()
print(norm(x).shape, norm.training)
for layer in (nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.RMSNorm(3)):
    x.grad = None
    (layer(x) ** 2).sum().backward()
    print(type(layer).__name__, f"{x.grad.abs().max().item():.4f}")
z = torch.randn(2, 3, 4, 4, requires_grad=True)
(nn.InstanceNorm2d(3)(z) * nn.BatchNorm2d(3)(z)).mean().backward()
print(z.grad.shape)
