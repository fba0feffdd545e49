import torch


def collatz(x):
    n = 0
    while x.item() > 1.5 and n < 20:
        x = x / 2 if int(x.item()) % 2 == 0 else 3 * x + 1
        n += 1
    return x, n


def fibonacci(n, a, b):
    return a if n == 0 else fibonacci(n - 1, b, a + b)


x = torch.tensor(6.0, requires_grad=True)
y, n = collatz(x)
y.backward()
print(y.item(), n, x.grad.item())
a = torch.tensor(1.0, requires_grad=True)
fibonacci(12, a, a * a).backward()
print(a.grad)
for value in (-1.0, 1.0):
    t = torch.tensor(value, requires_grad=True)
    (t**2 if t > 0 else -3 * t).backward()
    print(value, t.grad)
