import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(0)
net = nn.Linear(2, 1)
average = AveragedModel(net)
target = copy.deepcopy(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(4):
    loss = net(torch.ones(1, 2)).pow(2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    average.update_parameters(net)
    with torch.no_grad():
        for slow, fast in zip(target.parameters(), net.parameters()):
            slow.mul_(0.9).add_(0.1 * fast)
print(f"{loss.item():.5f}", average.n_averaged.item(), f"{target.weight.norm().item():.4f}")
net.load_state_dict(target.state_dict())
print(torch.equal(net.weight, target.weight))
