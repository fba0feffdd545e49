"""The first program of every tutorial."""
import torch

a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
x = 5.0
y = a * x**2 + b
y.backward()
print(a.grad, b.grad)
print(a, y)
