"""Searching for a fixed time instead of a fixed number of examples."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
A_ROUND = settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
"""One round of a search; each round draws other examples."""


def search(check: Callable[[], Any], seconds: float = SECONDS) -> int:
    """Repeat rounds of a hypothesis test until the time is up; say how many there were."""
    until, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        check()
        rounds += 1
    return rounds
