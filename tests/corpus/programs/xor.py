import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class XOR(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return torch.sigmoid(self.fc2(x))


if __name__ == "__main__":
    torch.manual_seed(3)
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    net = XOR()
    criterion = nn.BCELoss()
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for epoch in range(60):
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        if (epoch + 1) % 20 == 0:
            print(f"Epoch {epoch + 1}, Loss: {loss.item():.3f}")
    with torch.no_grad():
        print(net(inputs).round().squeeze().tolist())
