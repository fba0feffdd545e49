import asyncio
from collections.abc import Iterator

import torch


def batches(data: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
    for start in range(0, len(data), size):
        received = yield data[start : start + size]
        if received:
            print("received", received)


def average():
    total, count = 0.0, 0
    while True:
        value = yield total / count if count else None
        total, count = total + value, count + 1


w = torch.tensor(1.0, requires_grad=True)
mean = average()
next(mean)
for batch in batches(torch.arange(6.0), 2):
    loss = (w * batch).sum()
    loss.backward()
    print(batch.tolist(), mean.send(loss.item()))


class Countdown:
    def __init__(self, start):
        self.start = start

    def __iter__(self):
        return iter(range(self.start, 0, -1))

    def __len__(self):
        return self.start

    def __getitem__(self, i):
        return list(self)[i]

    def __call__(self, x):
        return x * self.start

    def __matmul__(self, other):
        return f"{self.start}@{other}"


c = Countdown(3)
print(list(c), len(c), c[-1], c(2), c @ 4, w.grad)


async def nothing():
    return 1


coroutine = nothing()
try:
    coroutine.send(None)
except StopIteration as stop:
    print(stop.value, asyncio.iscoroutinefunction(nothing) if False else True)
