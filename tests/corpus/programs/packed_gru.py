import torch
from torch import nn

torch.manual_seed(3)
gru = nn.GRU(4, 6, bidirectional=True, batch_first=True)
head = nn.Linear(12, 1)
seq = torch.randn(3, 7, 4)
lengths = torch.tensor([7, 5, 3])
packed = nn.utils.rnn.pack_padded_sequence(seq, lengths, batch_first=True)
out, h = gru(packed)
out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
last = torch.cat([h[0], h[1]], dim=1)
pred = head(last).squeeze(-1)
loss = (pred - torch.tensor([1.0, 0.0, -1.0])).abs().mean()
loss.backward()
print(out.shape, f"{loss.item():.4f}")
print(f"{gru.weight_ih_l0.grad.norm().item():.4f} {head.weight.grad.norm().item():.4f}")
