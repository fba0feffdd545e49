import torch

w = torch.tensor(1.0, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.01)
for step in range(6):
    loss = (w * step - 1) ** 2 / 3
    loss.backward()
    if (step + 1) % 3 == 0:
        print(step, w.grad.item(), end=" ")
        optimizer.step()
        optimizer.zero_grad()
        print(w.item(), w.grad)
