"""Leaves and losses that a name has lost: it was given to a new tensor, or to a plain number."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import FrameType

import torch

from app.errors import Parameter

NUMBERS = frozenset({"float", "int", "bool", "complex", "list", "ndarray", "float32", "float64", "int64"})
"""What a loss may have become where it left the graph."""
LEAVING = {"item": ".item()", "tolist": ".tolist()", "numpy": ".numpy()", "float": "float()"}
SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
Found = tuple[str, dict[str, Parameter]]


def without_graph(kind: str, text: str, line: int, program: str) -> Found | None:
    """Explain `backward()` on what is no tensor.

    Args:
        kind: name of the type that it was called on.
        text: the stretch of the program that failed, such as `loss.backward`.
        line: where that begins.
        program: the whole text.

    Returns:
        The slug and its parameters: with the line where the value left the graph, if the text shows it.
    """
    expression = text.rpartition(".")[0].strip()
    if kind not in NUMBERS or not expression:
        return None
    parameters: dict[str, Parameter] = {"type": kind, "expression": expression[:80]}
    given = [(at, value) for at, target, value in assignments(program) if target == expression and at <= line]
    places = [(at, how) for at, value in given for how in leaving(ast.walk(value))]
    places += [(line, how) for how in leaving(walked(expression))]
    if not places:
        return "backward-of-number", parameters
    at, how = places[-1]
    return "left-the-graph", {**parameters, "how": how, "line": at}


def rebound(frame: FrameType | None, program: str) -> Found | None:
    """Explain what `w = w - 0.1 * w.grad` leads to, if the program says so.

    Args:
        frame: of the program, where it failed.
        program: its text.

    Returns:
        The slug and its parameters for the first name that a leaf has lost; None if all have kept theirs.
    """
    if frame is None:
        return None
    for line, target, value in assignments(program):
        tensor = frame.f_locals.get(target, frame.f_globals.get(target))
        # A subclass of Tensor may be the visitor's own, whose attributes run any code.
        if tensor is None or type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            continue
        if tensor.is_leaf and tensor.requires_grad:
            continue
        if any(ast.unparse(node) == f"{target}.grad" for node in ast.walk(value) if isinstance(node, ast.Attribute)):
            return "leaf-rebound", {"variable": target, "line": line, "update": update(target, value)}
    return None


def update(target: str, value: ast.expr) -> str:
    """Write the change of a leaf in place."""
    if isinstance(value, ast.BinOp) and type(value.op) in SIGNS and ast.unparse(value.left) == target:
        return f"{target} {SIGNS[type(value.op)]}= {ast.unparse(value.right)}"
    return f"{target}.copy_({ast.unparse(value)})"


def assignments(program: str) -> Iterator[tuple[int, str, ast.expr]]:
    """Yield each `target = value` of a program, in the order of its lines; none if it cannot be read."""
    found: list[tuple[int, str, ast.expr]] = []
    for node in walked(program):
        if isinstance(node, ast.Assign):
            found += [(node.lineno, ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            found.append((node.lineno, ast.unparse(node.target), node.value))
    return iter(sorted(found, key=lambda one: one[0]))


def leaving(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the calls among nodes that hand on numbers."""
    for node in nodes:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in LEAVING:
                yield LEAVING[name]


def walked(text: str) -> list[ast.AST]:
    """List the nodes of a text; none if it cannot be parsed."""
    try:
        return list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
