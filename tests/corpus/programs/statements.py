"""Assignments of every kind, and what else Python has for statements."""
import torch

a = b = torch.tensor(1.5, requires_grad=True)
(c, d), *rest = (torch.tensor(2.0), 3.0), 4, 5, 6
first, *middle, last = [1, 2, 3, 4]
total: torch.Tensor = a * c
total += d
total -= 1
total *= 2
numbers = {"one": 1}
numbers["two"] = 2
del numbers["one"]
if (n := len(rest)) > 2:
    total = total + n
elif n == 2:
    pass
else:
    raise AssertionError
count = 0
while True:
    count += 1
    if count % 2:
        continue
    if count > 6:
        break
else:
    print("never")
for i in range(3):
    total = total * 1.5
else:
    print("the loop ended")
total.backward()
print(total.item(), b.grad.item(), numbers, first, middle, last, count)
print("big" if total > 10 else "small", a is b, not a.is_leaf, 3 in rest)
