"""Rows of the table that `make bench` prints."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One measurement: `ours` against `theirs`, and the ratio that is to be reached.

    `ours` and `theirs` are medians in `unit`. With `at_least` the ratio must not be smaller than `reach`, else it must
    not be larger. Where `theirs` is None, or says why there is no time ("RecursionError", "> 20 s"), what to reach is
    stated in `unit` itself. A row with no `reach` is there for comparison.
    """

    what: str
    against: str
    ours: float
    theirs: float | str | None
    reach: float | None
    unit: str = "ms"
    at_least: bool = False

    @property
    def figure(self) -> float:
        """What is compared with `reach`: the ratio, or the bare measurement."""
        return self.ours / self.theirs if isinstance(self.theirs, float) else self.ours

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of `reach`."""
        if self.reach is None:
            return True
        return self.figure >= self.reach if self.at_least else self.figure <= self.reach


def cells(row: Row) -> tuple[str, ...]:
    """Write a row as the texts of its cells."""
    has_ratio = isinstance(row.theirs, float)
    sign, suffix = "≥" if row.at_least else "≤", " ×" if has_ratio else f" {row.unit}"
    return (
        row.what,
        row.against,
        quantity(row.ours, row.unit),
        quantity(row.theirs, row.unit) if isinstance(row.theirs, float) else row.theirs or "",
        f"{row.figure:.3g} ×" if has_ratio else "",
        "" if row.reach is None else f"{sign} {row.reach:g}{suffix}",
        "" if row.reach is None else "yes" if row.holds else "**no**",
    )


def quantity(amount: float, unit: str) -> str:
    """Write an amount with its unit, in three digits."""
    digits = max(0, 3 - len(str(int(amount))))
    return f"{amount:,.{digits}f} {unit}"


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
