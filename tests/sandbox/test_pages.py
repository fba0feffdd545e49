"""The zygote's memory in large pages."""

from __future__ import annotations

import subprocess
import sys

from app.sandbox import pages


def test_only_whole_stretches_of_own_memory_are_asked_for() -> None:
    large = 2 * 1024 * 1024
    kept = bytearray(8 * large)
    stretches = list(pages.large_stretches())
    assert len(stretches) >= 7
    assert all(address % large == 0 for address in stretches)
    assert 0 <= pages.gather_pages() <= len(stretches) + 8
    assert kept == bytes(8 * large)


def test_new_objects_lie_together_once_the_holes_are_plugged() -> None:
    script = """
from app.sandbox.pages import plug_holes

def pages_of_new_objects():
    return len({id(made) // 4096 for made in [bytes(60) for _ in range(400)]})

many = [bytes(60) for _ in range(200_000)]
del many[::40]  # leaves holes, each on a page of its own
scattered = pages_of_new_objects()
assert plug_holes() > 0
print(scattered, pages_of_new_objects())
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    scattered, together = map(int, run.stdout.split())
    assert together < 20
    assert scattered > together
