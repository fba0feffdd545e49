import torch
import torch.nn as nn
from torch import Tensor

torch.manual_seed(10)
X: Tensor = torch.cat([torch.randn(20, 2) - 1.5, torch.randn(20, 2) + 1.5])
y: Tensor = torch.cat([torch.zeros(20), torch.ones(20)])
model = nn.Linear(2, 1)
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
accuracy: float = 0.0
for epoch in range(1, 21):
    logits = model(X).squeeze(-1)
    loss = loss_fn(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    accuracy = ((logits > 0).float() == y).float().mean().item()
    if epoch % 10 == 0:
        print(f"Epoch [{epoch}/20] loss={loss:.4f} accuracy={accuracy:.2%}")
