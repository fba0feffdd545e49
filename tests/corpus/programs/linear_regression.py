import torch

torch.manual_seed(42)
X = torch.linspace(-1, 1, 32).unsqueeze(1)
Y = 3 * X - 1 + 0.05 * torch.randn(X.shape)
w = torch.randn(1, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for step in range(40):
    prediction = X @ w + b
    loss = ((prediction - Y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for p in (w, b):
            p -= 0.3 * p.grad
            p.grad = None
print(f"{w.item():.3f} {b.item():.3f} {loss.item():.4f}")
