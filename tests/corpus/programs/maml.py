import torch

torch.manual_seed(0)
theta = torch.tensor([0.5, -0.5], requires_grad=True)
outer = torch.optim.SGD([theta], lr=0.1)
for step in range(3):
    total = 0
    for slope in (1.0, -2.0):
        x = torch.linspace(-1, 1, 4)
        inner = ((theta[0] * x + theta[1] - slope * x) ** 2).mean()
        (g,) = torch.autograd.grad(inner, theta, create_graph=True)
        adapted = theta - 0.1 * g
        total = total + ((adapted[0] * x + adapted[1] - slope * x) ** 2).mean()
    outer.zero_grad()
    total.backward()
    outer.step()
    print(f"{total.item():.4f}", [round(v, 4) for v in theta.tolist()])
