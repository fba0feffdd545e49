import torch
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp


def f(x):
    return (x**3).sum()


x = torch.tensor([1.0, 2.0])
print(jacobian(lambda t: t**2, x))
print(hessian(f, x))
print(vjp(lambda t: t.exp(), x, torch.ones(2))[1])
print(jvp(lambda t: t.exp(), x, torch.ones(2))[1])
print(hvp(f, x, torch.ones(2))[1], vhp(f, x, torch.ones(2))[1])
y = x.clone().requires_grad_()
y.backward(gradient=torch.tensor([0.5, 2.0]))
print(y.grad)
torch.autograd.backward([(y**2).sum(), y.prod()], [torch.tensor(1.0), torch.tensor(2.0)])
print(y.grad)
print(torch.autograd.grad([y[0] * y[1]], [y], grad_outputs=[torch.tensor(3.0)]))
z = torch.ones(1, requires_grad=True)
print(torch.autograd.grad(y.sum(), [y, z], allow_unused=True))
