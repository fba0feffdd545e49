import torch
from torch import nn

torch.manual_seed(0)
lazy = nn.LazyLinear(2)
lazy(torch.ones(1, 3)).sum().backward()
print(lazy.weight.shape)
bag = nn.ParameterList([nn.Parameter(torch.ones(1) * i) for i in range(3)])
table = nn.ParameterDict({"a": nn.Parameter(torch.tensor(2.0))})
(sum(p.sum() ** 2 for p in bag) * table["a"]).backward()
print([p.grad.item() for p in bag], table["a"].grad.item())
bilinear = nn.Bilinear(2, 3, 1)
bilinear(torch.ones(1, 2), torch.ones(1, 3)).sum().backward()
print(bilinear.weight.grad.shape, nn.Identity()(torch.ones(1)), nn.Flatten()(torch.ones(2, 3, 4)).shape)
pruned = torch.nn.utils.parametrize.is_parametrized(bilinear)
print(pruned, nn.CosineSimilarity(dim=0)(torch.ones(2), torch.ones(2)))
