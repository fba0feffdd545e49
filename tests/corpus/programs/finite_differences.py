import torch


def f(p):
    return torch.exp(p[0]) * torch.cos(p[1]) + p[2] ** 3


p = torch.tensor([0.3, 0.8, -1.2], dtype=torch.float64, requires_grad=True)
f(p).backward()
h = 1e-6
numeric = []
for i in range(3):
    step = torch.zeros(3, dtype=torch.float64)
    step[i] = h
    numeric.append(((f(p.detach() + step) - f(p.detach() - step)) / (2 * h)).item())
print([round(v, 5) for v in numeric], [round(v, 5) for v in p.grad.tolist()])
