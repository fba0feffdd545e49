"""All that autograd can do, recorded: what is printed equals a bare run, and every node that ran says what it saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.recording import record, run_bare, unexplained

HEAD = """\
import torch
from torch import nn
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
s = torch.tensor(2.0, requires_grad=True)
"""


def programs() -> dict[str, str]:
    """The programs of the table, each under a line with its name."""
    parts = Path(__file__).with_name("autograd.txt").read_text().split("# -- ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


PROGRAMS = programs()


@pytest.mark.filterwarnings("ignore")  # anomaly detection announces itself
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_it_does_bare(name: str) -> None:
    program = HEAD + PROGRAMS[name] + "\n"
    run = record(program)
    assert run.failure is None
    assert run.output == run_bare(program)
    assert list(unexplained(run)) == []
