"""An autograd engine of one's own beside torch's."""
import math

import torch


class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self._children, self._backward = data, 0.0, children, lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def back():
            self.grad += (1 - t * t) * out.grad

        out._backward = back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v._children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()


a, b = Value(0.5), Value(-1.5)
(a * b + a).tanh().backward()
x, y = torch.tensor(0.5, dtype=torch.float64, requires_grad=True), torch.tensor(-1.5, dtype=torch.float64, requires_grad=True)
torch.tanh(x * y + x).backward()
print(abs(a.grad - x.grad.item()) < 1e-12, abs(b.grad - y.grad.item()) < 1e-12, f"{a.grad:.5f}")
