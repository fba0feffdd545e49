"""Torch's own samples of every differentiable operation, traced and compared with bare runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_every_operation_is_recorded_and_not_disturbed() -> None:
    command = [sys.executable, "-m", "tests.tracer.operations"]
    root = Path(__file__).parents[2]
    reply = json.loads(subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout)
    assert reply["flaws"] == []
    assert reply["operations"] >= 540
    assert reply["reasons"].keys() == {"undefined"}  # all of each graph is differentiated, and all of it followed
