"""Tracing leaves no trace: nothing of it stays in torch or in the process, and nothing is different inside of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_nothing_stays_behind_and_nothing_is_disturbed() -> None:
    command = [sys.executable, "-m", "tests.library.traceless"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["flaws"] == []
    assert reply["programs"] >= 72
