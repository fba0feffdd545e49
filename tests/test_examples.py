"""The gallery: every program runs under plain torch, and what it prints is known."""

from __future__ import annotations

import contextlib
import io
import itertools

import pytest
import torch

from app.examples import Example, examples
from app.trace.job import Job
from app.trace.model import DiagnosticEvent, EndEvent, Event, MomentEvent
from app.tracer.failures import explain
from app.tracer.run import trace
from tests.tracer.recording import record

PRINTED = {
    "quadratic": "tensor(16.)\ntensor(4.)\ntensor(1.)\n",
    "two-steps": "tensor(6.)\ntensor(6.)\n",
    "sgd": "x: -8.999998092651367\ny: 4.074073578497206e-10\nz: 0.02963769994676113\n",
    "zero-grad-forgotten": "x: 0.8565189242362976\ny: 1.7130378484725952\n",
    "fan-out": "tensor(6.)\n",
    "detach": "tensor(4.)\n",
    "constants": "tensor(1.2500)\nNone\n",
    "no-grad": "False\ntensor(2.)\n",
    "accumulation": "tensor(6.)\ntensor(11.)\ntensor(5.)\n",
    "weight-sharing": "tensor([ -5., -19.])\n",
    "double-backward": "tensor(12., grad_fn=<MulBackward0>)\ntensor(12.)\n",
    "custom-function": "tensor(1., grad_fn=<PowBackward0>)\ntensor(2.)\n",
    "matmul-relu": "tensor([[1., 2., 3.],\n        [0., 0., 0.]])\ntensor([1., 0.])\n",
}
every_example = pytest.mark.parametrize("example", examples(), ids=lambda example: example.id)


def run(program: str) -> tuple[str, str | None]:
    """Run a program under plain torch; answer what it printed and the slug of its failure."""
    torch.manual_seed(0)
    output, slug = io.StringIO(), None
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
        except Exception as error:
            slug = explain(error, program).code
    return output.getvalue(), slug


@every_example
def test_an_example_runs_and_prints_what_is_known(example: Example) -> None:
    printed, slug = run(example.program)
    assert slug in {None, example.lesson}
    assert printed == PRINTED.get(example.id, printed)


@every_example
def test_an_example_teaches_its_lesson(example: Example) -> None:
    events: list[Event] = []
    trace(Job(example.program), events.append)
    end = events[-1]
    assert isinstance(end, EndEvent)
    codes = {event.diagnostic.code for event in events if isinstance(event, DiagnosticEvent)}
    reached = codes | ({end.failure.code} if end.failure else set())
    assert example.lesson is None or example.lesson in reached
    if example.lesson is None:
        assert reached == set()
    text = "".join(event.moment.text or "" for event in events if isinstance(event, MomentEvent))
    assert text == run(example.program)[0]


@every_example
def test_every_step_points_at_a_node_of_its_program(example: Example) -> None:
    names = {
        name for graph in record(example.program).graphs for node in graph.nodes for name in (node.variable, node.label)
    }
    assert 2 <= len(example.steps) <= 4
    assert {step.select for step in example.steps} - {None} <= names
    for step in example.steps:
        assert set(step.text) == {"en", "zh"}
        assert len(step.text["en"]) <= 220
        assert any("\u4e00" <= letter <= "\u9fff" for letter in step.text["zh"])
        assert step.text["en"].count("`") == step.text["zh"].count("`")


def test_the_lessons_stand_in_order_and_each_group_together() -> None:
    groups = [example.group for example in examples()]
    assert list(dict.fromkeys(groups)) == [group for group, _ in itertools.groupby(groups)]
    wanted = [
        "quadratic", "chain-rule", "fan-out", "constants", "no-grad", "detach", "accumulation", "sgd", "too-fast",
        "momentum", "rosenbrock", "saddle", "adam-sgd", "sigmoid-saturation", "dead-relu", "cross-entropy", "xor-adam",
        "linear-regression", "rnn", "double-backward", "custom-function", "weight-sharing", "in-place",
    ]  # fmt: skip
    assert [example.id for example in examples() if example.id in wanted] == wanted


def test_xor_is_learned() -> None:
    for name in ("xor-adam", "xor-sgd"):
        program = next(example.program for example in examples() if example.id == name)
        assert run(program)[0].endswith("tensor([[0.],\n        [1.],\n        [1.],\n        [0.]])\n")


def test_titles_and_sentences_are_there_in_both_languages() -> None:
    assert len({example.id for example in examples()}) == len(examples()) >= 20
    for example in examples():
        for texts in (example.title, example.description):
            assert set(texts) == {"en", "zh"}
            assert all(texts.values())
        assert any("\u4e00" <= letter <= "\u9fff" for letter in example.description["zh"])
