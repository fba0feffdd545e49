"""The program walks its own graph, as people do to learn."""
import torch

a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
c = (a * b + a.sin()).relu()


def show(node, depth=0):
    if node is None:
        return
    variable = f" = {node.variable.item()}" if hasattr(node, "variable") else ""
    print("  " * depth + node.name().rpartition("::")[2] + variable)
    for child, index in node.next_functions:
        show(child, depth + 1)


show(c.grad_fn)
c.backward()
print(a.grad, b.grad, c.grad_fn.next_functions[0][1], c.requires_grad, a.grad_fn)
print([name for name in dir(c.grad_fn) if name.startswith("_saved")])
