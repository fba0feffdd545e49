import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.gate = nn.Parameter(torch.tensor(0.5))
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, x):
        h = self.norm(x)
        for layer in self.layers:
            h = torch.nn.functional.gelu(layer(h))
        return x + self.gate * h * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleDict({"a": Block(4), "b": Block(4)})
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        for block in self.blocks.values():
            x = block(x)
        return self.head(x)


torch.manual_seed(1)
net = Net()
out = net(torch.randn(3, 4))
out.pow(2).mean().backward()
print(out.shape, [name for name, _ in net.named_buffers()])
print({name: round(p.grad.abs().sum().item(), 3) for name, p in net.named_parameters() if "gate" in name})
print(net.state_dict().keys() == dict(net.state_dict()).keys(), len(list(net.modules())))
