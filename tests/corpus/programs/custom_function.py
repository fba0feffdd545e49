import torch


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 2 * x


class MulAdd(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y, scale):
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        ctx.set_materialize_grads(False)
        return x * y * scale, x + y

    @staticmethod
    def backward(ctx, product, total):
        x, y = ctx.saved_tensors
        gx = gy = 0
        if product is not None:
            gx, gy = product * y * ctx.scale, product * x * ctx.scale
        if total is not None:
            gx, gy = gx + total, gy + total
        return gx, gy, None


x = torch.tensor(3.0, requires_grad=True)
y = torch.tensor(4.0, requires_grad=True)
Square.apply(x).backward()
print(x.grad)
product, total = MulAdd.apply(x, y, 10.0)
(product + total).backward()
print(x.grad, y.grad)
product, total = MulAdd.apply(x, y, 1.0)
total.backward()
print(x.grad, y.grad, product.grad_fn.name())
