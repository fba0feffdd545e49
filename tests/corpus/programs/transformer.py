import torch
from torch import nn

torch.manual_seed(6)
layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, dropout=0.0, batch_first=True)
encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
head = nn.Linear(8, 3)
optimizer = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=1e-2)
x, y = torch.randn(4, 6, 8), torch.tensor([0, 1, 2, 1])
for step in range(3):
    logits = head(encoder(x).mean(dim=1))
    loss = nn.functional.cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step} {loss.item():.3f}")
decoder = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
mask = nn.Transformer.generate_square_subsequent_mask(6)
decoder(x, x, tgt_mask=mask).sum().backward()
print(mask[0, :3])
