import math

import torch
import torch.nn.functional as F


def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    weights = F.softmax(scores, dim=-1)
    return weights @ value, weights


torch.manual_seed(0)
q, k, v = (torch.randn(1, 4, 8, requires_grad=True) for _ in range(3))
mask = torch.tril(torch.ones(4, 4))
out, weights = attention(q, k, v, mask)
out.sum().backward()
print(weights[0, 0], f"{q.grad.norm().item():.4f} {k.grad.norm().item():.4f} {v.grad.norm().item():.4f}")
fused = F.scaled_dot_product_attention(q, k, v, is_causal=True)
print(torch.allclose(fused, out, atol=1e-5))
fused.mean().backward()
print(f"{v.grad.norm().item():.4f}")
