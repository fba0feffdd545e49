import torch

x = torch.tensor([0.0, 1.0, -1.0], requires_grad=True)
y = torch.sqrt(x) + torch.log(x)
y.sum().backward()
print(y, x.grad)
x.grad = None
torch.where(x > 0, torch.log(x), torch.zeros(3)).sum().backward()
print(x.grad)
w = torch.tensor(1.0, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=10.0)
for _ in range(60):
    optimizer.zero_grad()
    (w**4).backward()
    optimizer.step()
print(w, torch.isnan(w).item(), torch.isfinite(torch.tensor([1.0, float("inf")])))
