"""What the API takes: typed bodies and query strings, turned into jobs with every fault pointed at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from app.errors import LimitError, ProgramError, SourceTooLargeError
from app.settings import Limits
from app.trace.job import Expression, Job, Variable
from app.web.configurations import read_number, read_optimizer, read_scheduler
from app.web.problems import Fault, InvalidRequestError, past

Body = TypeVar("Body")
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1, description="Seed of every generator; equal requests, equal answers.")]
Steps = Annotated[int, Meta(ge=0, description="Optimizer steps; 0 asks for one bare backward().")]
Option = str | int | float | bool | list | dict | None  # type: ignore[type-arg]
DEEPEST_LIST = 16
NON_FINITE = {"NaN", "Infinity", "-Infinity"}


class VariableBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variable whose `requires_grad` is said, not guessed."""

    value: int | float | str | list | None = None  # type: ignore[type-arg]
    requires_grad: bool = True


VariableInput = int | float | str | list | VariableBody | None  # type: ignore[type-arg]


class ExpressionCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An expression, with the values of its variables and, if it is to be minimised, an optimizer."""

    expression: str
    variables: dict[str, VariableInput] = {}
    optimizer: dict[str, Option] = {}
    scheduler: dict[str, Option] | None = None
    clip_norm: Annotated[float, Meta(ge=0)] | None = None
    clip_value: Annotated[float, Meta(ge=0)] | None = None
    steps: Steps = 0
    sum: bool = False
    seed: Seed = 0


class ProgramCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PyTorch program, as it would stand in a file."""

    program: str
    seed: Seed = 0


def read_job(document: dict[str, Any], limits: Limits) -> Job:
    """Turn the body of a call into the job of a child.

    Args:
        document: decoded JSON.
        limits: what a run may use.
    Raises:
        InvalidRequestError: a field is missing, unknown, or not of its type.
        SourceTooLargeError, LimitError: the source is too long, or more steps are asked for than there may be.
    """
    if "program" in document and "expression" in document:
        raise InvalidRequestError((Fault("Give `program` or `expression`, not both", "/expression"),))
    if "program" in document:
        call = convert(document, ProgramCall)
        return checked(Job(source=call.program, seed=call.seed, limits=limits))
    return checked(expression_job(convert(document, ExpressionCall), limits))


def expression_job(call: ExpressionCall, limits: Limits) -> Job:
    """Turn an expression call into a job, its numbers checked and its optimizer named."""
    if call.steps > limits.steps:
        raise LimitError("limit-steps", past("steps", limits.steps) | {"steps": call.steps})
    expression = Expression(
        expression=call.expression,
        variables={name: _variable(name, value) for name, value in call.variables.items()},
        optimizer=read_optimizer(call.optimizer, "/optimizer"),
        steps=call.steps,
        sum=call.sum,
        scheduler=read_scheduler(call.scheduler, "/scheduler"),
        clip_norm=read_number(call.clip_norm, "/clip_norm"),
        clip_value=read_number(call.clip_value, "/clip_value"),
    )
    return Job(source=expression, seed=call.seed, limits=limits)


def checked(job: Job) -> Job:
    """Refuse a source that is empty, too long, or no text; the rest is the child's to judge."""
    source = job.source if isinstance(job.source, str) else job.source.expression
    if not source.strip():
        raise ProgramError("empty-source")
    try:
        length = len(msgspec.json.encode(job)) if not isinstance(job.source, str) else len(source.encode())
    except UnicodeEncodeError:
        raise InvalidRequestError((Fault("Text with half a surrogate pair is not Unicode", ""),)) from None
    if length > job.limits.source_bytes:
        raise SourceTooLargeError("source-too-large", past("source_bytes", job.limits.source_bytes))
    return job


def _variable(name: str, given: VariableInput) -> Variable:
    body = given if isinstance(given, VariableBody) else VariableBody(value=given)
    pointer = "/variables/" + escape_pointer(name) + ("/value" if isinstance(given, VariableBody) else "")
    if isinstance(body.value, list):
        check_list(body.value, pointer)
    elif isinstance(body.value, float) and not isfinite(body.value):
        raise InvalidRequestError((Fault("Number out of range", pointer),))
    return Variable(value=body.value, requires_grad=body.requires_grad)


def check_list(root: list[Any], pointer: str) -> None:
    """Check that nested lists hold numbers only, with a stack: their depth is the sender's to choose."""
    waiting: list[tuple[list[Any], str, int]] = [(root, pointer, 1)]
    while waiting:
        elements, place, depth = waiting.pop()
        if depth > DEEPEST_LIST:
            raise InvalidRequestError((Fault(f"Lists nested more than {DEEPEST_LIST} deep", place),))
        for index, element in enumerate(elements):
            if isinstance(element, list):
                waiting.append((element, f"{place}/{index}", depth + 1))
            elif not isinstance(element, int | float) and not (isinstance(element, str) and element in NON_FINITE):
                raise InvalidRequestError((Fault("Expected a number or a list of numbers", f"{place}/{index}"),))
            elif isinstance(element, float) and not isfinite(element):
                raise InvalidRequestError((Fault("Number out of range", f"{place}/{index}"),))


# -- precise pointers --------------------------------------------------------------------------------------------------


def convert(document: dict[str, Any], kind: type[Body]) -> Body:
    """Convert decoded JSON into a typed body.

    Raises:
        InvalidRequestError: it does not fit; the pointer names the very place.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequestError((point(str(error), document),)) from None


ENTRY_KINDS: dict[str, Any] = {"variables": VariableInput, "optimizer": Option, "scheduler": Option}
"""What the tables of a call hold."""


def point(message: str, document: Mapping[str, Any]) -> Fault:
    """Turn msgspec's message, with its path `$.a[0].b`, into a fault with a JSON pointer.

    A path through a table says `[...]` instead of the key: the key is then the first whose value does not fit. In a
    table that is none of the call's own the pointer stops.
    """
    detail, _, path = message.partition(" - at `$")
    steps: list[str] = []
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]", path):
        if index == "..." and steps[-1:] not in (["variables"], ["optimizer"], ["scheduler"]):
            break
        steps.append(_misfit(steps[-1], document[steps[-1]]) if index == "..." else name or index)
    unknown = re.search(r"unknown field `(.*)`", detail)
    if unknown:
        steps.append(unknown[1])
    return Fault(detail, "".join("/" + escape_pointer(step) for step in steps))


def _misfit(table: str, entries: Mapping[str, Any]) -> str:
    return next(name for name, value in entries.items() if not _fits(value, ENTRY_KINDS[table]))


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def escape_pointer(step: str) -> str:
    """Escape one step of a JSON pointer."""
    return step.replace("~", "~0").replace("/", "~1")
