import torch
from torch import nn, optim

torch.manual_seed(0)
body, head = nn.Linear(2, 2), nn.Linear(2, 1)
optimizer = optim.Adam([{"params": body.parameters(), "lr": 1e-3}, {"params": head.parameters()}], lr=1e-1)
body.bias.requires_grad_(False)
x = torch.ones(3, 2)
for _ in range(3):
    optimizer.zero_grad(set_to_none=False)
    head(torch.relu(body(x))).pow(2).mean().backward()
    optimizer.step()
print([group["lr"] for group in optimizer.param_groups], body.bias.grad)
optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 0.5})
print(len(optimizer.param_groups), sorted(optimizer.state_dict()))
saved = optimizer.state_dict()
optimizer.load_state_dict(saved)
print({key: round(float(value["step"]), 1) for key, value in saved["state"].items()})
