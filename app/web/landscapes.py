"""What `POST /api/landscape` takes and answers: an expression over a grid, or a slice through one pass of a run."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.settings import Limits
from app.trace.job import Job
from app.trace.study import (
    Axis,
    Compass,
    CriticalPoint,
    Directions,
    Finding,
    Floats,
    Landscape,
    LandscapeEvent,
    Real,
    Slice,
    SliceView,
)
from app.web.calls import ExpressionCall, Seed, VariableInput, checked, convert, expression_job, read_job
from app.web.problems import Fault, InvalidRequestError

OWN = ("axes", "directions", "pass", "gradients", "path", "numbers")
Count = Annotated[int, Meta(ge=0, le=10**12, description="Points on this axis, both ends included.")]
Form = Literal["list", "base64"]
"""How columns of numbers are written."""


class AxisCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scalar, or with its `index` an element of a tensor, and the stretch it is moved over."""

    variable: str
    start: float
    stop: float
    count: Count = 100
    index: list[int] | None = None


class LandscapeCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The loss over one variable or two; the others keep the values given here."""

    expression: str
    axes: list[AxisCall]
    variables: dict[str, VariableInput] = {}
    gradients: bool = False
    critical: bool = False
    sum: bool = False
    seed: Seed = 0
    numbers: Form = "list"


class DirectionsCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two directions through all parameters: `random`, normalised filter by filter, or the main ones of the run's path
    (`pca`); `reach` widens the window.
    """

    kind: Directions
    seed: Seed = 0
    reach: Annotated[float, Meta(gt=0, le=1e6)] = 1.0
    count: Count = 41


class SliceCall(msgspec.Struct, frozen=True):
    """The loss of one pass of a run: along `axes`, or over two `directions`. Beside these fields, the body of
    `POST /api/trace`.
    """

    axes: list[AxisCall] = []
    directions: DirectionsCall | None = None
    pass_index: Annotated[int, Meta(ge=0, le=1_000_000)] = msgspec.field(default=0, name="pass")
    gradients: bool = False
    path: bool = True
    numbers: Form = "list"


class Packed(msgspec.Struct, frozen=True):
    """Numbers in base64: little-endian floats of 4 or 8 bytes."""

    base64: bytes
    dtype: Literal["float32", "float64"]


class LandscapeAnswer(msgspec.Struct, frozen=True, tag_field="event", tag="landscape", omit_defaults=True):
    """The loss in each cell, the last axis fastest; `gradients` holds one such list for each axis. `batched` says
    whether torch evaluated all cells in a few calls, or one by one.
    """

    losses: list[Real] | Packed
    gradients: list[list[Real] | Packed]
    batched: bool
    critical: tuple[CriticalPoint, ...] | None = None
    slice: SliceView | None = None


def read_landscape(document: dict[str, object], limits: Limits) -> tuple[Job, Form]:
    """Turn the body of `POST /api/landscape` into a job, and the form its answer is wished in.

    Raises:
        InvalidRequestError: a field is missing, unknown, or not of its type.
        SourceTooLargeError, LimitError: the source is too long, or more steps are asked for than there may be.
    """
    if "program" in document or "directions" in document or "pass" in document:
        return read_slice(document, limits)
    call = convert(document, LandscapeCall)
    plain = ExpressionCall(call.expression, call.variables, sum=call.sum, seed=call.seed)
    study = Landscape(read_axes(call.axes), call.gradients, call.critical)
    return checked(msgspec.structs.replace(expression_job(plain, limits), study=study)), call.numbers


def read_slice(document: dict[str, object], limits: Limits) -> tuple[Job, Form]:
    """Turn the body of a slice through a run into a job.

    Raises:
        InvalidRequestError, SourceTooLargeError, LimitError: as `read_landscape`.
    """
    own: dict[str, Any] = {name: document[name] for name in OWN if name in document}
    call = convert(own, SliceCall)
    if (call.directions is None) == (not call.axes):
        raise InvalidRequestError((Fault("Give `axes` or `directions`", "/axes"),))
    compass = None
    if call.directions is not None:
        way = call.directions
        if way.kind == "pca" and not call.path:
            raise InvalidRequestError((Fault("The main directions are those of the path", "/path"),))
        compass = Compass(way.kind, way.seed, way.reach, way.count)
    study = Slice(call.pass_index, read_axes(call.axes), compass, call.gradients, call.path)
    job = read_job({name: value for name, value in document.items() if name not in own}, limits)
    return msgspec.structs.replace(job, study=study), call.numbers


def read_axes(calls: list[AxisCall]) -> tuple[Axis, ...]:
    """Take the axes of a call.

    Raises:
        InvalidRequestError: one has no ends.
    """
    for index, axis in enumerate(calls):
        for name in ("start", "stop"):
            if not isfinite(getattr(axis, name)):
                raise InvalidRequestError((Fault("Number out of range", f"/axes/{index}/{name}"),))
    return tuple(
        Axis(axis.variable, axis.start, axis.stop, axis.count, None if axis.index is None else tuple(axis.index))
        for axis in calls
    )


def tell(finding: Finding | None, form: Form) -> object:
    """Write a finding as its answer."""
    if not isinstance(finding, LandscapeEvent):
        return finding
    return LandscapeAnswer(
        _column(finding.losses, form),
        [_column(slopes, form) for slopes in finding.gradients],
        finding.batched,
        finding.critical,
        finding.slice,
    )


def _column(numbers: Floats, form: Form) -> list[Real] | Packed:
    return numbers.reals() if form == "list" else Packed(numbers.data, "float32" if numbers.width == 4 else "float64")
