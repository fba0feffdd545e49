"""Measure all and write it into README.md, or only print what is named: `python -m benchmarks recorded …`."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from benchmarks import report, scaling
from benchmarks.table import Row, table

MEASUREMENTS = ("expression", "isolation", "lab", "cluster", "recorded", "pictures", "load", "page")
FOLDER = Path(__file__).parent


def main(names: list[str]) -> int:
    """Measure and print; the status is 1 when a figure is out of reach."""
    rows: list[Row] = []
    load = os.getloadavg()[0]
    for name in names or MEASUREMENTS:
        say(name)
        rows += importlib.import_module(f"benchmarks.{name}").rows()
    print(table(rows))
    if not names:
        say("scaling")
        (FOLDER / "README.md").write_text(report.write(rows, scaling.write(FOLDER), load))
    return 0 if all(row.holds for row in rows) else 1


def say(name: str) -> None:
    """Tell whoever waits what is being measured."""
    print(f"measuring: {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
