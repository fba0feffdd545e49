import torch


class Tagged(torch.Tensor):
    @staticmethod
    def __new__(cls, data, tag="none", requires_grad=False):
        made = torch.Tensor._make_subclass(cls, torch.as_tensor(data, dtype=torch.float32), requires_grad)
        made.tag = tag
        return made


x = Tagged([1.0, 2.0], "weights", requires_grad=True)
y = (x**2).sum()
y.backward()
print(type(y).__name__, x.tag, x.grad.tolist())
p = torch.nn.Parameter(torch.ones(2))
(p * x.detach()).sum().backward()
print(p.grad.tolist(), isinstance(p, torch.Tensor))
