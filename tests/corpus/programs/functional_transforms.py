import torch
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap


def f(x):
    return torch.sin(x) * x**2


x = torch.tensor(1.5)
print(grad(f)(x), grad(grad(f))(x))
print(vmap(grad(f))(torch.tensor([0.0, 1.0, 2.0])))
print(jacrev(f)(torch.ones(2)), jacfwd(f)(torch.ones(2)))
print(hessian(lambda v: (v**3).sum())(torch.tensor([1.0, 2.0])))
value, tangent = jvp(f, (x,), (torch.tensor(1.0),))
print(value, tangent)
value, pull = vjp(f, x)
print(pull(torch.tensor(1.0))[0])
net = torch.nn.Linear(2, 1)
torch.nn.init.ones_(net.weight)
torch.nn.init.zeros_(net.bias)
parameters = dict(net.named_parameters())


def loss(parameters, sample):
    return functional_call(net, parameters, (sample,)).pow(2).sum()


per_sample = vmap(grad(loss), in_dims=(None, 0))({k: v.detach() for k, v in parameters.items()}, torch.eye(2))
print(per_sample["weight"])
w = torch.tensor([1.0, 2.0], requires_grad=True)
vmap(lambda a: a * 2)(w).sum().backward()
print(w.grad)
