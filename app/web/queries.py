"""What the API takes in a query string: which frame is drawn, and expressions for an `<img>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from app.errors import RequestError
from app.layout.palette import Theme
from app.layout.view import Direction
from app.resources import Language
from app.settings import Limits
from app.trace.job import Job
from app.web.body import parse_json
from app.web.calls import ExpressionCall, Option, VariableInput, checked, expression_job, point
from app.web.problems import Fault, InvalidRequestError

Query = TypeVar("Query")


class PictureQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which frame of a run is drawn, and how."""

    pass_index: Annotated[int, Meta(ge=0)] = msgspec.field(default=0, name="pass")
    phase: Literal["forward", "backward"] = "backward"
    theme: Theme = "light"
    direction: Direction = "TB"
    lang: Language = "en"


PICTURE_KEYS = ("pass", "phase", "theme", "direction", "lang")
CALL_KEYS = ("steps", "sum", "seed")


def read_picture(query: Mapping[str, str]) -> PictureQuery:
    """Read the picture's part of a query string; unknown names are refused."""
    return _convert_query(query, PictureQuery)


def read_query_job(query: Mapping[str, str], limits: Limits) -> Job:
    """Read an expression from a query string, in which every name that is not the API's own is a variable."""
    own = {name: query[name] for name in ("expression", *CALL_KEYS) if name in query}
    call = _convert_query(own, ExpressionCall)
    reserved = {"expression", "optimizer", "lr", *CALL_KEYS, *PICTURE_KEYS}
    variables = {name: read_value(text) for name, text in query.items() if name not in reserved}
    optimizer: dict[str, Option] = {"name": query.get("optimizer", "SGD")}
    if "lr" in query:
        optimizer["lr"] = _number(query["lr"], "lr")
    return checked(expression_job(msgspec.structs.replace(call, variables=variables, optimizer=optimizer), limits))


def read_value(text: str) -> VariableInput:
    """Read a variable of a query string: a number, a list in JSON, else a torch expression."""
    try:
        value = parse_json(text.encode())
    except RequestError:
        return text
    return value if isinstance(value, int | float | list) and not isinstance(value, bool) else text


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidRequestError((Fault("Expected a number", parameter=name),)) from None


def _convert_query(query: Mapping[str, str], kind: type[Query]) -> Query:
    try:
        return msgspec.convert(dict(query), kind, strict=False)
    except msgspec.ValidationError as error:
        fault = point(str(error), {})
        missing = re.search(r"required field `(.*)`", fault.detail)
        name = missing[1] if missing else (fault.pointer or "").removeprefix("/")
        raise InvalidRequestError((Fault(fault.detail, parameter=name),)) from None
