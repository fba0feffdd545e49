import torch

torch.manual_seed(0)
net = torch.nn.Linear(4, 2)
x = torch.ones(1, 4)
with torch.autocast("cpu", dtype=torch.bfloat16):
    out = net(x)
    loss = out.float().pow(2).sum()
loss.backward()
print(out.dtype, net.weight.grad.dtype)
