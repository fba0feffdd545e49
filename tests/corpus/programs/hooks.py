import torch
from torch import nn

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 3
seen = []
handle = y.register_hook(lambda g: g * 10)
y.register_hook(lambda g: seen.append(g.clone()))
y.retain_grad()
y.sum().backward()
print(x.grad, y.grad, seen)
handle.remove()
layer = nn.Linear(2, 1, bias=False)
nn.init.constant_(layer.weight, 0.5)
layer.register_forward_pre_hook(lambda module, args: print("pre", args[0].shape))
layer.register_forward_hook(lambda module, args, out: print("out", out.item()))
layer.register_full_backward_hook(lambda module, gi, go: print("backward", go[0].item(), gi[0].tolist()))
layer(x).sum().backward()
x.register_post_accumulate_grad_hook(lambda p: print("accumulated", p.grad))
(x * 2).sum().backward()
node = (x**2).sum()
node.grad_fn.register_prehook(lambda g: print("prehook", g[0].item()))
node.backward()
