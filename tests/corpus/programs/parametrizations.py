import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

torch.manual_seed(0)

class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)

sym = nn.Linear(4, 4, bias=False)
parametrize.register_parametrization(sym, "weight", Symmetric())
normed = weight_norm(nn.Linear(4, 3))
spec = spectral_norm(nn.Linear(3, 2))
net = nn.Sequential(sym, nn.Tanh(), normed, nn.Tanh(), spec)
x = torch.randn(6, 4)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(2):
    loss = net(x).pow(2).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, f"{loss.item():.4f}", torch.equal(sym.weight, sym.weight.T))
