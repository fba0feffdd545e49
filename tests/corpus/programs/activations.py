import torch
import torch.nn.functional as F
from torch import nn

x = torch.linspace(-2, 2, 6, requires_grad=True)
layers = [
    nn.ReLU(), nn.LeakyReLU(0.1), nn.ELU(), nn.SELU(), nn.CELU(), nn.GELU(), nn.GELU(approximate="tanh"), nn.SiLU(),
    nn.Mish(), nn.Softplus(), nn.Softsign(), nn.Tanhshrink(), nn.Softshrink(), nn.Hardshrink(), nn.Hardtanh(),
    nn.Hardsigmoid(), nn.Hardswish(), nn.ReLU6(), nn.LogSigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Threshold(0.1, 0.0),
    nn.PReLU(), nn.Softmax(dim=0), nn.LogSoftmax(dim=0), nn.Softmin(dim=0), nn.GLU(dim=0),
]
for layer in layers:
    x.grad = None
    out = layer(x)
    (out * torch.arange(1.0, len(out) + 1)).sum().backward()
    print(f"{type(layer).__name__:12}{out.sum().item():9.4f} ", [round(g, 3) for g in x.grad.tolist()])
torch.manual_seed(0)
print(F.gumbel_softmax(x, dim=0, hard=True).shape, F.normalize(x, dim=0).norm().item())
