import torch
from torch import nn

torch.manual_seed(0)


def init(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)).apply(init)
w = torch.empty(3, 5)
for function in (nn.init.kaiming_normal_, nn.init.orthogonal_, nn.init.xavier_normal_, nn.init.trunc_normal_):
    print(function.__name__, f"{function(w).norm().item():.3f}")
net(torch.ones(1, 4)).sum().backward()
print(net[0].bias.grad.shape, net[2].weight.grad.shape)
normed = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
normed(torch.ones(3)).sum().backward()
print(sorted(name for name, _ in normed.named_parameters()))
spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
spectral(torch.ones(3)).sum().backward()
print(spectral.weight.shape)
orthogonal = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
orthogonal(torch.ones(3)).sum().backward()
print(torch.allclose(orthogonal.weight @ orthogonal.weight.T, torch.eye(3), atol=1e-5))
