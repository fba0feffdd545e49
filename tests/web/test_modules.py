"""What the page asks for at once."""

from __future__ import annotations

from pathlib import Path

from app.web.modules import STATIC, Modules


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
