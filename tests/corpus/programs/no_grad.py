import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
with torch.no_grad():
    y = x * 2
    with torch.enable_grad():
        z = x * 3
print(y.requires_grad, z.requires_grad)


@torch.no_grad()
def evaluate(t):
    return (t**2).sum()


print(evaluate(x), evaluate(x).requires_grad)
with torch.inference_mode():
    w = x + 1
print(w.is_inference(), torch.is_grad_enabled())
with torch.set_grad_enabled(False):
    print((x * 2).requires_grad)
(z * x.detach()).sum().backward()
print(x.grad)
print(x.data, x.detach().clone().requires_grad)
