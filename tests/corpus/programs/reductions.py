import torch

torch.manual_seed(0)
x = torch.randn(3, 4, requires_grad=True)
functions = [
    torch.sum, torch.mean, torch.std, torch.var, torch.max, torch.min, torch.median, torch.prod, torch.norm,
    lambda t: t.amax(1).sum(), lambda t: t.logsumexp(0).sum(), lambda t: t.cumsum(0).mean(),
    lambda t: t.cumprod(1).mean(), lambda t: t.max(dim=1).values.sum(), lambda t: t.sort(dim=1)[0][:, 0].sum(),
    lambda t: t.topk(2).values.sum(), lambda t: t.softmax(1)[:, 0].sum(), lambda t: t.quantile(0.3),
    lambda t: t.nansum(), lambda t: t.diff(dim=1).abs().sum(), lambda t: t.trace() if t.shape[0] == t.shape[1] else t[0, 0],
    lambda t: torch.logcumsumexp(t, 1).sum(), lambda t: torch.cdist(t, t).sum(), lambda t: torch.dist(t, t + 1),
    lambda t: t.kthvalue(2).values.sum(), lambda t: torch.renorm(t, 2, 0, 1.0).sum(), lambda t: t.aminmax().max,
]
for function in functions:
    x.grad = None
    value = function(x)
    value.backward()
    print(f"{value.item():9.4f} {x.grad.abs().sum().item():9.4f}")
print(x.argmax().item(), x.detach().gt(0).sum().item())
