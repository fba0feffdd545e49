import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

torch.manual_seed(0)
layers = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(4)])
x = torch.randn(2, 4, requires_grad=True)
layers(x).sum().backward()
expected = x.grad.clone()
for reentrant in (False, True):
    x.grad = None
    h = x
    for layer in layers:
        h = checkpoint(layer, h, use_reentrant=reentrant)
    h.sum().backward()
    print(reentrant, torch.allclose(x.grad, expected))
x.grad = None
checkpoint_sequential(layers, 2, x, use_reentrant=False).sum().backward()
print(torch.allclose(x.grad, expected))
