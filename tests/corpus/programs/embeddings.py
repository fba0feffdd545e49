import torch
from torch import nn

torch.manual_seed(8)
table = nn.Embedding(6, 3, padding_idx=0)
bag = nn.EmbeddingBag(6, 3, mode="mean")
tokens = torch.tensor([[1, 2, 0], [4, 4, 5]])
(table(tokens).sum(dim=(1, 2)) * torch.tensor([1.0, 2.0])).sum().backward()
print(table.weight.grad.sum(1))
bag(torch.tensor([1, 2, 4, 5]), torch.tensor([0, 2])).sum().backward()
print(bag.weight.grad)
one_hot = nn.functional.one_hot(tokens, 6).float()
print(one_hot.shape, torch.allclose(one_hot @ table.weight, table(tokens)))
similarity = nn.functional.cosine_similarity(table.weight[1], table.weight[2], dim=0)
similarity.backward()
print(f"{similarity.item():.4f}")
