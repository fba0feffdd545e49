"""Turns an expression into the PyTorch program that a person would have written."""

from __future__ import annotations

import keyword
from typing import NamedTuple

from app.errors import LimitError, ProgramError, SourceTooLargeError
from app.program.body import Body
from app.program.defaults import Defaults, choose_classes
from app.program.grammar import Formula
from app.program.names import MODULES, RESERVED, Names, known_names
from app.program.rewriting import Written, rewrite
from app.program.shapes import infer
from app.program.values import Assigned, write_numbers, write_value
from app.settings import Limits
from app.trace.job import Expression, Variable


def write(expression: Expression, limits: Limits | None = None, parts: Parts | None = None) -> str:
    """Write the program of an expression: leaves, loss, `backward()` or the optimizer loop, prints.
    Args:
        expression: the formula, its variables' values, the optimizer and the number of steps.
        limits: the run's limits.
        parts: the expression, where it has been taken apart already.
    Returns:
        A complete program.
    Raises:
        ProgramError: the expression, a value or an option cannot be used; with line and column of the expression
            where the problem is in it.
        LimitError: more steps than `Limits.steps`.
    """
    limits = limits or Limits()
    check_steps(expression.steps, limits)
    parts = parts or take_apart(expression, limits)
    body = Body(expression, parts.written, parts.followed)
    leaves = [f"{name} = {value.text}" for name, value in parts.values.items()]
    blocks = [imports(parts.imports, expression.steps), leaves, *body.blocks]
    program = "\n\n".join("\n".join(block) for block in blocks) + "\n"
    if len(program.encode()) > limits.source_bytes:
        raise SourceTooLargeError("source-too-large", {"value": limits.source_bytes, "unit": "bytes"})
    return program


class Parts(NamedTuple):
    """An expression in the parts of a program: the formula as Python writes it, and each variable's value."""

    written: Written
    values: dict[str, Assigned]

    @property
    def followed(self) -> list[str]:
        """Names of the variables that autograd follows."""
        return [name for name, value in self.values.items() if value.followed]

    @property
    def imports(self) -> frozenset[str]:
        """Modules that formula and values need."""
        return self.written.imports.union(*(value.imports for value in self.values.values()))


def take_apart(expression: Expression, limits: Limits) -> Parts:
    """Read an expression and find a value for each of its variables.
    Args:
        expression: the formula and its variables' values.
        limits: the run's limits.
    Raises:
        ProgramError: as `write`.
    """
    names = known_names()
    formula = Formula(expression.expression, limits)
    given = frozenset(expression.variables)
    check_names(given)
    written = rewrite(formula, names, given)
    if len(written.variables) > limits.expression_variables:
        raise ProgramError("too-many-variables", {"value": limits.expression_variables})
    parts = Parts(written, assign(expression, formula, written.variables, names, limits))
    if not parts.followed:
        raise ProgramError("nothing-followed" if parts.values else "no-variable", line=1, column=1)
    return parts


def check_steps(steps: int, limits: Limits) -> None:
    """Refuse a number of steps that cannot be run."""
    if steps < 0:
        raise ProgramError("negative-steps", {"steps": steps})
    if steps > limits.steps:
        raise LimitError("limit-steps", {"steps": steps, "limit": "steps", "value": limits.steps, "unit": "steps"})


def check_names(given: frozenset[str]) -> None:
    """Refuse names of variables that no program could use."""
    for name in sorted(given):
        if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
            suggestion = name + "_" if name.isidentifier() else "x"
            raise ProgramError("reserved-name", {"name": name[:60], "suggestion": suggestion[:60]})


def assign(
    expression: Expression, formula: Formula, used: tuple[str, ...], names: Names, limits: Limits
) -> dict[str, Assigned]:
    """Find a value for each variable, in order of appearance: the visitor's, or a default whose shape fits."""
    variables = {name: normalise(expression.variables.get(name, Variable())) for name in used}
    given = {
        name: write_value(name, variable, names, limits)
        for name, variable in variables.items()
        if variable.value is not None
    }
    known = {name: value.shape for name, value in given.items() if value.shape is not None}
    shapes, classes = infer(formula.tree, known)
    defaults = Defaults()
    leaves: dict[str, Assigned] = {}
    for name, variable in variables.items():
        followed = variable.requires_grad and name not in classes
        if name in classes and not isinstance(variable.value, str):
            chosen = choose_classes(shapes[name]) if variable.value is None else variable.value
            value = write_numbers(name, chosen, followed, limits, whole=True)
        elif name in given:
            value = given[name]
        else:
            value = write_numbers(name, defaults.choose(name, shapes.get(name, ())), followed, limits)
        leaves[name] = value._replace(followed=followed)
    return leaves


def normalise(variable: Variable) -> Variable:
    """Take a field that was left blank as a wish for a default."""
    is_blank = isinstance(variable.value, str) and not variable.value.strip()
    return Variable(None, variable.requires_grad) if is_blank else variable


def imports(needed: frozenset[str], steps: int) -> list[str]:
    """List the imports that the program needs, in the order tutorials give them."""
    lines = [statement for root, statement in MODULES.items() if root in needed | {"torch"}]
    return [*lines, "import torch.optim as optim"] if steps else lines
