"""One study in the child: an expression evaluated many times, one finding, the end."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from app.errors import ExplorerError
from app.program import write
from app.program.writer import Parts, take_apart
from app.trace.job import Expression, Job
from app.trace.model import EndEvent, Event, ProgramEvent
from app.trace.study import Check, Landscape, NodeCheck, Slice
from app.trace.trials import Bend, Explain, Race, Sweep
from app.tracer.check import compare
from app.tracer.failures import failure_of
from app.tracer.formulas import Loss
from app.tracer.lab.course import ExpressionCourse
from app.tracer.lab.curvature import bend
from app.tracer.lab.explaining import explain_step
from app.tracer.lab.passcheck import check_pass
from app.tracer.lab.program import ProgramCourse
from app.tracer.lab.race import race
from app.tracer.lab.slicing import slice_pass
from app.tracer.lab.sweep import Part, sweep_program
from app.tracer.landscape import survey
from app.tracer.nodecheck import check_nodes


def study(job: Job, send: Callable[[Event], None]) -> None:
    """Answer the study of a job about its expression.

    Args:
        job: the expression, the study, seed and limits.
        send: takes the program of the expression, the finding, and the end.
    """
    parts = None
    try:
        if isinstance(job.source, str):
            program = job.source
        else:
            parts = take_apart(job.source, job.limits)
            program = write(job.source, job.limits, parts)
    except ExplorerError as error:
        send(EndEvent(failure=failure_of(error, "")))
        return
    send(ProgramEvent(program))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they go to stderr, where nobody looks
            end = _answer(job, send, program, parts)
    except BaseException as error:
        end = EndEvent(failure=failure_of(error, program))
    send(end)


def _answer(job: Job, send: Callable[[Event], None], program: str, parts: Parts | None) -> EndEvent:
    match job.study:
        case Sweep() if isinstance(job.source, Expression):
            Part(job, job.study, send).run()
        case Sweep():
            sweep_program(job, job.study, send)
        case Race():
            is_expression = isinstance(job.source, Expression)
            race(ExpressionCourse(job) if is_expression else ProgramCourse(job), job.study, send)
        case Explain():
            send(explain_step(job.study))
        case Bend():
            send(bend(job, job.study))
        case Landscape():
            send(survey(Loss(job, parts), job.study))
        case Slice():
            return slice_pass(program, job, send)
        case NodeCheck():
            return check_nodes(program, job, send)
        case Check() if isinstance(job.source, str):
            return check_pass(program, job, send)
        case Check():
            send(compare(Loss(job, parts), job.study, job.limits))
    return EndEvent()
