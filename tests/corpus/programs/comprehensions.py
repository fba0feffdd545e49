import torch

weights = [torch.tensor(float(i), requires_grad=True) for i in range(1, 6)]
loss = sum(w**2 for w in weights if w.item() != 3)
loss.backward()
print([w.grad.item() if w.grad is not None else None for w in weights])
print({f"w{i}": w.item() for i, w in enumerate(weights)})
print(sorted({int(w) % 3 for w in weights}))
table = [[i * j for j in range(3)] for i in range(3)]
print(torch.tensor(table).sum().item(), tuple(x for row in table for x in row))


def pairs(items):
    yield from zip(items, items[1:])


print([(p.item(), q.item()) for p, q in pairs(weights)])
