"""The browser of tests, measurements and pictures: headless Chromium.

Debian's `chromium-headless-shell` is the same engine without windows, tabs and extensions, which nobody sees here: it
opens a page in half the time. Where it is not installed, the whole Chromium does as well.
"""

from __future__ import annotations

import shutil

NAMES = ("chromium-headless-shell", "chromium")
EXECUTABLE = next(filter(None, map(shutil.which, NAMES)), None)
"""Its path; None where none is installed."""
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
