"""The machine code of a run moves to large pages, byte by byte the same, and runs."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import ctypes, re
from pathlib import Path
import torch
from app.sandbox import machine_code, pages

torch.set_num_threads(1)

def run():
    x = torch.ones(3, requires_grad=True)
    (torch.sin(x) * x).sum().backward()
    return x.grad.tolist()

def code():
    return {address: ctypes.string_at(address, machine_code.LARGE) for address in stretches}

def executable():
    return [line for line in Path("/proc/self/maps").read_text().splitlines() if "x" in line.split()[1]]

expected = run()
stretches = list(pages.large_stretches(machine_code._CODE))
before = code()
moved = machine_code.gather_machine_code(run)
assert code() == before
assert run() == expected
assert not [line for line in executable() if "w" in line.split()[1]]
own = [line for line in executable() if line.split()[4] == "0" and "[" not in line]
assert bool(own) == bool(moved), (own, moved)
print(moved)
"""


def test_code_is_the_same_and_runs_from_large_pages() -> None:
    run = subprocess.run([sys.executable, "-c", _SCRIPT], check=True, capture_output=True, text=True)
    assert int(run.stdout) >= 0
