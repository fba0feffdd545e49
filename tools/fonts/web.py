"""Make `static/fonts` from `app/layout/fonts`: the same faces as WOFF2, so that the page sets texts as wide as the
picture's boxes were measured.

Run by hand after `subset.py`: `pip install fonttools brotli`, then `python tools/fonts/web.py`. The output is the same
for the same fonts.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[2]
SOURCE, TARGET = ROOT / "app" / "layout" / "fonts", ROOT / "static" / "fonts"
# What boxes and numbers are made of; a browser takes any other letter from a font of its own.
RANGES = ((0x20, 0x7E), (0xA0, 0xFF), (0x391, 0x3C9), (0x2013, 0x2026), (0x2190, 0x2193), (0x2200, 0x2265))


def write_face(name: str) -> int:
    """Write one face as WOFF2; return its size in bytes."""
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern"]
    options.hinting = False
    # What no font of the machine has is then seen as a box, and not as nothing.
    options.notdef_outline = True
    with TTFont(SOURCE / f"{name}.ttf", recalcTimestamp=False) as font:
        kept = subset.Subsetter(options)
        kept.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
        kept.subset(font)
        subset.save_font(font, str(TARGET / f"{name}.woff2"), options)
    return (TARGET / f"{name}.woff2").stat().st_size


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOURCE / "LICENSE", TARGET / "LICENSE.txt")
    for face in ("DejaVuSans", "DejaVuSans-Bold"):
        print(face, write_face(face), "bytes")
