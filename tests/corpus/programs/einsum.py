import torch

torch.manual_seed(0)
a = torch.randn(2, 3, requires_grad=True)
b = torch.randn(3, 4, requires_grad=True)
c = torch.randn(2, 4)
for formula, operands in {
    "ij,jk->ik": (a, b),
    "ij,jk,ik->": (a, b, c),
    "ij->ji": (a,),
    "ij,ij->i": (a, a),
    "ij->": (b,),
    "bij,bjk->bik": (a.expand(2, 2, 3), b.expand(2, 3, 4)),
    "...j,jk->...k": (a, b),
}.items():
    a.grad = b.grad = None
    out = torch.einsum(formula, *operands)
    out.sum().backward()
    grads = [f"{t.grad.sum().item():.4f}" if t.grad is not None else None for t in (a, b)]
    print(formula, tuple(out.shape), grads)
torch.tensordot(a, b, dims=1).sum().backward()
torch.bmm(a.unsqueeze(0), b.unsqueeze(0)).sum().backward()
torch.baddbmm(torch.zeros(1, 2, 4), a[None], b[None], beta=0.5).sum().backward()
torch.addmv(torch.zeros(2), a, b[:, 0]).sum().backward()
torch.outer(a[0], b[0]).sum().backward()
print(torch.dot(a[0], b[:, 0]).item().__round__(4), a.grad.shape, (a @ b).shape, torch.mv(a, b[:, 0]).shape)
