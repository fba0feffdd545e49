"""Stacked runs are what `torch.optim` makes of each run alone; the list of options is torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from app.program.optimizers import catalogue
from app.trace.job import Expression, Job, Variable
from app.trace.optimizer import Configuration, Optimizer, OptionValue, Scheduler
from app.trace.trials import CellsEvent, Start, Sweep
from app.tracer import signatures
from app.tracer.lab import stack
from app.tracer.lab import sweep as sweeps
from app.tracer.lab.sweep import Part

OPTIONS: dict[str, list[dict[str, OptionValue]]] = {
    "SGD": [
        {},
        {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01},
        {"momentum": 0.9, "nesterov": True},
        {"maximize": True},
    ],
    "Adam": [{}, {"betas": (0.5, 0.9), "amsgrad": True, "weight_decay": 0.1}],
    "AdamW": [{"weight_decay": 0.1}],
    "NAdam": [{}, {"momentum_decay": 0.1}],
    "RAdam": [{}],
    "Adamax": [{}],
    "Adagrad": [{}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5}],
    "Adadelta": [{}, {"rho": 0.5}],
    "RMSprop": [{}, {"momentum": 0.5, "centered": True}],
    "Rprop": [{}, {"etas": (0.3, 1.5)}],
    "ASGD": [{}, {"t0": 2.0, "lambd": 0.1}],
}
# A landscape without sharp bends, on which close starts stay close: where they part, as at a rate beyond what a bend
# bears, the last bit of a sine decides, and a processor computes it another way for twelve runs than for one.
LOSS = "((W @ W).tanh().sum() - x)**2 / 4 + x**2 / 4 + 0*unused.detach()"
BATCHED = [kind.name for kind in catalogue().optimizers if kind.batched]
PLACES: tuple[Start, ...] = tuple({"x": x, "W": [[y, 1.0], [0.5, -1.0]]} for x in (-1.0, 0.5) for y in (0.0, 2.0))


def cells_of(configuration: Configuration, **more: Any) -> CellsEvent:
    """Run a sweep in this process and gather its cells."""
    variables = {"x": Variable(1.0), "W": Variable([[1.0, 1.0], [0.5, -1.0]]), "unused": Variable(3.0)}
    job = Job(Expression(LOSS, variables))
    sweep = Sweep((configuration,), (0.001, 0.01, 0.1), PLACES, (0,), 25, count=12, **more)
    events: list[Any] = []
    Part(job, sweep, events.append).run()
    columns = zip(*(msg_columns(event) for event in events), strict=True)
    return CellsEvent(0, *(sum(column, ()) for column in columns))


def msg_columns(event: CellsEvent) -> tuple[Any, ...]:
    return event.initial, event.final, event.best, event.reached, event.diverged, event.failures


def assert_stacked_as_alone(configuration: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks: list[int] = []

    def counted(*arguments: Any) -> Any:
        stacks.append(len(arguments[2]))
        return stack.run_stack(*arguments)

    monkeypatch.setattr(sweeps, "run_stack", counted)
    stacked = cells_of(configuration, target=0.5)
    assert stacks == [12]
    monkeypatch.setattr(sweeps, "can_stack", lambda _: False)
    alone = cells_of(configuration, target=0.5)
    assert not stacked.failures
    assert not alone.failures
    for ours, theirs in zip(msg_columns(stacked)[:3], msg_columns(alone)[:3], strict=True):
        numbers = [torch.tensor(list(map(float, side)), dtype=torch.float64) for side in (ours, theirs)]
        torch.testing.assert_close(*numbers, rtol=1e-4, atol=1e-5, equal_nan=True)
    assert (stacked.reached, stacked.diverged) == (alone.reached, alone.diverged)


@pytest.mark.parametrize("name", BATCHED)
def test_stacked_runs_are_those_of_torch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for options in OPTIONS[name]:
        with monkeypatch.context() as patch:
            assert_stacked_as_alone(Configuration(Optimizer(name, options)), patch)


@pytest.mark.parametrize(
    "scheduler",
    [
        Scheduler("StepLR", {"step_size": 5}),
        Scheduler("MultiStepLR", {"milestones": (3, 9), "gamma": 0.5}),
        Scheduler("ConstantLR", {}),
        Scheduler("LinearLR", {"total_iters": 10}),
        Scheduler("ExponentialLR", {"gamma": 0.9}),
        Scheduler("PolynomialLR", {"power": 2.0}),
        Scheduler("CosineAnnealingLR", {"T_max": 10}),
        Scheduler("CosineAnnealingWarmRestarts", {"T_0": 5}),
        Scheduler("LambdaLR", {"lr_lambda": "1 / (1 + epoch)"}),
        Scheduler("MultiplicativeLR", {"lr_lambda": "0.95"}),
        Scheduler("OneCycleLR", {"max_lr": 0.05, "total_steps": 30}),
        Scheduler("CyclicLR", {"base_lr": 0.001, "max_lr": 0.05, "step_size_up": 4}),
        Scheduler("ChainedScheduler", {}, (Scheduler("ConstantLR", {}), Scheduler("ExponentialLR", {"gamma": 0.9}))),
        Scheduler(
            "SequentialLR", {"milestones": (4,)}, (Scheduler("ConstantLR", {}), Scheduler("StepLR", {"step_size": 3}))
        ),
    ],
    ids=lambda scheduler: scheduler.name,
)
def test_every_scheduler_sets_the_rates_of_a_stack(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = Configuration(Optimizer("SGD", {"momentum": 0.5}), scheduler, clip_norm=2.0, clip_value=1.5)
    assert_stacked_as_alone(configuration, monkeypatch)


def test_a_scheduler_that_watches_the_loss_is_not_stacked() -> None:
    cells = cells_of(Configuration(Optimizer("Adam"), Scheduler("ReduceLROnPlateau", {"patience": 1})))
    assert not cells.failures


@pytest.mark.parametrize("name", ["LBFGS", "Adafactor"])
def test_what_cannot_be_stacked_runs_alone(name: str) -> None:
    cells = cells_of(Configuration(Optimizer(name)))
    assert not cells.failures
    assert all(best <= initial for best, initial in zip(cells.best, cells.initial, strict=True))  # type: ignore[operator]


def test_the_catalogue_is_that_of_the_installed_torch() -> None:
    assert signatures.read_catalogue() == catalogue()
    assert set(BATCHED) == set(OPTIONS)
    assert {"LBFGS", "Muon", "Adafactor", "SparseAdam"} == {kind.name for kind in catalogue().optimizers} - set(BATCHED)
