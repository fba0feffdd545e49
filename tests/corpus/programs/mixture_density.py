import math
import torch
from torch import nn

torch.manual_seed(0)
K = 3
trunk = nn.Sequential(nn.Linear(1, 12), nn.Tanh())
pi_head, mu_head, sigma_head = nn.Linear(12, K), nn.Linear(12, K), nn.Linear(12, K)
params = [p for m in (trunk, pi_head, mu_head, sigma_head) for p in m.parameters()]
opt = torch.optim.Adam(params, lr=0.01)
x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = torch.sin(4 * x) + 0.1 * torch.randn_like(x)
for it in range(3):
    h = trunk(x)
    log_pi = torch.log_softmax(pi_head(h), dim=1)
    mu, sigma = mu_head(h), nn.functional.softplus(sigma_head(h)) + 1e-3
    log_prob = -0.5 * ((y - mu) / sigma) ** 2 - sigma.log() - 0.5 * math.log(2 * math.pi)
    nll = -torch.logsumexp(log_pi + log_prob, dim=1).mean()
    opt.zero_grad()
    nll.backward()
    opt.step()
    print(it, f"{nll.item():.4f}")
