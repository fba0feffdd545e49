"""Every state of the page that a visitor can bring it to, each by the visitor's own means.

A chain begins with a fresh page, and each of its states goes on from the one before. The states depend on neither the
language, the theme nor the width: axe judges them (`test_accessible.py`), and `make looks` takes a picture of each.
"""

from __future__ import annotations

from tests.page.states import beside, faults, graphs, labs, moments, panels, questions
from tests.page.states.visitor import Chain, arrive

CHAINS: dict[str, Chain] = {
    "boxes": graphs.BOXES,
    "sums": graphs.SUMS,
    "tensors": graphs.TENSORS,
    "folded": graphs.FOLDED,
    "search": graphs.SEARCH,
    "moments": moments.MOMENTS,
    "guesses": questions.GUESSES,
    "checks": questions.CHECKS,
    "ghosts": questions.GHOSTS,
    "panels": panels.PANELS,
    "lab": labs.LAB,
    "faults": faults.FAULTS,
    "dialogs": beside.DIALOGS,
    "addresses": beside.ADDRESSES,
}

__all__ = ["CHAINS", "Chain", "arrive"]
