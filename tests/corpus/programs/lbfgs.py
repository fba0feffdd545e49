import torch

xy = torch.tensor([-1.0, 1.5], requires_grad=True)
optimizer = torch.optim.LBFGS([xy], lr=1, max_iter=10, line_search_fn="strong_wolfe")


def rosenbrock():
    x, y = xy
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def closure():
    optimizer.zero_grad()
    loss = rosenbrock()
    loss.backward()
    return loss


for step in range(4):
    loss = optimizer.step(closure)
    print(step, f"{loss.item():.4f}")
print(xy.grad is not None, rosenbrock().item() < 1)
