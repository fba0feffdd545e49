from contextlib import contextmanager

import torch


@contextmanager
def frozen(*tensors):
    for tensor in tensors:
        tensor.requires_grad_(False)
    try:
        yield
    finally:
        for tensor in tensors:
            tensor.requires_grad_(True)


class Scope:
    def __enter__(self):
        print("enter")
        return self

    def __exit__(self, kind, value, traceback):
        print("exit", kind.__name__ if kind else None)
        return kind is KeyError


w = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(1.0, requires_grad=True)
with frozen(b), Scope() as scope:
    (w * 3 + b).backward()
    {}["missing"]
print(w.grad, b.grad, b.requires_grad)
