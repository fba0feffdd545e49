"""Lighthouse's four scores for the page, on a desktop and on a slow telephone: `make lighthouse`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.browser import EXECUTABLE
from benchmarks.servers import service
from benchmarks.table import Row, table

TOOL = Path(__file__).parents[1] / "tools" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
DEVICES = {"desktop": ["--preset=desktop"], "telephone, slow 4G": []}
REACH = 95
ROUNDS = 5
"""Loads of which the median counts: what else the machine does moves a score by a few points."""


def scores(address: str, options: list[str]) -> dict[str, float]:
    """Load an address once and read its scores, 0 to 100."""
    command = [str(TOOL), address, *options, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    environment = {**os.environ, "CHROME_PATH": str(EXECUTABLE)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    categories = json.loads(done.stdout)["categories"]
    return {name: 100 * category["score"] for name, category in categories.items()}


def rows() -> Iterator[Row]:
    """Measure the page on each device."""
    with service() as port:
        for device, options in DEVICES.items():
            loads = [scores(f"http://127.0.0.1:{port}/", options) for _ in range(ROUNDS)]
            for name in loads[0]:
                score = statistics.median(load[name] for load in loads)
                yield Row(f"Lighthouse, {name}", device, score, None, REACH, "of 100", at_least=True)


if __name__ == "__main__":
    sys.stdout.write(table(list(rows())) + "\n")
