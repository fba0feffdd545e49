import torch
from torch.distributions import Categorical

torch.manual_seed(0)
theta = torch.zeros(2, requires_grad=True)
optimizer = torch.optim.SGD([theta], lr=0.5)
rewards = [0.2, 1.0]
for episode in range(10):
    policy = Categorical(logits=theta)
    action = policy.sample()
    loss = -policy.log_prob(action) * rewards[action]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print([round(p, 4) for p in torch.softmax(theta, 0).tolist()])
