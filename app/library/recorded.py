"""What a recording gives: the data of the API's trace, with the hands a person wants on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, get_args

from app.explorer import DrawnTrace, show
from app.layout.engine import Format
from app.layout.palette import Theme
from app.layout.view import Direction, Phase, View
from app.library.drawing import draw, render
from app.library.shown import Shown, show_in_page
from app.trace import model
from app.trace.file import read_trace, write_trace
from app.trace.model import Diagnostic, Graph, Moment, Pass, Update


class Trace:
    """Everything that was recorded in one run; while it is recorded, everything so far.

    Args:
        read: gives the data; `app.trace.model` says what each part holds.
    """

    def __init__(self, read: Callable[[], model.Trace]) -> None:
        self._read = read
        self.result: Any = None
        """What the recorded callable returned."""

    # -- data ----------------------------------------------------------------------------------------------------------

    @property
    def data(self) -> model.Trace:
        """The trace as the API has it, frozen."""
        return self._read()

    @property
    def program(self) -> str:
        """The text that spans count in: the file that was recorded, and below it any other that took part."""
        return self.data.program

    @property
    def output(self) -> str:
        """What was printed."""
        return self.data.output

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """Each distinct graph once."""
        return self.data.graphs

    @property
    def passes(self) -> tuple[Pass, ...]:
        """One for each `backward()` or `autograd.grad()`."""
        return self.data.passes

    @property
    def updates(self) -> tuple[Update, ...]:
        """One for each optimizer step, or change of leaves by hand."""
        return self.data.updates

    @property
    def timeline(self) -> tuple[Moment, ...]:
        """What happened, in order."""
        return self.data.timeline

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is worth saying about the run."""
        return self.data.diagnostics

    def graph_of(self, index: int = 0) -> Graph:
        """The graph that a pass went over.

        Args:
            index: of the pass; negative ones count from the end.

        Raises:
            IndexError: there is no such pass.
        """
        data = self.data
        if not -len(data.passes) <= index < len(data.passes):
            raise IndexError(f"no pass {index}: {len(data.passes)} were recorded")
        return next(graph for graph in data.graphs if graph.id == data.passes[index].graph)

    # -- pictures ------------------------------------------------------------------------------------------------------

    def svg(
        self, index: int = 0, *, phase: Phase = "backward", theme: Theme = "light", direction: Direction = "TB"
    ) -> str:
        """Draw the graph of a pass with its numbers.

        Args:
            index: of the pass; negative ones count from the end.
            phase: "forward" leaves the gradients out.
            theme: "light" or "dark".
            direction: "TB" for downwards, "LR" to the right.

        Returns:
            An SVG that stands alone.

        Raises:
            IndexError: there is no such pass.
            ValueError: no such phase, theme or direction.
            LayoutUnavailableError: Graphviz cannot be started.
        """
        _choose("phase", phase, Phase)
        _choose("theme", theme, Theme)
        _choose("direction", direction, Direction)
        [drawing] = draw([self.graph_of(index)], View(direction, theme))
        return drawing.svg(self.passes[index], phase)

    def picture(self, form: Format, index: int = 0, *, phase: Phase = "backward", theme: Theme = "light") -> bytes:
        """Draw as `svg` does, in the format "svg", "png" or "pdf"."""
        _choose("form", form, Format)
        _choose("phase", phase, Phase)
        _choose("theme", theme, Theme)
        return render(self.graph_of(index), form, View(theme=theme), (self.passes[index], phase))

    def drawn(self) -> DrawnTrace:
        """The trace with a picture of every graph, as the API answers it."""
        data = self.data
        return show(data, draw(data.graphs, View()))

    def _repr_html_(self) -> str:
        """What a notebook shows: the first graph with its numbers, and a line about the run."""
        if not self.data.passes:
            return f"<p>{escape(repr(self))}</p>"
        return f"<figure>{self.svg()}<figcaption>{escape(repr(self))}</figcaption></figure>"

    def __repr__(self) -> str:
        """How much was recorded."""
        data = self.data
        parts = [_count(data.passes, "pass", "passes"), _count(data.graphs, "graph", "graphs")]
        parts += [_count(data.updates, "update", "updates")] if data.updates else []
        parts += [_count(data.diagnostics, "remark", "remarks")] if data.diagnostics else []
        return f"<Trace: {', '.join(parts)}>"

    # -- ways out ------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write a file for `open_trace`, `autograd-explorer open`, and the page.

        Raises:
            OSError: the file cannot be written.
        """
        Path(path).write_bytes(write_trace(self.data))

    def show(self, *, block: bool | None = None) -> Shown:
        """Open the trace in the page, which a server of this machine's own serves on a free port of loopback.

        Args:
            block: wait until interrupted, and end the server then. By default a script waits; a notebook or a prompt
                goes on, and the server ends with it.

        Raises:
            RuntimeError: the server does not start.
        """
        return show_in_page(write_trace(self.data), block)


def open_trace(path: str | Path) -> Trace:
    """Read a file that `Trace.save` or the page wrote, of this version or an earlier one.

    Raises:
        OSError: the file cannot be read.
        TraceFileError: it is no trace, damaged, or from a later version.
    """
    data = read_trace(Path(path).read_bytes())
    return Trace(lambda: data)


def _count(things: Sequence[object], one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"


def _choose(name: str, given: object, options: object) -> None:
    """Refuse what is none of the options of an argument.

    Raises:
        ValueError: that is so.
    """
    known = get_args(options)
    if given not in known:
        raise ValueError(f"{name}={given!r}: it is one of {', '.join(map(repr, known))}")
