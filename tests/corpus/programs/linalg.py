import torch

torch.manual_seed(3)
A = torch.randn(3, 3, dtype=torch.float64)
S = (A @ A.T + torch.eye(3, dtype=torch.float64)).requires_grad_()
b = torch.ones(3, dtype=torch.float64)
functions = {
    "inv": lambda: torch.linalg.inv(S).sum(),
    "det": lambda: torch.linalg.det(S),
    "slogdet": lambda: torch.linalg.slogdet(S).logabsdet,
    "solve": lambda: torch.linalg.solve(S, b).sum(),
    "cholesky": lambda: torch.linalg.cholesky(S).sum(),
    "eigvalsh": lambda: torch.linalg.eigvalsh(S)[0],
    "svd": lambda: torch.linalg.svd(S).S.sum(),
    "svdvals": lambda: torch.linalg.svdvals(S)[0],
    "qr": lambda: torch.linalg.qr(S).R.diagonal().abs().sum(),
    "norm": lambda: torch.linalg.norm(S),
    "nuclear": lambda: torch.linalg.matrix_norm(S, "nuc"),
    "matrix_exp": lambda: torch.linalg.matrix_exp(S / 5).trace(),
    "matrix_power": lambda: torch.linalg.matrix_power(S, 3).trace(),
    "lstsq": lambda: torch.linalg.lstsq(S, b.unsqueeze(1)).solution.sum(),
    "pinv": lambda: torch.linalg.pinv(S).sum(),
    "cross": lambda: torch.linalg.cross(S[0], S[1]).sum(),
    "kron": lambda: torch.kron(S, S).sum(),
}
for name, function in functions.items():
    S.grad = None
    value = function()
    value.backward()
    print(f"{name:14}{value.item():12.5f}{S.grad.norm().item():12.5f}")
