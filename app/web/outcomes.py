"""How a run ended, as a problem for its author or a word for the metrics."""

from __future__ import annotations

from app.errors import ExplorerError, LimitError
from app.trace.model import Cut, EndEvent, Failure
from app.web.problems import RunFailedError


def error_of(end: EndEvent, is_empty: bool, trace: bytes | None) -> ExplorerError | None:
    """Say why a run has no answer.

    Args:
        end: how it ended.
        is_empty: whether it ended before its first pass; what was recorded before a cut is an answer of its own.
        trace: JSON of what was recorded until then.

    Returns:
        None if it has one.
    """
    if end.failure is not None:
        return run_failed(end.failure, trace)
    if end.cut is not None and is_empty:
        return cut_error(end.cut)
    return None


def run_failed(failure: Failure, trace: bytes | None) -> RunFailedError:
    """Turn what a child reports into an error with its place in the source."""
    span = failure.span
    error = RunFailedError(
        failure.code,
        failure.parameters,
        line=span.line if span else None,
        column=span.column if span else None,
    )
    error.trace = trace
    return error


def cut_error(cut: Cut) -> LimitError:
    """Turn a cut into an error with the limit's name, number and unit."""
    slug = "limit-" + cut.limit.replace("_", "-")
    line, column = (cut.span.line, cut.span.column) if cut.span else (None, None)
    return LimitError(slug, {"limit": cut.limit, "value": cut.value, "unit": cut.unit}, line=line, column=column)


def outcome_of(cut: Cut | None, failure: Failure | None) -> str:
    """Name how a run ended, in one of few words."""
    if failure is not None:
        return "died" if failure.code == "run-died" else "failed"
    return "finished" if cut is None else "cut"
