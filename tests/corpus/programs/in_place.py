import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x.clone()
y[0] = 10
y[1:] *= 2
y.add_(1).mul_(3)
y.sum().backward()
print(y, x.grad)
x.grad = None
z = torch.zeros(4)
z[1:3] = x[:2] ** 2
z.index_add_(0, torch.tensor([0, 3]), x[1:])
z.sum().backward()
print(z, x.grad)
v = torch.relu_(x.clone() - 2)
v.sum().backward()
print(v)
try:
    s = torch.sigmoid(x)
    out = s * 1
    s.add_(1)
    (s.sum() + out.sum()).backward()
except RuntimeError as error:
    print("modified by an inplace operation" in str(error))
w = torch.ones(2, 2, requires_grad=True)
u = w * 1
u.t().fill_diagonal_(0)
u.sum().backward()
print(w.grad)
