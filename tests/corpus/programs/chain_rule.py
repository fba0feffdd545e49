import torch

x = torch.tensor(0.7, requires_grad=True)
u = torch.sin(x)
v = torch.exp(u)
w = torch.log1p(v) / (1 + v)
w.backward()
print(f"dw/dx = {x.grad.item():.6f}")
print(w.grad_fn.__class__.__name__, u.is_leaf, x.is_leaf)
