import torch


def make_counter():
    count = 0

    def step(amount=1):
        nonlocal count
        count += amount
        return count

    return step


def polynomial(*coefficients, **options):
    scale = options.get("scale", 1.0)

    def evaluate(x):
        result = torch.zeros(())
        for coefficient in coefficients:
            result = result * x + coefficient
        return scale * result

    return evaluate


tick = make_counter()
tick(), tick(5)
f = polynomial(1.0, -2.0, 3.0, scale=2.0)
x = torch.tensor(3.0, requires_grad=True)
f(x).backward()
print(tick(), x.grad)
compose = lambda *fs: (lambda t: [t := g(t) for g in fs][-1])
x.grad = None
compose(torch.sin, torch.exp, lambda t: t * 2)(x).backward()
print(x.grad)
LIMIT = 3


def grow():
    global LIMIT
    LIMIT *= 2
    return LIMIT


print(grow(), LIMIT)
