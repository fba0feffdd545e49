import torch

x = torch.arange(12.0, requires_grad=True)
m = x.view(3, 4)
pieces = [
    m.t(), m.reshape(2, 6), m[:, 1], m[..., -1], m[1:, ::2], m.unsqueeze(0).squeeze(), m.permute(1, 0), m.flatten(),
    m.expand(2, 3, 4), m.chunk(2, dim=1)[0], torch.stack([m, m])[0], torch.cat([m, m], 1), m.split(1)[2],
    m.unbind(1)[0], m.narrow(1, 1, 2), m.diagonal(), m.unfold(1, 2, 1), m.movedim(0, 1), m.repeat(1, 2), m.roll(1),
    m.flip(0), m.tril(), m[[0, 2], [1, 3]], m[m > 5], m.gather(1, torch.tensor([[0], [1], [2]])),
    m.index_select(0, torch.tensor([2])), m.take(torch.tensor([0, 5])), torch.where(m > 3, m, torch.zeros(())),
    m.masked_fill(m < 2, -1.0), m.masked_select(m > 8), m.as_strided((2, 2), (4, 1)), torch.atleast_2d(x),
    m.swapaxes(0, 1), m.repeat_interleave(2, 0), torch.tensor_split(m, 2)[1], m.squeeze(), m.contiguous(),
]
for i, piece in enumerate(pieces):
    (piece * (i + 1)).sum().backward(retain_graph=True)
print(x.grad)
print([tuple(piece.shape) for piece in pieces])
