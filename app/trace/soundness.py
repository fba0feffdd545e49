"""What one record of a hostile reply must be by itself, and how its texts are made harmless.

Texts are bounded and lose the control characters that could write on a terminal or turn the direction of a line;
everything else that is wrong raises `ReplyError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sized
from itertools import chain
from math import prod

import msgspec

from app.trace.codec import ReplyError
from app.trace.model import Edge, Node, Parameter, Saved, SavedTensor, Span, Statistics, TensorValue

NAME_LETTERS = 1_000
TEXT_LETTERS = 10_000
_ENTRIES = 256
_DIMENSIONS = 64
_BINS = 256
_SIZE = 2**62

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_DTYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_NODE_ID = re.compile(r"n[0-9]{1,7}")
_EDGE_ID = re.compile(r"e[0-9]{1,7}")
_HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}


def require(holds: bool, reason: str) -> None:
    """Refuse the reply for `reason` unless `holds`."""
    if not holds:
        raise ReplyError(reason)


# -- texts -------------------------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    """Show control characters as pictures of themselves (`␛`) and drop what turns the direction of a line."""
    if text.isprintable() or not _HARMFUL.search(text):
        return text
    return _HARMFUL.sub(lambda found: chr(_PICTURES.get(ord(found[0]), 0xFFFD)), text)


def clean_name(text: str) -> str:
    """Make a text fit for one line of a label: white space as single blanks, at most `NAME_LETTERS` letters."""
    text = _shorten(text, NAME_LETTERS)
    return text if text.isprintable() else clean_text(" ".join(text.split()))


def _shorten(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def check_slug(text: str) -> None:
    """Refuse what is not the name of a problem, a diagnostic, a limit or a unit."""
    require(len(text) <= 64 and bool(_SLUG.fullmatch(text)), "not a slug")


def clean_parameters(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Make the parameters of a sentence harmless."""
    check_entries(parameters)
    return {clean_name(key): _clean_parameter(value) for key, value in parameters.items()}


def _clean_parameter(value: Parameter) -> Parameter:
    if isinstance(value, str):
        return clean_text(_shorten(value, TEXT_LETTERS))
    if value is not None:
        check_number(value)
    return value


# -- numbers and tensors -----------------------------------------------------------------------------------------------


def check_number(value: object) -> None:
    """Refuse integers that no tensor holds; floats are finite and strings are non-finite words since `decode`."""
    if type(value) is int:
        require(-(2**63) <= value < 2**64, "an integer beyond 64 bits")


def check_tensor(value: TensorValue, full_elements: int) -> int:
    """Check that `data` nests exactly as `shape` says, or that the statistics are possible.

    Returns:
        How many elements the value keeps.
    """
    _check_shape(value.shape)
    _check_dtype(value.dtype)
    require(value.data is None or value.statistics is None, "both elements and statistics")
    if value.statistics is not None:
        _check_statistics(value.statistics)
    if value.data is None:
        return 0
    require(prod(value.shape) <= full_elements, "too many elements")
    shape = (*value.shape, 2) if value.dtype.startswith("complex") else value.shape
    return _check_nesting(value.data, shape)


def _check_nesting(data: list[object], shape: tuple[int, ...]) -> int:
    require(len(shape) > 0, "a list for a scalar")
    level: list[object] = [data]
    lists = 0
    for size in shape:
        lists += len(level)
        for item in level:
            require(type(item) is list and len(item) == size, "elements that do not nest as the shape")
        level = list(chain.from_iterable(level))  # type: ignore[arg-type]
    for element in level:
        kind = type(element)
        require(kind is float or kind is int or kind is bool or element in ("NaN", "Infinity", "-Infinity"), "element")
        check_number(element)
    return lists + len(level)


def _check_statistics(statistics: Statistics) -> None:
    for number in (statistics.min, statistics.max, statistics.mean, statistics.std, statistics.norm):
        check_number(number)
    require(0 <= statistics.zeros <= 1, "a share of zeros")
    _check_sizes((statistics.nan, statistics.inf))
    if statistics.histogram is not None:
        require(len(statistics.histogram.counts) <= _BINS, "too many bins")
        _check_sizes(statistics.histogram.counts)


def _check_shape(shape: tuple[int, ...]) -> None:
    require(len(shape) <= _DIMENSIONS, "too many dimensions")
    _check_sizes(shape)


def _check_sizes(sizes: Iterable[int]) -> None:
    require(all(0 <= size < _SIZE for size in sizes), "a size that cannot be")


def _check_dtype(dtype: str) -> None:
    require(bool(_DTYPE.fullmatch(dtype)), "not a dtype")


# -- parts of a graph --------------------------------------------------------------------------------------------------


def check_span(span: Span | None) -> None:
    """Refuse places that no text has."""
    if span is None:
        return
    places = (span.line, span.column, span.end_line, span.end_column)
    require(all(1 <= place < 2**31 for place in places), "a place outside of any text")
    require((span.line, span.column) <= (span.end_line, span.end_column), "a span that ends before it starts")


def check_entries(entries: Sized) -> None:
    """Refuse a table with more entries than any honest one has."""
    require(len(entries) <= _ENTRIES, "too many entries")


def check_edge(edge: Edge, ids: frozenset[str]) -> None:
    """Refuse edges that touch no node of their graph."""
    require(bool(_EDGE_ID.fullmatch(edge.id)), "id of an edge")
    require(edge.source in ids and edge.target in ids, "an edge to nowhere")
    require(0 <= edge.slot < 2**31 and 0 <= edge.input < 2**31, "slot of an edge")


def clean_node(node: Node) -> Node:
    """Check a node by itself and make its texts harmless."""
    require(bool(_NODE_ID.fullmatch(node.id)), "id of a node")
    check_span(node.span)
    if node.shape is not None:
        _check_shape(node.shape)
    if node.dtype is not None:
        _check_dtype(node.dtype)
    check_entries(node.rule)
    for output in node.outputs or ():
        _check_shape(output.shape)
        _check_dtype(output.dtype)
    return msgspec.structs.replace(
        node,
        name=clean_name(node.name),
        label=clean_name(node.label),
        variable=None if node.variable is None else clean_name(node.variable),
        module=None if node.module is None else clean_name(node.module),
        saved=clean_saved(node.saved),
        rule={clean_name(key): clean_name(text) for key, text in node.rule.items()},
        cut=clean_name(node.cut) if isinstance(node.cut, str) else node.cut,
    )


def clean_saved(saved: Mapping[str, Saved]) -> dict[str, Saved]:
    """Check what a node keeps, and make its texts harmless."""
    check_entries(saved)
    return {clean_name(key): _clean_saved(value) for key, value in saved.items()}


def _clean_saved(value: Saved) -> Saved:
    if isinstance(value, str):
        return clean_name(value)
    if isinstance(value, SavedTensor):
        _check_shape(value.shape)
        _check_dtype(value.dtype)
        _check_sizes((value.bytes,))
    for number in value if isinstance(value, tuple) else (value,):
        check_number(number)
    return value
