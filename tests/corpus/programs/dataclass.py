from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

import torch


class Mode(Enum):
    TRAIN = "train"
    TEST = "test"


class Point(NamedTuple):
    x: float
    y: float = 0.0


@dataclass(frozen=True)
class Config:
    rate: float = 0.1
    steps: int = 3
    start: list = field(default_factory=lambda: [1.0, 2.0])
    mode: Mode = Mode.TRAIN


@dataclass
class Model:
    weight: torch.Tensor
    history: list = field(default_factory=list)

    def loss(self):
        return (self.weight**2).sum()

    @property
    def best(self):
        return min(self.history)


config = replace(Config(), steps=4)
model = Model(torch.tensor(config.start, requires_grad=True))
for _ in range(config.steps):
    loss = model.loss()
    model.history.append(round(loss.item(), 4))
    loss.backward()
    with torch.no_grad():
        model.weight -= config.rate * model.weight.grad
        model.weight.grad.zero_()
print(config, model.history, model.best, Point(1.0)._asdict(), Mode("test"))
