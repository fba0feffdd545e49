import torch
import torch.nn.functional as F
from torch import nn


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(6, 4)
        self.mu, self.log_var = nn.Linear(4, 2), nn.Linear(4, 2)
        self.decoder = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 6))

    def reparameterize(self, mu, log_var):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)

    def forward(self, x):
        h = F.relu(self.encoder(x))
        mu, log_var = self.mu(h), self.log_var(h)
        return torch.sigmoid(self.decoder(self.reparameterize(mu, log_var))), mu, log_var


torch.manual_seed(0)
model, x = VAE(), torch.rand(5, 6)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(3):
    out, mu, log_var = model(x)
    reconstruction = F.binary_cross_entropy(out, x, reduction="sum")
    divergence = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    optimizer.zero_grad()
    (reconstruction + divergence).backward()
    optimizer.step()
print(f"{reconstruction.item():.3f} {divergence.item():.3f}")
