"""Problem documents (RFC 9457): the one shape in which every refusal leaves the service."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.errors import ExplorerError, MethodNotAllowedError, NotFoundError, Parameter, ProgramError, RequestError
from app.web.faults import say
from app.web.texts import Language, choose_language, problem_text

FAULTY = frozenset({"invalid-json", "invalid-request"})
"""Problems whose `message` is a fault."""
MEDIA_TYPE = "application/problem+json"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a request: `pointer` is a JSON pointer (RFC 6901) into its body, `parameter` a name in its
    query string.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, for clients (`type`, `code`, `parameters`) and for people (`title`, `detail`)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    parameters: dict[str, Parameter]
    line: int | None = None
    column: int | None = None
    limit: int | float | None = None
    errors: tuple[Fault, ...] = ()
    trace: msgspec.Raw | None = None
    """What was recorded until a run failed; the shape of `Trace`."""


class ProblemLine(Problem, frozen=True, omit_defaults=True, tag_field="event", tag="problem"):
    """A problem as the last line of a stream."""


class InvalidRequestError(RequestError):
    """The request can be read, but is not what the call takes; `faults` says where."""

    def __init__(self, faults: tuple[Fault, ...], slug: str = "invalid-request") -> None:
        super().__init__(slug, {"message": faults[0].detail})
        self.faults = faults


class RunFailedError(ProgramError):
    """A program ended before its time; `trace` is the JSON of what was recorded until then."""

    trace: bytes | None = None


def past(limit: str, value: float) -> dict[str, Parameter]:
    """Make the parameters of an error about a limit of `Settings` or `Limits`: its name, number and unit."""
    return {"limit": limit, "value": value, "unit": limit.rpartition("_")[2]}


def describe(error: ExplorerError, accepted: str) -> Problem:
    """Write the problem document of an error in the language that the client prefers.

    Args:
        error: what happened.
        accepted: the request's `Accept-Language`.
    """
    language = choose_language(accepted)
    title, detail = problem_text(error.slug, _worded(error, language), language)
    faults = error.faults if isinstance(error, InvalidRequestError) else ()
    limit = error.parameters.get("value") if "limit" in error.parameters else None
    trace = error.trace if isinstance(error, RunFailedError) else None
    return Problem(
        type=f"/problems/{error.slug}",
        title=title,
        status=error.status,
        detail=detail,
        code=error.slug,
        parameters=error.parameters,
        line=error.line,
        column=error.column,
        limit=limit if isinstance(limit, int | float) else None,
        errors=tuple([msgspec.structs.replace(fault, detail=say(fault.detail, language)) for fault in faults]),
        trace=msgspec.Raw(trace) if trace else None,
    )


def _worded(error: ExplorerError, language: Language) -> Mapping[str, Parameter]:
    """The parameters of a text; a request's faults come in English, and are no words of the client's program."""
    message = error.parameters.get("message") if error.slug in FAULTY else None
    return {**error.parameters, "message": say(message, language)} if isinstance(message, str) else error.parameters


def known_error(error: Exception, method: str = "") -> ExplorerError:
    """Bring any exception into this project's tree."""
    if isinstance(error, ExplorerError):
        return error
    # The framework checks nothing but addresses: `/api/graph.gif` is one that is not there.
    if isinstance(error, RequestValidationError) or (isinstance(error, HTTPException) and error.status_code == 404):
        return NotFoundError("not-found")
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowedError("method-not-allowed", {"method": method})
    return ExplorerError("internal-error", {"request_id": "-"})


def answer_problem(connection: HTTPConnection, error: Exception) -> Response:
    """Answer an error as `application/problem+json`."""
    known = known_error(error, connection.scope.get("method", ""))
    problem = describe(known, connection.headers.get("accept-language", ""))
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=_headers(error, problem.parameters),
    )


def _headers(error: Exception, parameters: Mapping[str, Parameter]) -> dict[str, str]:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
    if isinstance(error, HTTPException):
        headers |= dict(error.headers or {})
    if isinstance(error, ExplorerError) and error.slug == "unsupported-content-encoding":
        headers["Accept-Encoding"] = "identity"  # RFC 9110, 15.5.16: tells this 415 from one about the media type
    if "retry_after_seconds" in parameters:
        headers["Retry-After"] = str(parameters["retry_after_seconds"])
    return headers
