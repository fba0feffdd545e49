"""The calls about an expression as a function: its landscape, and the check of its gradients."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from app.settings import Limits
from app.trace.job import Job
from app.trace.study import Check, NodeCheck
from app.web import study_pages
from app.web.body import read_object
from app.web.calls import ExpressionCall, Seed, VariableInput, checked, convert, expression_job, read_job
from app.web.hangup import answer_in_time
from app.web.landscapes import read_landscape
from app.web.problems import Fault, InvalidRequestError
from app.web.replies import deliver
from app.web.service import Service

OWN: tuple[str, ...] = ("nodes", "pass", "tolerance")
FRESH = {"Cache-Control": "no-store"}


class CheckCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Autograd beside central differences, at the values given here."""

    expression: str
    variables: dict[str, VariableInput] = {}
    tolerance: Annotated[float, Meta(gt=0, le=1, description="The largest relative error that still agrees.")] = 1e-5
    sum: bool = False
    seed: Seed = 0


class PassCheckCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same for the leaves of one pass of a program, where they stood when it began."""

    program: str
    pass_index: Annotated[int, Meta(ge=0, le=1_000_000, description="Which `backward()`, from 0.")] = msgspec.field(
        default=0, name="pass"
    )
    tolerance: Annotated[float, Meta(gt=0, le=1, description="The largest relative error that still agrees.")] = 1e-5
    seed: Seed = 0


class NodeCheckCall(msgspec.Struct, frozen=True):
    """The same for every node of one pass of a run: beside these fields, the body of `POST /api/trace`."""

    nodes: Literal[True]
    pass_index: Annotated[int, Meta(ge=0, le=1_000_000)] = msgspec.field(default=0, name="pass")
    tolerance: Annotated[float, Meta(gt=0, le=1)] = 1e-5


def make_studies(service: Service) -> APIRouter:
    """Wire the calls that study an expression."""
    router = APIRouter()
    settings = service.settings

    @router.post("/api/landscape", **study_pages.LANDSCAPE)
    async def landscape(request: Request) -> Response:
        job, form = read_landscape(await read_object(request, settings), settings.limits)
        work = answer_in_time(request.receive, service.study(job, form), settings.request_seconds)
        return await deliver(request, await work, FRESH)

    @router.post("/api/check", **study_pages.CHECK)
    async def check(request: Request) -> Response:
        document = await read_object(request, settings)
        job = (read_node_check if document.get("nodes") is True else read_check)(document, settings.limits)
        work = answer_in_time(request.receive, service.study(job), settings.request_seconds)
        return await deliver(request, await work, FRESH)

    return router


def read_check(document: dict[str, object], limits: Limits) -> Job:
    """Turn the body of `POST /api/check` into a job.

    Raises:
        InvalidRequestError: a field is missing, unknown, or not of its type.
        SourceTooLargeError: the expression is too long.
    """
    if "program" in document:
        if "expression" in document:
            raise InvalidRequestError((Fault("Give `program` or `expression`, not both", "/expression"),))
        of_pass = convert(document, PassCheckCall)
        study = Check(of_pass.tolerance, of_pass.pass_index)
        return checked(Job(source=of_pass.program, seed=of_pass.seed, limits=limits, study=study))
    call = convert(document, CheckCall)
    plain = ExpressionCall(call.expression, call.variables, sum=call.sum, seed=call.seed)
    return checked(msgspec.structs.replace(expression_job(plain, limits), study=Check(call.tolerance)))


def read_node_check(document: dict[str, object], limits: Limits) -> Job:
    """Turn the body of `POST /api/check` with `nodes` into a job.

    Raises:
        InvalidRequestError, SourceTooLargeError, LimitError: as `read_job`.
    """
    own: dict[str, object] = {name: document[name] for name in OWN if name in document}
    call = convert(own, NodeCheckCall)
    job = read_job({name: value for name, value in document.items() if name not in own}, limits)
    return msgspec.structs.replace(job, study=NodeCheck(call.pass_index, call.tolerance))
