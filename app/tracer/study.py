"""One study in the child: an expression evaluated many times, one finding, the end."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from app.errors import ExplorerError
from app.program import write
from app.trace.job import Expression, Job
from app.trace.model import EndEvent, Event, Failure, ProgramEvent, Span
from app.trace.study import Check, Landscape
from app.trace.trials import Bend, Explain, Race, Sweep
from app.tracer.check import compare
from app.tracer.failures import explain
from app.tracer.formulas import Loss
from app.tracer.lab.course import ExpressionCourse
from app.tracer.lab.curvature import bend
from app.tracer.lab.explaining import explain_step
from app.tracer.lab.race import race
from app.tracer.lab.sweep import Part
from app.tracer.landscape import survey


def study(job: Job, send: Callable[[Event], None]) -> None:
    """Answer the study of a job about its expression.

    Args:
        job: the expression, the study, seed and limits.
        send: takes the program of the expression, the finding, and the end.
    """
    try:
        program = job.source if isinstance(job.source, str) else write(job.source, job.limits)
    except ExplorerError as error:
        send(EndEvent(failure=_failure(error)))
        return
    send(ProgramEvent(program))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they go to stderr, where nobody looks
            _answer(job, send)
    except ExplorerError as error:
        send(EndEvent(failure=_failure(error)))
    except BaseException as error:
        send(EndEvent(failure=explain(error, program)))
    else:
        send(EndEvent())


def _answer(job: Job, send: Callable[[Event], None]) -> None:
    match job.study:
        case Sweep() if isinstance(job.source, Expression):
            Part(job, job.study, send).run()
        case Race() if isinstance(job.source, Expression):
            race(ExpressionCourse(job), job.study, send)
        case Explain():
            send(explain_step(job.study))
        case Bend():
            send(bend(job, job.study))
        case Landscape():
            send(survey(Loss(job), job.study))
        case Check():
            send(compare(Loss(job), job.study, job.limits))


def _failure(error: ExplorerError) -> Failure:
    span = Span(error.line, error.column or 1, error.line, (error.column or 1) + 1) if error.line else None
    return Failure(error.slug, dict(error.parameters), span)
