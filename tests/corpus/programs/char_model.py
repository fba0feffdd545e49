import torch
import torch.nn.functional as F

words = ["emma", "ada", "mia"]
letters = ["."] + sorted(set("".join(words)))
number = {c: i for i, c in enumerate(letters)}
xs, ys = [], []
for word in words:
    for a, b in zip("." + word, word + "."):
        xs.append(number[a])
        ys.append(number[b])
g = torch.Generator().manual_seed(2147483647)
W = torch.randn((len(letters), len(letters)), generator=g, requires_grad=True)
for k in range(10):
    logits = F.one_hot(torch.tensor(xs), num_classes=len(letters)).float() @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdim=True)
    loss = -probs[torch.arange(len(xs)), ys].log().mean() + 0.01 * (W**2).mean()
    W.grad = None
    loss.backward()
    W.data += -5 * W.grad
print(letters, f"{loss.item():.4f}")
ix, out = 0, []
while len(out) < 8:
    p = F.softmax(W[ix], dim=0)
    ix = torch.multinomial(p, num_samples=1, replacement=True, generator=g).item()
    if ix == 0:
        break
    out.append(letters[ix])
print("".join(out))
