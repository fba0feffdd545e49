"""Runs studies in the sandbox and checks that what comes back answers the question."""

from __future__ import annotations

from contextlib import aclosing

import msgspec

from app.errors import LimitError, Parameter, ProgramError
from app.sandbox import Sandbox
from app.settings import Limits
from app.trace.findings import answers
from app.trace.job import Job
from app.trace.model import EndEvent, Failure
from app.trace.study import (
    Axis,
    Check,
    CheckEvent,
    Finding,
    Landscape,
    LandscapeEvent,
    NodeCheck,
    NodeCheckEvent,
    Slice,
    Study,
)

AXES = 2


class Answer(msgspec.Struct, frozen=True):
    """What a study found, if it came to an end, and how the run ended."""

    finding: Finding | None
    end: EndEvent


class Laboratory:
    """Asks children about expressions."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def ask(self, job: Job) -> Answer:
        """Run the study of a job.

        Raises:
            ProgramError, LimitError: the grid is none, or has more cells than `Limits.cells`.
            ServiceError: no confined process could be had, or too many runs wait already.
        """
        assert isinstance(job.study, Landscape | Slice | Check | NodeCheck)
        check_study(job.study, job.limits)
        finding: Finding | None = None
        end = EndEvent()
        async with aclosing(self._sandbox.run(job)) as run:
            async for event in run:
                if isinstance(event, LandscapeEvent | CheckEvent | NodeCheckEvent):
                    finding = event
                elif isinstance(event, EndEvent):
                    end = event
        if end == EndEvent() and (finding is None or not answers(finding, job.study)):
            return Answer(None, EndEvent(failure=Failure("bad-reply")))
        return Answer(finding, end)


def check_study(study: Study, limits: Limits) -> None:
    """Refuse a grid before a process is spent on it.

    Raises:
        ProgramError: no axis, too many, one twice, or one without extent.
        LimitError: too many cells.
    """
    if not isinstance(study, Landscape | Slice):
        return
    if isinstance(study, Landscape) or study.compass is None:
        check_axes(study.axes)
    elif study.compass.count < 2:
        raise ProgramError("axis-empty", {"name": study.compass.kind})
    if study.cells > limits.cells:
        parameters: dict[str, Parameter] = {"limit": "cells", "value": limits.cells, "unit": "cells"}
        raise LimitError("limit-cells", parameters | {"count": study.cells})


def check_axes(axes: tuple[Axis, ...]) -> None:
    """Refuse axes that span nothing.

    Raises:
        ProgramError: no axis, too many, one twice, or one without extent.
    """
    places = [(axis.variable, axis.index) for axis in axes]
    if not 1 <= len(places) <= AXES:
        raise ProgramError("axes-count", {"count": len(places)})
    if len(set(places)) < len(places):
        raise ProgramError("axis-twice", {"name": places[0][0][:60]})
    for axis in axes:
        if axis.count < 2 or axis.start == axis.stop:
            raise ProgramError("axis-empty", {"name": axis.variable[:60]})
