import numpy as np
import torch

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 2))
y = X @ np.array([1.5, -0.5]) + 0.3
features, targets = torch.from_numpy(X).float(), torch.tensor(y, dtype=torch.float32)
w = torch.zeros(2, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for _ in range(50):
    loss = torch.mean((features @ w + b - targets) ** 2)
    loss.backward()
    with torch.no_grad():
        w -= 0.2 * w.grad
        b -= 0.2 * b.grad
    w.grad, b.grad = None, None
print(np.round(w.detach().numpy(), 2), np.round(b.detach().numpy(), 2))
np.random.seed(3)
print(np.round(np.random.rand(3), 4), np.linspace(0, 1, 3).tolist(), np.linalg.norm(X[0]).round(4))
print(torch.as_tensor(np.eye(2)).dtype, torch.tensor(np.float32(2.5)), np.mean(features.numpy()).round(4))
shared = np.ones(2)
view = torch.from_numpy(shared)
shared[0] = 7
print(view)
