import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
image_encoder = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 8))
text_encoder = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8))
logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())
images, texts = torch.randn(5, 10), torch.randn(5, 6)
a = F.normalize(image_encoder(images), dim=-1)
b = F.normalize(text_encoder(texts), dim=-1)
logits = logit_scale.exp() * a @ b.T
labels = torch.arange(5)
loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
loss.backward()
print(f"{loss.item():.4f} {logit_scale.grad.item():.4f}")
