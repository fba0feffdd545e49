"""Measuring two things side by side: turn and turn about, so that a busy moment meets both."""

from __future__ import annotations

import statistics
from collections.abc import Callable

Measure = Callable[[], float]


def side_by_side(ours: Measure, theirs: Measure, rounds: int) -> tuple[float, float]:
    """Measure both in turn and return their medians; the first round of each is left out as a warm-up."""
    times = [(ours(), theirs()) for _ in range(rounds + 1)][1:]
    return statistics.median(time for time, _ in times), statistics.median(time for _, time in times)
