"""One study in the child: an expression evaluated many times, one finding, the end."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from app.errors import ExplorerError
from app.program import write
from app.trace.job import Expression, Job
from app.trace.model import EndEvent, Event, Failure, ProgramEvent, Span
from app.trace.study import Finding, Landscape
from app.tracer.check import compare
from app.tracer.failures import explain
from app.tracer.formulas import Loss
from app.tracer.landscape import survey


def study(job: Job, send: Callable[[Event], None]) -> None:
    """Answer the study of a job about its expression.

    Args:
        job: the expression, the study, seed and limits.
        send: takes the program of the expression, the finding, and the end.
    """
    assert isinstance(job.source, Expression)
    try:
        program = write(job.source, job.limits)
    except ExplorerError as error:
        send(EndEvent(failure=_failure(error)))
        return
    send(ProgramEvent(program))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they go to stderr, where nobody looks
            send(_answer(job))
    except ExplorerError as error:
        send(EndEvent(failure=_failure(error)))
    except BaseException as error:
        send(EndEvent(failure=explain(error, program)))
    else:
        send(EndEvent())


def _answer(job: Job) -> Finding:
    loss = Loss(job)
    if isinstance(job.study, Landscape):
        return survey(loss, job.study)
    assert job.study is not None
    return compare(loss, job.study, job.limits)


def _failure(error: ExplorerError) -> Failure:
    span = Span(error.line, error.column or 1, error.line, (error.column or 1) + 1) if error.line else None
    return Failure(error.slug, dict(error.parameters), span)
