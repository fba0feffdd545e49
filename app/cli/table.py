"""One pass as a table of text: each node with its value and its gradient."""

from __future__ import annotations

from app.layout.numbers import format_value
from app.trace.model import Trace

HEAD = ("node", "operation", "value", "gradient")
WIDEST = 40


def table(trace: Trace, index: int) -> str:
    """Write a pass as a table.

    Args:
        trace: what was recorded.
        index: of the pass; negative ones count from the end.

    Raises:
        IndexError: there is no such pass.
    """
    passed = trace.passes[index]
    graph = next(graph for graph in trace.graphs if graph.id == passed.graph)
    rows = [HEAD]
    for node, value, gradient in zip(graph.nodes, passed.values, passed.gradients, strict=True):
        name = node.label if node.variable in (None, node.label) else f"{node.variable} = {node.label}"
        kind = "" if node.kind in ("leaf", "constant", "ghost") else node.name
        rows.append((_short(name), kind or node.kind, format_value(value), format_value(gradient)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(trace.passes) > 1:
        lines.insert(0, f"pass {index % len(trace.passes)} of {len(trace.passes)}")
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
