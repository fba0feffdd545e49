import torch

w = torch.tensor(5.0, requires_grad=True)
lr = 0.1
for epoch in range(20):
    loss = (w - 2) ** 2
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
    w.grad.zero_()
    if epoch % 5 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f}, w {w.item():.4f}")
