"""Run the measurements, all or those named, and print the table: `python -m benchmarks [expression recorded …]`."""

from __future__ import annotations

import importlib
import sys

from benchmarks.table import Row, table

MEASUREMENTS = ("expression", "recorded", "pictures", "load", "page")


def main(names: list[str]) -> int:
    """Measure and print; the status is 1 when a figure is out of reach."""
    rows: list[Row] = []
    for name in names or MEASUREMENTS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").rows()
    print(table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
