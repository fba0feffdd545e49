"""`benchmarks/README.md`: the table, the plots, and how to read them."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version

from benchmarks.peers import versions
from benchmarks.table import Row, table

TEXT = """\
# Measurements

Written by `make bench` on {date}; it prints the same table. {missed}

{table}

`ours` and `theirs` are medians of measurements taken turn and turn about in one run, so that a busy moment meets both.
A row without a number to reach is there for comparison. Measured on {machine}, with {versions}.
Other work on the machine (load average {load}) slows both sides, though not always alike.

## How to read it

- **Over HTTP** means all of it: the request, a fresh confined process that runs the program, values, gradients and
  local derivatives of each node, checks of what the process sent, layout, SVG, JSON. The peers draw in their own
  process, without isolation; of them only torchlens records gradients, and none puts numbers on its picture.
- **Layout seen** means that Graphviz has drawn this structure before, as it has for all but the first of many steps;
  **layout new** gives the variables other names each time. Answers are never taken from the cache of answers, except
  in the mix that says so.
- **Recorded** is measured in a process forked from a warm one, as the service does it, without confinement and without
  the way to the server: what tracing costs. Both sides compute on one thread. The time to build the transformer is
  taken off both.
- **A chain and an RNN** have a time to reach instead of a ratio, because torchviz ends in a `RecursionError` on both.
  A peer that has not finished within 20 s is stopped.
- **Separate traces** of a sweep's runs are the median of some, times 10,000; that the runs of a sweep are
  those of traces is checked beside it.
- **On Ray** is measured only where that extra is installed (`.venv-cluster/bin/python -m benchmarks cluster`, once
  `make cluster-test` has made it): two nodes with one place each on this machine against two places here.
- **The naive service** is `benchmarks/naive.py`: FastAPI, `eval` and torchviz, without isolation.

What is exact: every number of a scalar and of a tensor of up to 256 elements is the one that torch computed. Of a
larger tensor minimum, maximum, share of zeros, NaN, infinities and the histogram's counts are exact; mean and
standard deviation are those of torch's own reductions in the tensor's type, and the norm follows from these two in
double precision, where nothing cancels.

## How costs grow

![Times over the number of nodes](nodes.svg)

![Times over the number of steps](steps.svg)

{numbers}

{reasons}
"""

REASONS = """\
An exponent of 1 is growth in proportion. Where one is above it, this is why:

- The walk alone grows faster than its graph because Python's collector of cycles looks at all that was found so far,
  again and again; with the collector off, 100,000 nodes take eleven times as long as 10,000, not forty. A run turns it
  down, so recording as a whole grows in proportion.
- The first picture of a large graph is mostly the reading of what the confined process sent: JSON into exact types, and
  checks of each node. It grows in proportion to the nodes. The picture itself does not grow: past 150 boxes the graph
  is folded, and Graphviz is never asked for more.
- Steps share one graph, which is laid over each step's new nodes: a step costs the same whether it is the tenth or the
  hundred-thousandth."""


def write(rows: list[Row], numbers: str, load: float) -> str:
    """Write the whole document.

    Args:
        rows: of the table.
        numbers: of the plots, as `scaling.write` answers.
        load: the load average before anything was measured.
    """
    missed = sum(not row.holds for row in rows)
    count = sum(row.reach is not None for row in rows)
    said = f"{count - missed} of {count} numbers are reached" + (f", {missed} missed." if missed else ".")
    packages = {"torch": version("torch"), **versions(), "Python": platform.python_version()}
    return TEXT.format(
        date=datetime.date.today().isoformat(),
        missed=said,
        table=table(rows),
        machine=machine(),
        versions=", ".join(f"{name} {number}" for name, number in packages.items()),
        numbers=numbers,
        load=f"{load:.1f} before the first measurement",
        reasons=REASONS,
    )


def machine() -> str:
    """The machine in general words."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores of a {platform.machine()} machine with {gigabytes:.0f} GB of memory"
