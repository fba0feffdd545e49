"""Every way to print."""
import torch

x = torch.tensor([1.0, 2.5, -3.25], requires_grad=True)
(x**2).sum().backward()
print(f"{x.sum().item():8.3f}|{x.norm().item():<10.4e}|{len(x):03d}")
print("%.2f and %s" % (x[1].item(), x.shape))
print("{0} {name!r} {1:>6}".format(x.tolist(), "end", name="grad"))
print(x)
print(x.grad)
print(repr(torch.tensor([[1, 2], [3, 4]])))
print(torch.tensor([1e-8, 1e8]), torch.tensor([True, False]), torch.tensor([]))
print("a", "b", sep="-", end="!\n")
print(f"{x=}".replace("\n", " "))
print(torch.arange(2000.0))
torch.set_printoptions(precision=2, sci_mode=False)
print(torch.tensor([3.14159, 2.71828]))
print("ünïcödé → ∂L/∂w ≈ 0", "\ttab", "многие", "梯度")
