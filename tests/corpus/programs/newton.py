import torch

x = torch.tensor(3.0, requires_grad=True)
for step in range(6):
    f = x**3 - 2 * x - 5
    (slope,) = torch.autograd.grad(f, x)
    x = (x - f / slope).detach().requires_grad_()
    print(step, f"{x.item():.6f}")
