import matplotlib.pyplot as plt
import torch

w = torch.tensor(0.0, requires_grad=True)
losses = []
for _ in range(5):
    loss = (w - 1) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 0.25 * w.grad
    w.grad.zero_()
    losses.append(loss.item())
plt.figure(figsize=(6, 4))
plt.plot(losses, label="loss")
fig, ax = plt.subplots()
ax.set_title("loss")
plt.legend()
plt.show()
print(losses)
