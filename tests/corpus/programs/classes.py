import abc
import functools
from typing import ClassVar, Generic, Protocol, TypeVar

import torch

T = TypeVar("T")


class Layer(abc.ABC):
    count: ClassVar[int] = 0

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Layer.count += 1

    @abc.abstractmethod
    def __call__(self, x): ...

    def __or__(self, other):
        return Chain(self, other)


class Affine(Layer):
    __slots__ = ("b", "w")

    def __init__(self, w, b):
        self.w = torch.tensor(w, requires_grad=True)
        self.b = torch.tensor(b, requires_grad=True)

    def __call__(self, x):
        return self.w * x + self.b

    @classmethod
    def identity(cls):
        return cls(1.0, 0.0)

    @staticmethod
    def describe():
        return "w x + b"


class Chain(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        return functools.reduce(lambda value, layer: layer(value), self.layers, x)


class Box(Generic[T]):
    def __init__(self, item: T) -> None:
        self.item = item


class HasWeight(Protocol):
    w: torch.Tensor


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        print(function.__name__, round(result.item(), 3))
        return result

    return wrapper


@logged
def loss(model, x):
    return (model(x) - 1) ** 2


first, second = Affine(2.0, 1.0), Affine.identity()
loss(first | second, 3.0).backward()
print(first.w.grad, second.w.grad, Layer.count, Affine.describe(), Box(first).item is first)


@functools.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(30), isinstance(first, Layer))
