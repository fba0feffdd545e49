import itertools
import math
import random
from collections import Counter, defaultdict, deque
from functools import partial, reduce

import torch

random.seed(5)
print([random.randint(0, 9) for _ in range(5)], round(random.gauss(0, 1), 4), random.choice("abc"))
numbers = [1, 2, 3, 4]
random.shuffle(numbers)
print(numbers, math.factorial(5), math.comb(5, 2), round(math.pi, 5), math.isclose(math.exp(1), math.e))
x = torch.tensor(math.pi / 6, requires_grad=True)
reduce(lambda t, f: f(t), [torch.sin, torch.square, partial(torch.mul, other=2.0)], x).backward()
print(f"{x.grad.item():.5f} {2 * math.sin(math.pi / 3):.5f}")
print(Counter("autograd").most_common(2), list(itertools.accumulate([1, 2, 3])))
groups = defaultdict(list)
for name, value in zip("abab", itertools.count()):
    groups[name].append(value)
print(dict(groups), deque([1, 2, 3], maxlen=2))
torch.manual_seed(7)
print(torch.rand(2), torch.randint(0, 10, (3,)), torch.randperm(4), torch.bernoulli(torch.full((3,), 0.5)))
generator = torch.Generator().manual_seed(1)
print(torch.randn(2, generator=generator))
