"""Nothing is differentiated; there is a graph all the same."""
import torch

x = torch.tensor(2.0, requires_grad=True)
y = (x.sin() + 1) ** 2
print(y.grad_fn.next_functions[0][0].name(), y)
