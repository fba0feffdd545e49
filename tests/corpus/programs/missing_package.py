"""Asks for a package that may not be there, as careful programs do."""
import torch

try:
    from package_that_nobody_has import progress
except ImportError as error:
    print(type(error).__name__)

    def progress(items, **_options):
        yield from items


w = torch.tensor(1.0, requires_grad=True)
for step in progress(range(4), disable=True):
    (w**2).backward()
print(w.grad)
