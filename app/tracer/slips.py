"""Slips that the text alone shows: a method that is named but not called."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from app.trace.model import Diagnostic, Span

CALLED = frozenset({"backward", "step", "zero_grad", "train", "eval", "zero_", "requires_grad_"})


def slips(program: str, nodes: Iterable[ast.AST]) -> tuple[Diagnostic, ...]:
    """Find statements such as `loss.backward`, which name a method and do nothing.

    Args:
        program: a text that compiles.
        nodes: of its tree.

    Returns:
        A diagnostic for the first place of each.
    """
    lines = program.split("\n")
    found: dict[str, Diagnostic] = {}
    for node in nodes:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr in CALLED):
            continue
        line = lines[node.lineno - 1].encode() if node.lineno <= len(lines) else b""
        expression = line[node.col_offset : node.end_col_offset].decode(errors="replace")
        if node.end_lineno == node.lineno and expression.endswith(node.value.attr):
            column = len(line[: node.col_offset].decode(errors="replace")) + 1
            span = Span(node.lineno, column, node.lineno, column + len(expression))
            found.setdefault(expression, Diagnostic("not-called", "warning", span, {"expression": expression[:80]}))
    return tuple(found.values())
