import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split


class Squares(Dataset):
    def __init__(self, n):
        self.x = torch.arange(n, dtype=torch.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.x[i] ** 2


torch.manual_seed(1)
w = torch.zeros(1, requires_grad=True)
for epoch in range(2):
    for x, y in DataLoader(Squares(10), batch_size=4, shuffle=True):
        loss = ((w * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 1e-3 * w.grad
            w.grad.zero_()
    print(epoch, f"{w.item():.4f}", x.tolist())
left, right = random_split(TensorDataset(torch.arange(6)), [4, 2])
print(len(left), [int(item[0]) for item in right])
loader = DataLoader(Squares(5), batch_size=2, drop_last=True, collate_fn=lambda rows: len(rows))
print(list(loader))
