"""The program's text, as the recorder needs it: where an operation stands, what it says, and what its value is
called.

CPython keeps for every instruction the stretch of source it was compiled from (`code.co_positions`, PEP 657). The
recorder asks for the instruction that made a tensor; here that stretch becomes a span, a label, a variable name and
operands.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import CodeType
from typing import Protocol

import msgspec

from app.trace.model import Span
from app.tracer.derivations import Derivations

FILENAME = "<program>"
MAX_LABEL = 160
UNPACKED = "**"
"""The name of the argument by name that gives all of a mapping."""

Position = tuple[int, int, int, int]
"""line, end line, column, end column; columns count UTF-8 bytes from 0, as CPython does."""


class Operand(msgspec.Struct, frozen=True):
    """An operand of an expression as the source writes it; `name` is set when it is a plain variable."""

    label: str
    name: str | None
    span: Span
    is_literal: bool
    derive: Callable[[], tuple[Span, ...]] = tuple
    """Finds where the expressions stand that its value was computed from, the nearest first."""
    item: Callable[[int | str], Operand] | None = None
    """Of `*values` or `**options`: makes the operand that one of its items is."""


class Place(msgspec.Struct, frozen=True):
    """What the source says at one instruction; the first operand of a method is what it was called on."""

    span: Span
    label: str
    variable: str | None
    operands: tuple[Operand, ...]
    keywords: tuple[tuple[str, Operand], ...] = ()
    """The arguments that a call gives by their names."""
    derive: Callable[[], tuple[Span, ...]] = tuple
    """As that of an operand, for the whole expression."""

    @property
    def has_unpacking(self) -> bool:
        """Whether what is given depends on what a `*` or `**` stands before."""
        return any(one.item for one in self.operands) or any(name == UNPACKED for name, _ in self.keywords)


class Sources(Protocol):
    """The program's code, as the recorder asks for it."""

    @property
    def is_program(self) -> Mapping[str, bool]:
        """Whether code of a file (`co_filename`) is the program's own; every name has an answer."""

    def place(self, code: CodeType, instruction: int) -> Place | None:
        """What stands at an instruction (`f_lasti`) of the program's code; None where the text is not known."""


class OneFile(dict[str, bool]):
    """The program is what one file holds."""

    def __missing__(self, filename: str) -> bool:
        """Any other file is not it."""
        self[filename] = False
        return False


class Source:
    """A parsed text.

    Args:
        text: of a Python file.
        first_line: how many lines stand before it where its spans count.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the text is not Python.
    """

    def __init__(self, text: str, first_line: int = 0) -> None:
        self.text = text.removeprefix("\ufeff")
        self.lines = self.text.splitlines(keepends=False)
        self.tree = ast.parse(self.text, FILENAME)
        self._first_line = first_line
        self._expressions: dict[Position, ast.AST] = {}
        self._variables: dict[Position, str] = {}
        self._positions: dict[CodeType, list[tuple[int | None, ...]]] = {}
        self._derivations: Derivations | None = None
        self.nodes = nodes_of(self.tree)
        for node in self.nodes:
            self._enter(node)

    def _enter(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self._expressions[_position(node)] = node
            if not isinstance(node, ast.NamedExpr):
                return
        match node:
            case ast.Assign(targets=[*_, target], value=value):
                self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
            case ast.NamedExpr(target=target, value=value):
                self._bind(target, value)
            case ast.AugAssign(target=target):
                self._expressions[_position(node)] = node
                self._variables[_position(node)] = _dotted(target) or ""

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            pairs = list(zip(target.elts, value.elts, strict=False))
        for one, its_value in pairs:
            if name := _dotted(one):
                self._variables[_position(its_value)] = name

    def place(self, code: CodeType, instruction: int) -> Place | None:
        """Say what stands at an instruction.

        Args:
            code: a code object compiled from this source.
            instruction: `frame.f_lasti`, in bytes.

        Returns:
            None if the compiler kept no position.
        """
        positions = self._positions.get(code)
        if positions is None:
            positions = self._positions[code] = list(code.co_positions())
        found = positions[instruction // 2]
        if None in found:
            return None
        position: Position = found  # type: ignore[assignment]
        node = self._expressions.get(position)
        return Place(
            span=self._span(position),
            label=self._segment(position),
            variable=self._variables.get(position) or None,
            operands=tuple(self._operand(one) for one in _operands(node)),
            keywords=tuple(
                (name, self._unpacked(one) if name == UNPACKED else self._operand(one)) for name, one in _keywords(node)
            ),
            derive=partial(self._derive, node) if isinstance(node, ast.expr) else tuple,
        )

    def _operand(self, node: ast.expr) -> Operand:
        if isinstance(node, ast.Starred):
            return self._unpacked(node.value)
        position = _position(node)
        derive = partial(self._derive, node)
        return Operand(self._segment(position), _dotted(node), self._span(position), _is_literal(node), derive)

    def _unpacked(self, node: ast.expr) -> Operand:
        position = _position(node)
        item = partial(self._item, node)
        return Operand(self._segment(position), _dotted(node), self._span(position), False, tuple, item)

    def _item(self, node: ast.expr, key: int | str) -> Operand:
        position = _position(node)
        derive = partial(self._derive, ast.Subscript(node, ast.Constant(key)))
        return Operand(_short(f"{self._segment(position)}[{key!r}]"), None, self._span(position), False, derive)

    def _derive(self, node: ast.expr) -> tuple[Span, ...]:
        if self._derivations is None:
            self._derivations = Derivations(self.tree)
        # The item of what is unpacked stands nowhere in the text.
        written = [one for one in self._derivations.of(node) if hasattr(one, "lineno")]
        return tuple([self._span(_position(one)) for one in written])

    def _span(self, position: Position) -> Span:
        line, end_line, column, end_column = position
        return Span(
            line=line + self._first_line,
            column=self._characters(line, column) + 1,
            end_line=end_line + self._first_line,
            end_column=self._characters(end_line, end_column) + 1,
        )

    def _characters(self, line: int, column: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))

    def _segment(self, position: Position) -> str:
        line, end_line, column, end_column = position
        if line == end_line <= len(self.lines) and (row := self.lines[line - 1]).isascii():
            return _short(" ".join(row[column:end_column].split()))
        rows = [row.encode() for row in self.lines[line - 1 : end_line]]
        if not rows:
            return ""
        rows[-1] = rows[-1][:end_column]
        rows[0] = rows[0][column:]
        return _short(" ".join(" ".join(row.decode(errors="ignore").split()) for row in rows))


class Program(Source):
    """The program of a run that has no file: parsed, compiled, and readable for tracebacks.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the text is not a Python program that can be compiled.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = compile(self.tree, FILENAME, "exec")
        self.is_program: Mapping[str, bool] = OneFile({FILENAME: True})
        # Tracebacks, inspect and dataclasses read sources through linecache; there is no file to read them from.
        linecache.cache[FILENAME] = (len(self.text), None, self.text.splitlines(keepends=True), FILENAME)


def nodes_of(tree: ast.AST) -> list[ast.AST]:
    """All nodes that have parts, in the order of `ast.walk`; operators and contexts, half of a tree, tell nothing."""
    nodes = [tree]
    for node in nodes:
        for name in node._fields:
            part = getattr(node, name, None)
            if isinstance(part, ast.AST):
                if part._fields:
                    nodes.append(part)
            elif type(part) is list:
                nodes += [one for one in part if isinstance(one, ast.AST) and one._fields]
    return nodes


def _short(text: str) -> str:
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def _position(node: ast.AST) -> Position:
    return (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]


def _dotted(node: ast.expr) -> str | None:
    """The text of a plain name or a dotted one (`self.weight`); None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant))


def _keywords(node: ast.AST | None) -> Iterator[tuple[str, ast.expr]]:
    for given in node.keywords if isinstance(node, ast.Call) else []:
        match given:
            case ast.keyword(arg=None, value=ast.Dict(keys=keys, values=values)) if all(map(_is_name, keys)):
                yield from zip([key.value for key in keys], values, strict=True)  # type: ignore[union-attr]
            case ast.keyword(arg=name, value=value):
                yield name or UNPACKED, value


def _is_name(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _arguments(given: list[ast.expr]) -> Iterator[ast.expr]:
    for one in given:
        match one:
            case ast.Starred(value=ast.Tuple(elts=elements) | ast.List(elts=elements)):
                yield from _arguments(elements)
            case _:
                yield one


def _operands(node: ast.AST | None) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.AugAssign(target=target, value=value):
            return [target, value]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=comparators):
            return [left, *comparators]
        case ast.Attribute(value=value):
            return [value]
        case ast.Call(func=function, args=arguments):
            receiver = [function.value] if isinstance(function, ast.Attribute) else []
            return [*receiver, *_arguments(arguments)]
    return []
