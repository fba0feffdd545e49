import torch
from torch import nn

torch.manual_seed(11)
x = torch.ones(10, requires_grad=True)
layer = nn.Dropout(0.5)
layer(x).sum().backward()
print(x.grad)
layer.eval()
x.grad = None
layer(x).sum().backward()
print(x.grad)
print(nn.functional.dropout(torch.ones(4), 0.25, training=True))
