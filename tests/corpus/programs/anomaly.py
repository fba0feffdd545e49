import torch

x = torch.tensor(-1.0, requires_grad=True)
try:
    with torch.autograd.detect_anomaly(check_nan=True):
        torch.sqrt(x).backward()
except RuntimeError as error:
    print(error)
saved = []


def pack(tensor):
    saved.append(tuple(tensor.shape))
    return tensor


with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
    y = (torch.ones(2, requires_grad=True) ** 2).sum()
y.backward()
print(saved)
with torch.autograd.graph.save_on_cpu():
    z = x.exp()
z.backward()
print(f"{x.grad.item():.4f}")
