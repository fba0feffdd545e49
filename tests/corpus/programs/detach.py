import torch

x = torch.tensor(2.0, requires_grad=True)
y = x**2
z = y.detach() * x
z.backward()
print(x.grad)
x.grad = None
(y.item() * x).backward()
print(x.grad)
target = torch.tensor(1.0)
online = torch.tensor(0.5, requires_grad=True)
for _ in range(3):
    estimate = (online * 2).detach()
    loss = (online - (target + 0.9 * estimate)) ** 2
    loss.backward()
    with torch.no_grad():
        online.add_(online.grad, alpha=-0.1)
    online.grad = None
print(f"{online.item():.4f}", x.detach_() is x if x.is_leaf else None)
