import torch

i = torch.tensor([[0, 1, 1], [2, 0, 2]])
v = torch.tensor([3.0, 4.0, 5.0], requires_grad=True)
s = torch.sparse_coo_tensor(i, v, (2, 3))
dense = torch.ones(3, 2, requires_grad=True)
torch.sparse.mm(s, dense).sum().backward()
print(v.grad, dense.grad)
print(s.to_dense())
embedding = torch.nn.Embedding(4, 2, sparse=True)
embedding(torch.tensor([1, 1, 3])).sum().backward()
print(embedding.weight.grad.coalesce().indices())
