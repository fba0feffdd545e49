import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
x = torch.randn(16, 3)
y = x.sum(1, keepdim=True)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(15):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
print(model)
print(f"{loss.item():.4f}", sum(p.numel() for p in model.parameters()))
for name, parameter in model.named_parameters():
    print(name, tuple(parameter.shape), f"{parameter.grad.norm().item():.3f}")
