"""The package as it is installed: a wheel that needs nothing of the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel; what it depends on is what these tests run on."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "app", "static", "templates"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in [*kept, "pyproject.toml", "README.md", "LICENSE"]:
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    subprocess.run(build, cwd=source, capture_output=True, check=True)
    [wheel] = folder.glob("autograd_explorer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, program: str) -> str:
    """Run a program that finds the package in its installed place only."""
    head = f"import sys; sys.path.insert(0, {str(installed)!r})\n"
    command = [sys.executable, "-I", "-c", head + program]
    return subprocess.run(command, cwd=installed.parent, capture_output=True, text=True, check=True).stdout


def test_every_file_of_the_page_is_in_it(installed: Path) -> None:
    for room in ("static", "templates"):
        there = {path.relative_to(ROOT / room) for path in (ROOT / room).rglob("*") if path.is_file()}
        assert {path for path in there if not (installed / "app" / room / path).is_file()} == set()
    kept = {path.relative_to(ROOT) for path in (ROOT / "app").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {path for path in kept if not (installed / path).is_file()} == set()
    entry = (next(installed.glob("*.dist-info")) / "entry_points.txt").read_text("utf-8")
    assert "autograd-explorer = app.cli:main" in entry


def test_the_library_and_the_command_work_from_it(installed: Path) -> None:
    program = """
import torch, app
from app.cli import main
from app.tracer import trace
x = torch.tensor(2.0, requires_grad=True)
with trace() as t:
    (x * 3).backward()
print(t, t.svg()[:4], app.__file__)
main(["trace", "a*x**2", "--set", "a=1", "--set", "x=3", "--json"])
"""
    first, second = run(installed, program).splitlines()
    assert first == f"<Trace: 1 pass, 1 graph> <svg {installed / 'app' / '__init__.py'}"
    assert json.loads(second)["passes"][0]["loss"] == 9.0


def test_the_page_and_its_texts_are_found_in_it(installed: Path) -> None:
    program = """
from app.examples import examples
from app.web.assets import STATIC
from app.web.pages import TEMPLATES
from app.web.texts import problem_texts
print((STATIC / "main.js").is_file(), (TEMPLATES / "index.html").is_file(), len(examples()) > 20)
print(problem_texts("zh")["empty-source"].title, STATIC)
"""
    told = run(installed, program).splitlines()
    assert told[0] == "True True True"
    assert told[1].endswith(str(installed / "app" / "static"))
