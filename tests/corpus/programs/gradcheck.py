import torch
from torch.autograd import gradcheck, gradgradcheck

torch.manual_seed(0)
x = torch.randn(3, dtype=torch.double, requires_grad=True)
W = torch.randn(2, 3, dtype=torch.double, requires_grad=True)
print(gradcheck(lambda x, W: torch.tanh(W @ x), (x, W)))
print(gradgradcheck(lambda x: (x**3).sum(), (x,)))


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x**2

    @staticmethod
    def backward(ctx, g):
        return g


try:
    gradcheck(Wrong.apply, (x,))
except RuntimeError as error:
    print(type(error).__name__, "Jacobian mismatch" in str(error))
(W @ x).sum().backward()
print(x.grad.shape)
