"""Gives each bare function its module: `relu(W @ x)` becomes `F.relu(W @ x)`; the rest of the text stays as it is."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from app.program.grammar import Formula
from app.program.names import CONSTANTS, FORMULAS, MODULES, OF_NUMBERS, RESERVED, Names, nearest


class Edit(NamedTuple):
    """Replace the text between two offsets."""

    start: int
    end: int
    text: str


class Written(NamedTuple):
    """A rewritten expression: its text, its variables in order of appearance, and the imports it needs."""

    text: str
    variables: tuple[str, ...]
    imports: frozenset[str]


def rewrite(formula: Formula, names: Names, given: frozenset[str]) -> Written:
    """Rewrite an expression as a line of a program.
    Args:
        formula: the expression, parsed.
        names: what torch offers.
        given: names that the visitor has declared to be variables.
    Returns:
        The text with qualified functions, its variables and its imports.
    Raises:
        ProgramError: an unknown function, or a name that cannot be a variable.
    """
    edits: list[Edit] = []
    variables: dict[str, None] = {}
    imports: set[str] = set()
    nodes = [node for node in ast.walk(formula.tree) if isinstance(node, ast.expr)]
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    roots = {id(node.value): node for node in nodes if isinstance(node, ast.Attribute)}
    for node in sorted(nodes, key=lambda node: node.col_offset):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            edits += (
                [as_number(formula, node)] if is_number(node, given) else qualify(formula, node, node.func.id, names)
            )
        elif isinstance(node, ast.Attribute) and id(node) not in functions and node.attr in names.methods:
            formula.refuse("function-not-called", formula.end(node) - len(node.attr), name=node.attr)
        elif isinstance(node, ast.Name) and id(node) not in functions:
            if node.id in MODULES and node.id not in given and id(node) in roots:
                imports.add(node.id)
            elif node.id in CONSTANTS and node.id not in given:
                edits.append(Edit(formula.start(node), formula.end(node), CONSTANTS[node.id]))
            else:
                check_variable(formula, node, names, given)
                variables[node.id] = None
    if "F" in variables or "F" in given:
        edits = [edit._replace(text=re.sub(r"^F\.", "torch.nn.functional.", edit.text)) for edit in edits]
    imports |= {root for edit in edits for root in MODULES if edit.text.startswith(root + ".")}
    return Written(apply(formula.text, edits), tuple(variables), frozenset(imports))


def check_variable(formula: Formula, node: ast.Name, names: Names, given: frozenset[str]) -> None:
    """Refuse a module or a well-known function in the place of a variable."""
    if node.id in RESERVED:
        formula.refuse("reserved-name", formula.start(node), name=node.id, suggestion=node.id + "_")
    if node.id in FORMULAS and node.id in names.functions and node.id not in given:
        formula.refuse("function-not-called", formula.start(node), name=node.id)


def is_number(node: ast.expr, given: frozenset[str]) -> bool:
    """Tell whether an expression is a plain number, such as `sqrt(2)` or `sin(pi/4)`."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    if isinstance(node, ast.Name):
        return node.id in CONSTANTS and node.id not in given
    if isinstance(node, ast.BinOp):
        return is_number(node.left, given) and is_number(node.right, given)
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand, given)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OF_NUMBERS:
        return len(node.args) == 1 and is_number(node.args[0], given)
    return False


def as_number(formula: Formula, call: ast.Call) -> Edit:
    """Write a call whose argument is a plain number with `math`."""
    return Edit(formula.start(call.func), formula.end(call.func), f"math.{getattr(call.func, 'id', '')}")


def qualify(formula: Formula, call: ast.Call, name: str, names: Names) -> list[Edit]:
    """Write a bare call with its module, or as a method of its first argument."""
    start, end = formula.start(call.func), formula.end(call.func)
    if name in names.functions:
        return [Edit(start, end, names.functions[name])]
    if name in names.methods and call.args:
        return as_method(formula, call, name)
    near = nearest(name, names.functions) if len(name) > 1 else None
    if near is not None:
        formula.refuse("misspelt-function", start, name=name, nearest=near)
    return formula.refuse("unknown-function", start, name=name)


def as_method(formula: Formula, call: ast.Call, name: str) -> list[Edit]:
    """Turn `view(x, 2, 3)` into `x.view(2, 3)`."""
    text = formula.text
    opening = text.index("(", formula.end(call.func)) + 1
    opening += len(text[opening:]) - len(text[opening:].lstrip())
    others: list[ast.expr | ast.keyword] = [*call.args[1:], *call.keywords]
    last = formula.end(call) - 1
    if others:
        close = text.rindex(",", 0, min(formula.start(other) for other in others))
        rest = close + 1
        rest += len(text[rest:]) - len(text[rest:].lstrip())
    else:
        close = len(text[:last].rstrip().removesuffix(","))
        rest = last
    first = call.args[0]
    bare = isinstance(first, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
    wrap = not bare and formula.start(first) == opening
    return [
        Edit(formula.start(call.func), opening, "(" if wrap else ""),
        Edit(close, rest, f"{')' if wrap else ''}.{name}("),
    ]


def apply(text: str, edits: list[Edit]) -> str:
    """Apply edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
