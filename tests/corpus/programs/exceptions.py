import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    (x * 2).backward()
except RuntimeError as error:
    print(type(error).__name__, "grad can be implicitly created" in str(error))
try:
    x += 1
except RuntimeError as error:
    print(str(error))
else:
    print("no error")
finally:
    print("finally")


class TooLarge(ValueError):
    """An exception of the program's own."""


def check(t):
    try:
        if t.sum() > 1:
            raise TooLarge(f"sum is {t.sum().item()}")
    except TooLarge as error:
        raise RuntimeError("checked") from error


try:
    check(x)
except RuntimeError as error:
    print(error, "because", error.__cause__)
y = (x**2).sum()
y.backward()
try:
    y.backward()
except RuntimeError as error:
    print("second time" in str(error))
try:
    torch.ones(2, 3) @ torch.ones(2, 3)
except RuntimeError as error:
    print(error)
try:
    assert x.sum() < 0, "negative expected"
except AssertionError as error:
    print("AssertionError:", error)
try:
    raise ExceptionGroup("several", [ValueError(1), TypeError(2)])
except* ValueError as group:
    print("values", len(group.exceptions))
except* TypeError as group:
    print("types", len(group.exceptions))
print(x.grad)
