import torch
from torch import nn

torch.manual_seed(0)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.out = nn.Linear(3, 5, bias=False)
        self.out.weight = self.embedding.weight
        self.inner = nn.Linear(3, 3)

    def forward(self, tokens):
        h = self.embedding(tokens)
        for _ in range(3):
            h = torch.tanh(self.inner(h))
        return self.out(h)


model = Tied()
loss = nn.functional.cross_entropy(model(torch.tensor([0, 3])), torch.tensor([3, 0]))
loss.backward()
print(len(list(model.parameters())), model.embedding.weight.grad.shape, model.out.weight.grad is model.embedding.weight.grad)
x = torch.tensor(3.0, requires_grad=True)
(x * x + x).backward()
print(x.grad)
