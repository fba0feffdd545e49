import torch
from torch import nn

torch.manual_seed(9)
cells = [nn.RNNCell(2, 3), nn.GRUCell(2, 3)]
for cell in cells:
    h = torch.zeros(1, 3)
    for t in range(6):
        h = cell(torch.full((1, 2), float(t)), h)
    h.sum().backward()
    print(type(cell).__name__, f"{cell.weight_hh.grad.norm().item():.4f}")
lstm = nn.LSTMCell(2, 3)
h, c = torch.zeros(1, 3), torch.zeros(1, 3)
for t in range(4):
    h, c = lstm(torch.ones(1, 2) * t, (h, c))
(h * c).sum().backward()
print(f"{lstm.weight_ih.grad.norm().item():.4f}")
gru = nn.GRU(2, 3)
out, h = gru(torch.randn(4, 2, 2))
out[-1].sum().backward()
print(tuple(out.shape), torch.equal(out[-1], h[0]))
packed = nn.utils.rnn.pack_padded_sequence(torch.randn(4, 2, 2), [4, 2])
out, _ = gru(packed)
unpacked, lengths = nn.utils.rnn.pad_packed_sequence(out)
unpacked.sum().backward()
print(unpacked.shape, lengths)
