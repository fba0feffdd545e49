"""A job of the API, done in this process: what the command line asks of an expression."""

from __future__ import annotations

from app.library.recorded import Trace
from app.trace.codec import collect
from app.trace.job import Job
from app.trace.model import Event
from app.tracer import run


def record_job(job: Job) -> Trace:
    """Record a job; torch keeps the attachments afterwards, so this is for a process that does nothing else."""
    events: list[Event] = []
    run.trace(job, events.append)
    data = collect(events)
    return Trace(lambda: data)
