"""`autograd-explorer`: what each command prints, writes, and ends with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from app import __version__
from app.cli import main
from app.cli.values import read_value
from app.library import open_trace

QUADRATIC = ["trace", "a*x**2 + b*x + c", "--set", "a=1", "--set", "b=2", "--set", "c=3", "--fix", "x=4"]
SCRIPT = """\
import sys
import torch
from beside import square

x = torch.tensor(3.0, requires_grad=True)
loss = square(x)
loss.backward()
print(__name__, sys.argv[1:], x.grad.item())
"""


def call(*arguments: str) -> int:
    """Give a command; returns its status."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a script and a module beside it, where the command is given."""
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("def square(t):\n    return t * t\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_an_expression_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*QUADRATIC) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["node", "operation", "value", "gradient"]
    assert lines[1][-3:] == ["AddBackward0", "27", "1"]
    assert ["a", "leaf", "1", "16"] in lines
    assert ["x", "constant", "4", "—"] in lines


@pytest.mark.usefixtures("folder")
def test_an_expression_is_printed_as_json_or_svg(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*QUADRATIC, "--json") == 0
    assert json.loads(capsys.readouterr().out)["passes"][0]["loss"] == 27.0
    assert call(*QUADRATIC, "--svg") == 0
    assert capsys.readouterr().out.startswith("<svg")


def test_an_expression_is_minimised_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["trace", "(x - 3)**2", "--set", "x=0", "--steps", "4", "--optimizer", "Adam", "--lr", "0.5"]
    assert call(*command, "--pass", "-1") == 0
    assert capsys.readouterr().out.startswith("pass 3 of 4\n")
    for suffix, start in (("json", b"{"), ("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert call(*command, "-o", f"out.{suffix}") == 0
        assert (folder / f"out.{suffix}").read_bytes().startswith(start)
    run = open_trace(folder / "out.json")
    assert [update.options["lr"] for update in run.updates] == [0.5] * 4


def test_a_script_runs_as_by_itself_and_is_recorded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (list(sys.argv), list(sys.path))
    assert call("run", "script.py", "--epochs", "2") == 0
    told = capsys.readouterr()
    assert told.out == "__main__ ['--epochs', '2'] 6.0\n"
    assert told.err == "script.trace.json: <Trace: 1 pass, 1 graph>\n"
    assert (sys.argv, sys.path) == before
    run = open_trace(folder / "script.trace.json")
    assert run.program == f"{SCRIPT}\n# -- beside.py --\ndef square(t):\n    return t * t"
    [node] = [node for node in run.graphs[0].nodes if node.kind == "output"]
    assert node.span is not None
    assert (node.label, node.span.line) == ("t * t", 12)


def test_a_script_that_fails_shows_its_own_traceback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "script.py").write_text(SCRIPT + "loss.backward()\n")
    assert call("run", "-o", "kept.json", "script.py") == 1
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):\n  File")
    assert f'File "{folder / "script.py"}", line 9, in <module>' in told.split("\n")[1]
    assert "commands.py" not in told
    kept = open_trace(folder / "kept.json")
    assert kept.data.failure is not None
    assert kept.data.failure.code == "backward-twice"
    assert kept.data.failure.span is not None
    assert kept.data.failure.span.line == 9
    assert len(kept.passes) == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("end", "status"), [("sys.exit()", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1)])
def test_a_script_ends_with_its_own_status(end: str, status: int) -> None:
    Path("script.py").write_text(f"import sys\n{end}\n")
    assert call("run", "script.py") == status
    assert open_trace("script.trace.json").data.failure is None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["trace", "x +"], 1, "Python cannot read this"),
        (["trace", " "], 1, "Nothing to run"),
        (["trace", "x*y", "--optimizer", "Adan", "--steps", "1"], 1, "Adan"),
        (["trace", "x", "--set", "x"], 2, "'x' is not of the form NAME=VALUE"),
        (["trace", "x", "-o", "x.doc"], 2, "x.doc: write .json, .svg, .png or .pdf"),
        (["run", "-o", "x.doc", "script.py"], 2, "x.doc: write"),
        (["run", "missing.py"], 1, "missing.py: No such file or directory"),
        (["open", "missing.json"], 1, "missing.json: No such file or directory"),
        (["open", "script.py"], 1, "This is not a trace file"),
        ([], 2, "COMMAND"),
        (["fly"], 2, "invalid choice: 'fly'"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == status
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""
    assert "Traceback" not in told.err


def test_help_tells_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"autograd-explorer {__version__}\n"
    assert call("--help") == 0
    told = capsys.readouterr().out
    for command in ("run", "trace", "open", "serve"):
        assert command in told
        assert call(command, "--help") == 0
        assert f"autograd-explorer {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2.5e3", -2500.0), ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]), ("randn(3)", "randn(3)"),
     ("true", "true"), ("", "")],
)  # fmt: skip
def test_values_are_numbers_lists_or_torch(text: str, value: object) -> None:
    assert read_value(text) == value
