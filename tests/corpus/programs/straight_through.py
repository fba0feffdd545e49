import torch
from torch.autograd import Function


class Round(Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, grad):
        return grad


class Clip(Function):
    @staticmethod
    def forward(x, low, high):
        return x.clamp(low, high)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, low, high = inputs
        ctx.mark_non_differentiable()
        ctx.save_for_backward((x >= low) & (x <= high))

    @staticmethod
    def backward(ctx, grad):
        (inside,) = ctx.saved_tensors
        return grad * inside, None, None


x = torch.tensor([0.2, 1.7, 3.4], requires_grad=True)
(Round.apply(x) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
print(x.grad)
x.grad = None
Clip.apply(x, 0.0, 2.0).sum().backward()
print(x.grad)
z = x + (torch.round(x) - x).detach()
z.sum().backward()
print(z, x.grad)
