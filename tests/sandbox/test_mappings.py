"""The parts of libraries become few mappings, none of them writable and executable at once."""

from __future__ import annotations

import mmap
import subprocess
import sys

from app.sandbox.mappings import Mapping, widened

_READ, _WRITE, _EXECUTE = mmap.PROT_READ, mmap.PROT_WRITE, mmap.PROT_EXEC

_SCRIPT = """
from pathlib import Path
import torch
from app.sandbox.mappings import merge_mappings

def run():
    x = torch.ones(3, requires_grad=True)
    (torch.sin(x) * x).sum().backward()
    return x.grad.tolist()

expected = run()
before = len(Path("/proc/self/maps").read_text().splitlines())
less = merge_mappings()
after = Path("/proc/self/maps").read_text().splitlines()
assert not [line for line in after if {"w", "x"} <= set(line.split()[1])]
assert run() == expected
print(less, before - len(after))
"""


def test_a_library_takes_the_rights_of_its_code_and_of_its_data() -> None:
    library = [
        Mapping(0, 10, "r--", "/a.so"),
        Mapping(10, 20, "r-x", "/a.so"),
        Mapping(20, 30, "r--", "/a.so"),
        Mapping(30, 40, "r--", "/a.so"),
        Mapping(40, 50, "rw-", "/a.so"),
    ]
    assert list(widened(library)) == [
        (library[0], _READ | _EXECUTE),
        (library[2], _READ | _EXECUTE),
        (library[3], _READ | _WRITE),
    ]


def test_what_is_no_library_and_what_does_not_touch_its_data_stays_as_it_is() -> None:
    data = [Mapping(0, 10, "r--", "/locale"), Mapping(10, 20, "rw-", "/locale")]
    assert list(widened(data)) == []
    apart = [Mapping(0, 10, "r-x", "/a.so"), Mapping(10, 20, "r--", "/a.so"), Mapping(30, 40, "rw-", "/a.so")]
    assert list(widened(apart)) == [(apart[1], _READ | _EXECUTE)]


def test_mappings_become_fewer_and_torch_still_runs() -> None:
    run = subprocess.run([sys.executable, "-c", _SCRIPT], check=True, capture_output=True, text=True)
    less, counted = map(int, run.stdout.split())
    assert less == counted > 50
