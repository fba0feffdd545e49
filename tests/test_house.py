"""The house rules that no linter knows: budgets, names, and that everything a person may set or meet is documented."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Limits, Settings

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "app").rglob("*.py"))
SCRIPTS = sorted(path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)
DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "SECURITY.md")] + sorted(ROOT.glob("docs/*.md"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions() -> Iterator[tuple[str, Function]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, Function):
                yield f"{name_of(path)}:{node.lineno} {node.name}", node


def line_count(function: Function) -> int:
    """Count a function's lines without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or 0) - docstring.lineno + 1
    return lines


def argument_count(function: Function) -> int:
    """Count what a caller has to think of: neither `self` nor what has a default."""
    arguments = function.args
    named = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    required = len(named) - len(arguments.defaults) + arguments.kw_defaults.count(None)
    return required - (named[:1] in (["self"], ["cls"]))


def documents() -> str:
    return "\n".join(path.read_text("utf-8") for path in DOCUMENTS)


def variable_of(setting: str) -> str:
    return f"EXPLORER_{setting.upper()}"


# -- budgets -----------------------------------------------------------------------------------------------------------


def test_functions_keep_their_budget() -> None:
    lines = sorted(line_count(function) for _, function in functions())
    too_long = [place for place, function in functions() if line_count(function) > 60]
    assert too_long == []
    assert statistics.median(lines) <= 8
    assert lines[len(lines) * 9 // 10] <= 30


def test_functions_ask_for_few_arguments() -> None:
    counts = {place: argument_count(function) for place, function in functions()}
    assert {place: count for place, count in counts.items() if count > 5} == {}
    assert sorted(counts.values())[len(counts) * 9 // 10] <= 4


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_modules_keep_their_budget(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_comments_say_why_and_are_few() -> None:
    texts = [path.read_text("utf-8").splitlines() for path in MODULES]
    lines = [line.strip() for text in texts for line in text if line.strip()]
    comments = [line for line in lines if line.startswith("#")]
    assert len(comments) <= len(lines) * 0.10


def test_no_room_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}
    rooms = {part for path in [*MODULES, *SCRIPTS] for part in (path.stem, path.parent.name)}
    assert rooms & drawers == set()


# -- walls -------------------------------------------------------------------------------------------------------------


def test_the_server_loads_no_torch() -> None:
    program = "import app.main, sys; print(sorted({'torch', 'numpy', 'sympy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- documents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", re.findall(r"^class (\w+)", (ROOT / "app/errors.py").read_text("utf-8"), re.M))
def test_every_error_is_documented(name: str) -> None:
    assert f"`{name}`" in documents()


def table_of_settings(path: Path) -> dict[str, str]:
    """Read `| `EXPLORER_…` | default | …` rows as variable → default."""
    rows = re.findall(r"^\| `(EXPLORER_\w+)` \| ([^|]*?) \|", path.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def written(value: object) -> str:
    """Write a default as the table does."""
    if value is None or value == ():
        return "–"
    return f"`{value}`"


@pytest.mark.parametrize("name", ["settings.md", "settings.zh.md"])
def test_every_setting_and_limit_is_documented_with_its_default(name: str) -> None:
    defaults: dict[str, object] = {
        setting: field.get_default() if field.default_factory is None else ...
        for setting, field in Settings.model_fields.items()
        if setting != "limits"
    }
    defaults |= {limit: getattr(Limits(), limit) for limit in Limits.__struct_fields__}
    table = table_of_settings(ROOT / "docs" / name)
    assert set(table) == {variable_of(setting) for setting in defaults}
    stated = {setting: table[variable_of(setting)] for setting, default in defaults.items() if default is not ...}
    expected = {setting: written(default) for setting, default in defaults.items() if default is not ...}
    assert stated == expected


def test_the_two_readmes_keep_step() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    fences = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    assert fences.findall(english) == fences.findall(chinese)
    headings = re.compile(r"^#+ ", re.MULTILINE)
    assert headings.findall(english) == headings.findall(chinese)


@pytest.mark.parametrize("path", [ROOT / "README.zh.md", ROOT / "CHANGELOG.md", *DOCUMENTS], ids=name_of)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_command_is_documented() -> None:
    commands = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [command for command in commands if f"make {command}" not in readme] == []


# -- locks -------------------------------------------------------------------------------------------------------------


def test_torch_has_one_version() -> None:
    pin = (ROOT / "requirements" / "torch.txt").read_text("utf-8").strip()
    assert f'"{pin}"' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("name", ["runtime", "dev", "bench", "cluster"])
def test_locks_pin_every_package_by_hash_and_name_no_index(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    packages = re.findall(r"^[a-z0-9-]+==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[^\s#]", lock, re.MULTILINE)) > 10
    assert not re.search(r"^-|://", lock, re.MULTILINE)


def test_what_the_project_asks_for_is_locked() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    asked = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert asked is not None
    names = {re.match(r"[\w.-]+", line)[0] for line in re.findall(r'"(.*?)"', asked[1])}  # type: ignore[index]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "runtime.lock").read_text("utf-8"), re.M))
    assert names - locked == {"torch"}
