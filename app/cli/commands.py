"""What may be asked for on the command line, and who does it; what a command needs is imported when it is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app import __version__
from app.cli.values import assignment
from app.errors import ExplorerError
from app.web.texts import problem_text

EPILOG = """\
examples:
  autograd-explorer trace "a*x**2 + b*x + c" --set a=1 --set b=2 --set c=3 --fix x=4
  autograd-explorer trace "(x - 3)**2" --set x=0 --steps 20 --optimizer Adam --lr 0.3 --show
  autograd-explorer run train.py --epochs 3
  autograd-explorer open train.trace.json
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for; ends with a status, 2 where it asks for nothing that there is."""
    options = make_parser().parse_args(arguments)
    try:
        status: int = options.act(options)
    except ExplorerError as error:
        title, detail = problem_text(error.slug, error.parameters, "en")
        place = f" (line {error.line}, column {error.column or 1})" if error.line else ""
        status = complain(f"{title}{place}. {detail}")
    except OSError as error:
        status = complain(f"{error.filename or 'output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def complain(text: str) -> int:
    """Say what went wrong, and return the status that says so."""
    print(f"autograd-explorer: {text}", file=sys.stderr)
    return 1


def make_parser() -> argparse.ArgumentParser:
    """Say what may be asked for."""
    parser = argparse.ArgumentParser(
        prog="autograd-explorer",
        description="See what PyTorch's autograd really does: the graph, the values, the gradients, the steps.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="record a script", description="Record a script, in this process."))
    _add_trace(commands.add_parser("trace", help="record an expression", description="Record an expression."))
    _add_open(commands.add_parser("open", help="open a saved trace in the page"))
    _add_serve(commands.add_parser("serve", help="serve the page, on HOST and PORT"))
    return parser


def _add_ways_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="write FILE: .json for `open`, or .svg, .png, .pdf")
    parser.add_argument("--show", action="store_true", help="open it in the page")
    parser.add_argument("--pass", dest="index", type=int, default=0, metavar="N", help="the pass to draw (0; -1: last)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Without -o and --show the trace is written beside you, as SCRIPT.trace.json."
    _add_ways_out(parser)
    parser.add_argument("script", help="a Python file")
    rest = parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script finds in sys.argv")
    rest.required = False  # or a call without a script is told that these are missing, too
    parser.set_defaults(act=_run)


def _add_trace(parser: argparse.ArgumentParser) -> None:
    _add_ways_out(parser)
    parser.add_argument("expression", help='such as "a*x**2 + b*x + c"; names that are not functions are variables')
    parser.add_argument(
        "--set", action="append", default=[], type=assignment, metavar="NAME=VALUE", dest="followed",
        help="a variable: a number, a list such as [[1, 2], [3, 4]], or a torch expression such as randn(3)",
    )  # fmt: skip
    parser.add_argument(
        "--fix", action="append", default=[], type=assignment, metavar="NAME=VALUE", dest="fixed",
        help="the same, but autograd does not follow it",
    )  # fmt: skip
    parser.add_argument("--steps", type=int, default=0, metavar="N", help="optimizer steps (0: one backward pass)")
    parser.add_argument("--optimizer", default="SGD", metavar="NAME", help="a class of torch.optim (SGD)")
    parser.add_argument("--lr", type=float, metavar="X", help="its learning rate")
    parser.add_argument("--sum", action="store_true", help="sum a result that is not a scalar")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of every generator (0)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_const", const="json", dest="form", help="print the trace as JSON")
    form.add_argument("--svg", action="store_const", const="svg", dest="form", help="print the picture as SVG")
    parser.set_defaults(act=_trace)


def _add_open(parser: argparse.ArgumentParser) -> None:
    parser.description = "Serve the page on a free port of this machine, with a trace opened in it."
    parser.add_argument("file", help="a trace that the page or Trace.save wrote; - reads it from standard input")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port to serve on (a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.set_defaults(act=_open)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.description = "Serve the page and the API. The environment variables HOST, PORT and EXPLORER_… set it up."
    parser.set_defaults(act=_serve)


def _run(options: argparse.Namespace) -> int:
    from app.cli.recording import run

    return run(options)


def _trace(options: argparse.Namespace) -> int:
    from app.cli.recording import trace

    return trace(options)


def _open(options: argparse.Namespace) -> int:
    from app.cli.serving import serve_file

    return serve_file(options)


def _serve(_options: argparse.Namespace) -> int:
    from app.main import main as serve

    serve()
    return 0
