"""Recording on the command line: a script as it would run by itself, or an expression."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import traceback
from pathlib import Path

import msgspec

from app.cli.table import table
from app.library import Trace, Tracing
from app.library.jobs import record_job
from app.library.recording import LIMITS
from app.trace.file import write_trace
from app.trace.job import Job
from app.web.calls import read_job
from app.web.texts import problem_text

PICTURES = {".svg", ".png", ".pdf"}


def run(options: argparse.Namespace) -> int:
    """Record a script.

    Returns:
        The status that the script would have ended with.
    """
    if wrong := _wrong_output(options):
        return wrong
    path = os.path.abspath(options.script)
    Path(path).read_bytes()
    tracing = Tracing(main=path)
    status = 0
    with tracing as recorded:
        status = _run_script(path, options.arguments, tracing)
    if not (options.output or options.show):
        options.output = f"{Path(path).stem}.trace.json"
    _put_out(recorded, options)
    return status


def _run_script(path: str, arguments: list[str], tracing: Tracing) -> int:
    """Run a script as Python would, with what it printed, its arguments, and its traceback."""
    argv, first = sys.argv, sys.path[0]
    sys.argv, sys.path[0] = [path, *arguments], os.path.dirname(path)
    try:
        tracing.found = runpy.run_path(path, run_name="__main__")
    except SystemExit as error:
        return _status(error)
    except Exception as error:
        tracing.failed(error)
        _print_traceback(error, path)
        return 1
    finally:
        sys.argv, sys.path[0] = argv, first
    return 0


def _status(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1


def _print_traceback(error: Exception, path: str) -> None:
    """Print what Python prints, without the frames around the script."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != path:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def trace(options: argparse.Namespace) -> int:
    """Record an expression, and print what was asked for."""
    if wrong := _wrong_output(options):
        return wrong
    recorded = record_job(_job(options))
    failure = recorded.data.failure
    if failure is not None:
        title, detail = problem_text(failure.code, failure.parameters, "en")
        print(f"autograd-explorer: {title}. {detail}", file=sys.stderr)
        return 1
    if options.form == "json":
        sys.stdout.write(write_trace(recorded.data).decode())
    elif options.form == "svg":
        print(recorded.svg(options.index))
    elif not (options.output or options.show):
        print(table(recorded.data, options.index))
    _put_out(recorded, options)
    return 0


def _job(options: argparse.Namespace) -> Job:
    """What `POST /api/trace` would be asked; the limits are those of a user's own machine."""
    optimizer = {"name": options.optimizer} | ({} if options.lr is None else {"lr": options.lr})
    fixed = {name: {"value": value, "requires_grad": False} for name, value in options.fixed}
    document = {
        "expression": options.expression,
        "variables": dict(options.followed) | fixed,
        "optimizer": optimizer,
        "steps": options.steps,
        "sum": options.sum,
        "seed": options.seed,
    }
    return read_job(document, msgspec.structs.replace(LIMITS, steps=10**6))


def _wrong_output(options: argparse.Namespace) -> int:
    """Refuse a file of an unknown kind before anything runs."""
    if options.output and Path(options.output).suffix not in PICTURES | {".json"}:
        print(f"autograd-explorer: {options.output}: write .json, .svg, .png or .pdf", file=sys.stderr)
        return 2
    return 0


def _put_out(recorded: Trace, options: argparse.Namespace) -> None:
    if options.output:
        suffix = Path(options.output).suffix
        if suffix == ".json":
            recorded.save(options.output)
        else:
            picture = recorded.picture(suffix[1:], options.index)  # type: ignore[arg-type]
            Path(options.output).write_bytes(picture)
        print(f"{options.output}: {recorded!r}", file=sys.stderr)
    if options.show:
        recorded.show(block=True)
