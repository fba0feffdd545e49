import torch
from torch import nn, optim

torch.manual_seed(2)
generator = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
critic = nn.Sequential(nn.Linear(1, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1), nn.Sigmoid())
g_step = optim.Adam(generator.parameters(), lr=1e-2)
d_step = optim.Adam(critic.parameters(), lr=1e-2)
loss = nn.BCELoss()
ones, zeros = torch.ones(8, 1), torch.zeros(8, 1)
for epoch in range(3):
    real, fake = 2 + 0.5 * torch.randn(8, 1), generator(torch.randn(8, 1))
    d_loss = loss(critic(real), ones) + loss(critic(fake.detach()), zeros)
    d_step.zero_grad()
    d_loss.backward()
    d_step.step()
    g_loss = loss(critic(fake), ones)
    g_step.zero_grad()
    g_loss.backward()
    g_step.step()
    print(f"{epoch} {d_loss.item():.3f} {g_loss.item():.3f}")
