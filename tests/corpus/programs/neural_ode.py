import torch
from torch import nn

torch.manual_seed(0)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, t, y):
        return self.net(y)


def rk4(field, y, t, h):
    k1 = field(t, y)
    k2 = field(t + h / 2, y + h * k1 / 2)
    k3 = field(t + h / 2, y + h * k2 / 2)
    k4 = field(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


field = Field()
optimizer = torch.optim.Adam(field.parameters(), lr=0.05)
for epoch in range(3):
    y = torch.ones(1, 1)
    for i in range(5):
        y = rk4(field, y, i * 0.1, 0.1)
    loss = (y - 0.5).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.4f}")
