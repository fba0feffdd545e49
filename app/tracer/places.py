"""Where in the program's text an exception arose: the exact subexpression, in characters, 1-based."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from app.trace.model import Span
from app.tracer.source import FILENAME


def builtin(kind: type, name: str, error: BaseException) -> Any:
    """Read an attribute through the built-in class that defines it, past any override of the visitor's."""
    return kind.__dict__[name].__get__(error)


def frames_of(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames of a traceback with their instruction, outermost first."""
    traceback: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti
        traceback = traceback.tb_next


def span_of(error: BaseException, kind: type, frames: list[tuple[FrameType, int]], program: str) -> Span | None:
    """Find the innermost place in the program: the exact subexpression, in characters, 1-based."""
    lines = re.split(r"\r\n|\r|\n", program)
    for frame, instruction in reversed(frames):
        if frame.f_code.co_filename == FILENAME:
            positions = list(frame.f_code.co_positions())[instruction // 2]
            return to_span(positions, lines)
    if "\0" in program:
        line = next(number for number, text in enumerate(lines, 1) if "\0" in text)
        column = lines[line - 1].index("\0") + 1
        return Span(line, column, line, column + 1)
    return syntax_span(error, lines) if issubclass(kind, SyntaxError) else None


def to_span(positions: tuple[int | None, ...], lines: list[str]) -> Span | None:
    """Turn a code position, in bytes of UTF-8 from 0, into a span."""
    line, end_line, column, end_column = positions
    if line is None or not 1 <= line <= len(lines):
        return None
    if end_line is None or column is None or end_column is None or not line <= end_line <= len(lines):
        return Span(line, 1, line, len(lines[line - 1]) + 1)
    start = len(lines[line - 1].encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))
    end = len(lines[end_line - 1].encode("utf-8", "replace")[:end_column].decode("utf-8", "ignore"))
    return Span(line, start + 1, end_line, end + 1)


def syntax_span(error: BaseException, lines: list[str]) -> Span | None:
    """Place of a syntax error; Python counts its offsets in characters from 1, and may leave the end open."""
    line = builtin(SyntaxError, "lineno", error)
    column = builtin(SyntaxError, "offset", error)
    end_line = builtin(SyntaxError, "end_lineno", error)
    end = builtin(SyntaxError, "end_offset", error)
    if type(line) is not int or line < 1:
        return None
    line = min(line, len(lines))
    column = min(max(column if type(column) is int else 1, 1), len(lines[line - 1]) + 1)
    if type(end_line) is int and type(end) is int and line <= end_line <= len(lines):
        end = min(max(end, 1), len(lines[end_line - 1]) + 1)
        if (end_line, end) > (line, column):
            return Span(line, column, end_line, end)
    return Span(line, column, line, column + 1)


def span_text(span: Span | None, program: str) -> str:
    """The stretch of the program that a span marks."""
    if span is None:
        return ""
    lines = re.split(r"\r\n|\r|\n", program)[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)
