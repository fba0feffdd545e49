"""Everything that can go wrong, as one tree.

    ExplorerError
    ├─ RequestError 400        the request itself is not what the API takes
    │  ├─ NotFoundError 404
    │  ├─ MethodNotAllowedError 405
    │  ├─ SlowBodyError 408
    │  ├─ BodyTooLargeError 413
    │  ├─ MediaTypeError 415
    │  ├─ HeadTooLargeError 431
    │  └─ TraceFileError 400     a file that holds no trace, or one from a later version
    ├─ ProgramError 422        the visitor mends the program or the expression
    ├─ LimitError 422          the program went past a limit that `Settings` states
    │  └─ SourceTooLargeError 413
    ├─ TooManyRequestsError 429
    └─ ServiceError 503        the visitor did nothing wrong; trying again may help
       ├─ BusyError
       ├─ SandboxUnavailableError
       └─ LayoutUnavailableError

Rooms raise; only `web` speaks HTTP. An error carries a stable slug and the parameters of its sentence; the sentence
itself lives in the language dictionaries (`static/texts/<language>/problems.json`), so that the API and the page say
the same thing in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

Parameter = str | int | float | bool | None


class ExplorerError(Exception):
    """Base of all errors of this project.

    Args:
        slug: stable name of the problem; the key of its text and the end of its `type` address.
        parameters: what the sentence needs to fit this case, such as the nearest known name.
        line: 1-based line of the visitor's source, when the problem has a place.
        column: 1-based column of the visitor's source, in characters.
    """

    status: ClassVar[int] = 500

    def __init__(
        self,
        slug: str,
        parameters: Mapping[str, Parameter] | None = None,
        *,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.parameters = dict(parameters or {})
        self.line = line
        self.column = column


class RequestError(ExplorerError):
    """The request is not one that the API takes."""

    status = 400


class NotFoundError(RequestError):
    """Nothing lives at this address."""

    status = 404


class MethodNotAllowedError(RequestError):
    """The address is right, the method is not."""

    status = 405


class SlowBodyError(RequestError):
    """The body did not arrive within `Settings.request_seconds`."""

    status = 408


class BodyTooLargeError(RequestError):
    """The body is longer than `Settings.body_bytes`, or, of a graph or trace, `Settings.layout_body_bytes`."""

    status = 413


class MediaTypeError(RequestError):
    """The body is not JSON by its own word, or is packed."""

    status = 415


class HeadTooLargeError(RequestError):
    """The address and header fields are longer than the server keeps."""

    status = 431


class TraceFileError(RequestError):
    """A file is not a trace that this version can read; the parameters carry `reason`, or `version` and `known`."""

    def __str__(self) -> str:
        """A sentence for those who use the library; elsewhere the dictionaries speak."""
        if self.slug == "trace-file-newer":
            version, known = self.parameters["version"], self.parameters["known"]
            return f"the trace file has version {version}; this Autograd Explorer reads versions up to {known}"
        return f"the file is not a trace, or is damaged: {self.parameters['reason']}"


class ProgramError(ExplorerError):
    """The program or expression cannot run as written; its author can mend it."""

    status = 422


class LimitError(ExplorerError):
    """The program went past a limit; the parameters carry `limit`, its number and `unit`."""

    status = 422


class SourceTooLargeError(LimitError):
    """The source is longer than `Limits.source_bytes`."""

    status = 413


class TooManyRequestsError(ExplorerError):
    """One client asks faster than `Settings.requests_per_minute` allows."""

    status = 429


class ServiceError(ExplorerError):
    """The service cannot answer just now."""

    status = 503


class BusyError(ServiceError):
    """The queue of waiting runs is full; the parameters carry `retry_after_seconds`."""


class SandboxUnavailableError(ServiceError):
    """No confined process could be had, or one died without a word."""


class LayoutUnavailableError(ServiceError):
    """Graphviz did not answer, even after a restart."""
