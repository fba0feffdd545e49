import torch

x = torch.tensor(1.0, requires_grad=True)
y = x
for i in range(600):
    y = y * 1.001 + 0.001
y.backward()
print(f"{y.item():.4f} {x.grad.item():.4f}")
