import torch

x = torch.tensor(3.0, requires_grad=True)
y = x * x
y.backward(retain_graph=True)
print(x.grad)
y.backward(retain_graph=True)
print(x.grad)
y.backward()
print(x.grad)
a = torch.tensor(2.0, requires_grad=True)
shared = a.exp()
l1, l2 = shared * 2, shared**2
l1.backward(retain_graph=True)
one = a.grad.clone()
a.grad.zero_()
l2.backward()
print(f"{one.item():.4f} {a.grad.item():.4f}")
