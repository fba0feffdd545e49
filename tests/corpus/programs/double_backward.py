import torch

x = torch.tensor(2.0, requires_grad=True)
y = x**4
(first,) = torch.autograd.grad(y, x, create_graph=True)
(second,) = torch.autograd.grad(first, x, create_graph=True)
(third,) = torch.autograd.grad(second, x)
print(y.item(), first.item(), second.item(), third.item())
w = torch.tensor([1.0, -2.0], requires_grad=True)
loss = (w**3).sum()
gradient = torch.autograd.grad(loss, w, create_graph=True)[0]
penalty = gradient.norm()
penalty.backward()
print(w.grad)
v = torch.tensor([1.0, 0.5])
hessian_product = torch.autograd.grad((w**3).sum().square(), w, create_graph=True)[0] @ v
print(torch.autograd.grad(hessian_product, w)[0])
