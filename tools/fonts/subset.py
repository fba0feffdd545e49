"""Make `app/layout/fonts` from the DejaVu fonts: smaller files, and their advance widths as a table.

Run by hand when the fonts change: `pip install fonttools`, then `python tools/fonts/subset.py FOLDER`, where FOLDER
holds `DejaVuSans.ttf` and `DejaVuSans-Bold.ttf` (Debian's package `fonts-dejavu-core` puts them in
`/usr/share/fonts/truetype/dejavu`). The output is the same for the same fonts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[2] / "app" / "layout" / "fonts"
FACES = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
# Latin, Greek, Cyrillic, punctuation, super- and subscripts, letter-like, arrows, mathematics, boxes, shapes.
RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x370, 0x3FF),
    (0x400, 0x45F),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x2070, 0x209C),
    (0x2100, 0x214F),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x2500, 0x25FF),
    (0xFFFD, 0xFFFD),
)


def write_face(source: Path, name: str) -> dict[str, list[int]]:
    """Write one subset font; return its advance widths, a list for each range, keyed by the first code point."""
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.notdef_outline = True
    font = TTFont(source / name, recalcTimestamp=False)
    known = font.getBestCmap()
    wanted = [code for low, high in RANGES for code in range(low, high + 1)]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for code in wanted if code in known])
    subsetter.subset(font)
    font.save(TARGET / name)
    missing = font["hmtx"][".notdef"][0]
    advances = {code: font["hmtx"][glyph][0] for code, glyph in font.getBestCmap().items()}
    return {str(low): [advances.get(code, missing) for code in range(low, high + 1)] for low, high in RANGES}


def main() -> None:
    """Write both faces and the table."""
    source = Path(sys.argv[1])
    table = {"units": 2048, **{face: write_face(source, name) for face, name in FACES.items()}}
    (TARGET / "advances.json").write_text(json.dumps(table, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
