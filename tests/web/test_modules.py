"""What the page asks for at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.web.assets import SHEETS, Assets
from app.web.modules import STATIC, Modules

FEWEST = 73
"""Modules that the first picture may need; each costs a way to the server and back."""
LIGHTEST = 345 * 1024
"""Bytes of all files that the first visit loads, without the heads of the answers."""


def test_imports_are_followed_and_what_comes_later_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "view").mkdir()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "main.js").write_text(
        'import { a } from "./a.js";\nimport {\n  b,\n} from "./view/b.js";\nimport("./late.js");\n'
    )
    (tmp_path / "a.js").write_text('export { b } from "./view/b.js";\n// import { x } from "./x.js";\n')
    (tmp_path / "view" / "b.js").write_text('import { a } from "../a.js";\nimport { p } from "../vendor/p.js";\n')
    (tmp_path / "vendor" / "p.js").write_text('import{q}from"./q.js";')
    modules = Modules(tmp_path)
    assert modules.closure("main.js") == ["a.js", "view/b.js", "vendor/p.js"]
    (tmp_path / "late.js").write_text("")
    (tmp_path / "a.js").write_text('import { l } from "./late.js";\n')
    assert "late.js" in modules.closure("main.js")


def test_the_page_begins_without_its_heaviest_parts() -> None:
    modules = Modules()
    first = modules.closure("main.js")
    assert {"view/app.js", "vendor/preact.js", "vendor/d3-zoom.js"} <= set(first)
    late = {"vendor/codemirror.js", "vendor/uplot.js", "vendor/katex.js", "vendor/d3-contour.js"}
    assert late & set(first) == set()
    assert not [name for name in modules.closure("embed.js") if "editor" in name or name.startswith("view/source")]
    assert all((STATIC / name).exists() for name in first)


def test_what_runs_first_waits_for_few_and_for_nothing_that_the_page_has_not() -> None:
    modules = Modules()
    early = modules.closure("early.js")
    assert len(early) <= 8
    assert set(early) < set(modules.closure("main.js"))


async def _weights(names: list[str]) -> int:
    assets = Assets()
    replies = [await assets.find(name) for name in names]
    return sum(len(reply.packed or reply.body) for reply in replies)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_first_visit_asks_for_few_files_and_few_bytes(language: str) -> None:
    modules = Modules()
    first = ["early.js", "main.js", *modules.closure("main.js")]
    assert len(first) <= FEWEST
    late = ["view/codemirror.js", *modules.closure("view/codemirror.js"), "vendor/codemirror-view.js"]
    editor = sorted(set(late) - set(first))
    fonts = [f"fonts/{file.name}" for file in (STATIC / "fonts").glob("*.woff2")]
    words = [f"texts/{language}/{table}.json" for table in ("page", "diagnostics")]
    assert await _weights([*first, *editor, *fonts, *words, "styles/main.css", "favicon.svg"]) <= LIGHTEST


async def test_sheets_that_are_needed_at_once_are_sent_as_one() -> None:
    assets = Assets()
    for address, names in SHEETS.items():
        joined = (await assets.find(address)).body.decode()
        parts = [(STATIC / "styles" / f"{name}.css").read_text("utf-8") for name in names]
        assert joined == "\n".join(parts)
    assert "@import" not in joined
