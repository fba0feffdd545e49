import torch
from torch import nn

torch.manual_seed(4)
rnn = nn.RNN(3, 5, num_layers=2, batch_first=True)
head = nn.Linear(5, 1)
optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.01)
x = torch.randn(2, 7, 3)
target = x.sum((1, 2)).unsqueeze(1)
for epoch in range(5):
    out, hidden = rnn(x)
    loss = nn.functional.mse_loss(head(out[:, -1]), target)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(rnn.parameters(), 1.0)
    optimizer.step()
print(out.shape, hidden.shape, f"{loss.item():.4f}")
