"""All that autograd can do, recorded: what is printed equals a bare run, and every node that ran says what it saw."""

from __future__ import annotations

import pytest

from tests.tracer.programs import programs
from tests.tracer.recording import record, run_bare, unexplained

PROGRAMS = programs()


@pytest.mark.filterwarnings("ignore")  # anomaly detection announces itself
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_it_does_bare(name: str) -> None:
    program = PROGRAMS[name] + "\n"
    run = record(program)
    assert run.failure is None
    assert run.output == run_bare(program)
    assert list(unexplained(run)) == []
