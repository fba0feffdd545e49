"""Writes the value of a variable as a person would: `torch.tensor([1.0, 2.0], requires_grad=True)`."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from app.errors import Parameter, ProgramError
from app.program.grammar import Formula
from app.program.names import Names
from app.program.rewriting import rewrite
from app.settings import Limits
from app.trace.job import Variable

Nested = int | float | list["Nested"]
FACTORIES = frozenset({
    "arange", "empty", "eye", "full", "linspace", "logspace", "normal", "ones", "rand", "randint", "randn",
    "randperm", "tensor", "zeros",
})  # fmt: skip
"""Functions that take `requires_grad` themselves."""
UNREADABLE = frozenset({"syntax", "not-an-expression", "empty-source", "construct"})
"""Problems of a value's text that the value's own sentence says better."""


class Assigned(NamedTuple):
    """A variable with the text of its value, its shape where that is known, and the imports the text needs."""

    text: str
    shape: tuple[int, ...] | None
    imports: frozenset[str] = frozenset()
    followed: bool = False


def refuse(slug: str, **parameters: Parameter) -> NoReturn:
    """Raise a problem of a value; it has no place in the expression."""
    raise ProgramError(slug, parameters)


def write_value(name: str, variable: Variable, names: Names, limits: Limits) -> Assigned:
    """Write the right-hand side of `name = …` for a value that the visitor gave.
    Args:
        name: the variable.
        variable: its value, not None, and whether autograd follows it.
        names: what torch offers.
        limits: the run's limits.
    Returns:
        The text, with the shape where it can be read off.
    Raises:
        ProgramError: the value is no tensor.
    """
    value = variable.value
    if isinstance(value, str):
        return write_text(name, value, variable.requires_grad, names, limits)
    assert value is not None
    return write_numbers(name, value, variable.requires_grad, limits)


def write_numbers(name: str, value: Nested, followed: bool, limits: Limits, whole: bool = False) -> Assigned:
    """Write numbers as a `torch.tensor(…)`; `whole` keeps integers, as class numbers and indices need."""
    shape = shape_of(name, value, limits)
    option = ", requires_grad=True" if followed else ""
    return Assigned(f"torch.tensor({format_nested(name, value, whole)}{option})", shape)


def shape_of(name: str, value: Nested, limits: Limits) -> tuple[int, ...]:
    """Measure nested lists level by level, and refuse ragged, empty and oversized ones."""
    shape: list[int] = []
    level: list[Nested] = [value]
    while any(isinstance(item, list) for item in level):
        rows = [len(item) if isinstance(item, list) else -1 for item in level]
        if len(set(rows)) > 1:
            first, second = (max(row, 1) for row in (rows[0], next(row for row in rows if row != rows[0])))
            refuse("ragged-value", name=name, first=first, second=second)
        shape.append(rows[0])
        level = [element for item in level if isinstance(item, list) for element in item]
        if not level:
            refuse("empty-value", name=name)
        if len(level) > limits.written_elements:
            refuse("value-too-large", name=name, count=len(level), value=limits.written_elements)
        if len(shape) > 16:
            refuse("bad-value", name=name, message="[[[[…]]]]")
    return tuple(shape)


def format_nested(name: str, value: Nested, whole: bool = False) -> str:
    """Format numbers as Python writes them, floats unless `whole`."""
    if isinstance(value, list):
        return "[" + ", ".join(format_nested(name, item, whole) for item in value) + "]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse("bad-value", name=name, message=str(value)[:40])
    if whole and value == int(value):
        return str(int(value))
    try:
        number = float(value)
    except OverflowError:
        refuse("bad-value", name=name, message="1e309")
    if not math.isfinite(number):
        return f'float("{number}")'
    return repr(number)


def write_text(name: str, text: str, followed: bool, names: Names, limits: Limits) -> Assigned:
    """Write a value that was given as text: a literal, a formula of numbers, or a call such as `randn(3, 4)`."""
    try:
        formula = Formula(text, limits)
        literal = literal_of(formula.tree)
        if literal is not None:
            return write_numbers(name, literal, followed, limits)
        written = rewrite(formula, names, frozenset())
    except ProgramError as error:
        if error.slug in UNREADABLE:
            refuse("bad-value", name=name, message=text.strip()[:60])
        raise ProgramError(error.slug, {**error.parameters, "variable": name}) from None
    if written.variables:
        refuse("bad-value", name=name, message=written.variables[0])
    if not any(isinstance(node, ast.Call) for node in ast.walk(formula.tree)):
        option = ", requires_grad=True" if followed else ""
        return Assigned(f"torch.tensor({written.text}{option})", (), written.imports)
    text = follow(formula, written.text) if followed else written.text
    return Assigned(text, shape_of_call(formula.tree), written.imports)


def literal_of(tree: ast.expr) -> Nested | None:
    """Read a number or nested list that was written as text; None when it is more than that."""
    try:
        value = ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, int | float | list) and not isinstance(value, bool) else None


def follow(formula: Formula, text: str) -> str:
    """Let autograd follow a written value: by the factory's own option, else as a fresh leaf."""
    tree = formula.tree
    if isinstance(tree, ast.Call) and called(tree) in FACTORIES:
        given = any(keyword.arg == "requires_grad" for keyword in tree.keywords)
        return text if given else text.rstrip()[:-1].rstrip(", ") + ", requires_grad=True)"
    return f"({text}).requires_grad_()"


def called(node: ast.Call) -> str:
    """Name of the function that is called, without its module."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def shape_of_call(tree: ast.expr) -> tuple[int, ...] | None:
    """Read the shape off a call such as `randn(3, 4)` or `zeros((2, 3))`; None when it is not plain."""
    if not (isinstance(tree, ast.Call) and called(tree) in {"randn", "rand", "zeros", "ones", "empty"}):
        return None
    sizes = tuple(integers(tree.args))
    return sizes if sizes and all(size is not None for size in sizes) else None  # type: ignore[return-value]


def integers(arguments: list[ast.expr]) -> Iterator[int | None]:
    """Yield the sizes given as arguments, one by one or as one tuple."""
    if len(arguments) == 1 and isinstance(arguments[0], ast.Tuple | ast.List):
        arguments = arguments[0].elts
    for argument in arguments:
        yield argument.value if isinstance(argument, ast.Constant) and type(argument.value) is int else None
