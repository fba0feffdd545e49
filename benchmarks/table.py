"""Rows of the table that `make bench` prints."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One measurement: `ours` against `theirs`, and the ratio that is to be reached.

    `ours` and `theirs` are medians in `unit`. With `at_least` the ratio must not be smaller than `reach`, else it must
    not be larger. A row with no `theirs` states what to reach in `unit` itself.
    """

    what: str
    against: str
    ours: float
    theirs: float | None
    reach: float
    unit: str = "ms"
    at_least: bool = False

    @property
    def figure(self) -> float:
        """What is compared with `reach`: the ratio, or the bare measurement."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of `reach`."""
        return self.figure >= self.reach if self.at_least else self.figure <= self.reach


def cells(row: Row) -> tuple[str, ...]:
    """Write a row as the texts of its cells."""
    sign = "≥" if row.at_least else "≤"
    suffix = f" {row.unit}" if row.theirs is None else " ×"
    return (
        row.what,
        row.against,
        f"{row.ours:,.4g} {row.unit}",
        "" if row.theirs is None else f"{row.theirs:,.4g} {row.unit}",
        "" if row.theirs is None else f"{row.figure:.3g} ×",
        f"{sign} {row.reach:g}{suffix}",
        "yes" if row.holds else "NO",
    )


HEADINGS = ("what", "against", "ours", "theirs", "ratio", "reach", "holds")


def table(rows: list[Row]) -> str:
    """Write the rows as a Markdown table whose columns stand under each other."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (HEADINGS, rule, *lines[1:])
    )
