import torch

x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
y = x.float() * torch.tensor([1, 2])
z = y.to(torch.bfloat16).sum() + x.half().sum()
z.float().backward()
print(z.dtype, x.grad)
i = torch.tensor([1, 2, 3])
print(i.dtype, (i / 2).dtype, (i // 2), i.bool().dtype, torch.result_type(i, 1.0))
try:
    torch.tensor([1, 2], requires_grad=True)
except RuntimeError as error:
    print(error)
torch.set_default_dtype(torch.float64)
w = torch.tensor(0.1, requires_grad=True)
(w * 3).backward()
print(w.dtype, w, w.grad)
print(torch.finfo(torch.float32).eps, torch.iinfo(torch.int16).max)
