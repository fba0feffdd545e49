import torch
from torch import distributions as D

torch.manual_seed(0)
mu = torch.tensor(0.5, requires_grad=True)
log_sigma = torch.tensor(-0.2, requires_grad=True)
q = D.Normal(mu, log_sigma.exp())
sample = q.rsample((4,))
loss = (sample**2).mean() + D.kl_divergence(q, D.Normal(0.0, 1.0))
loss.backward()
print(f"{loss.item():.4f} {mu.grad.item():.4f} {log_sigma.grad.item():.4f}")
logits = torch.zeros(3, requires_grad=True)
policy = D.Categorical(logits=logits)
action = policy.sample()
(-policy.log_prob(action) * 2.0 - 0.01 * policy.entropy()).backward()
print(action.item(), logits.grad)
rate = torch.tensor(2.0, requires_grad=True)
values = {
    "Bernoulli": D.Bernoulli(logits=rate).log_prob(torch.tensor(1.0)),
    "Beta": D.Beta(rate, 3.0).log_prob(torch.tensor(0.3)),
    "Gamma": D.Gamma(rate, 1.0).log_prob(torch.tensor(0.7)),
    "Exponential": D.Exponential(rate).log_prob(torch.tensor(0.4)),
    "Poisson": D.Poisson(rate).log_prob(torch.tensor(3.0)),
    "Laplace": D.Laplace(0.0, rate).log_prob(torch.tensor(0.5)),
    "Dirichlet": D.Dirichlet(torch.stack([rate, rate])).log_prob(torch.tensor([0.4, 0.6])),
    "MVN": D.MultivariateNormal(torch.zeros(2), rate * torch.eye(2)).log_prob(torch.ones(2)),
    "Uniform": D.Uniform(0.0, rate).log_prob(torch.tensor(0.5)),
    "StudentT": D.StudentT(rate).log_prob(torch.tensor(0.5)),
}
for name, value in values.items():
    rate.grad = None
    value.backward()
    print(f"{name:12}{value.item():9.4f}{rate.grad.item():9.4f}")
