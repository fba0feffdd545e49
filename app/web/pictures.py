"""Pictures of single frames, in every format."""

from __future__ import annotations

from typing import Literal

from app.errors import ProgramError, RequestError
from app.trace.model import Graph, Pass, Trace

PictureFormat = Literal["svg", "png", "pdf", "dot"]
MEDIA_TYPES: dict[PictureFormat, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "dot": "text/vnd.graphviz; charset=utf-8",
}


def choose_frame(trace: Trace, index: int) -> tuple[Graph, Pass]:
    """Find a pass and its graph.

    Raises:
        ProgramError: the run recorded nothing that could be drawn.
        RequestError: it has no pass of this number.
    """
    if not trace.passes:
        raise ProgramError("nothing-to-draw")
    if index >= len(trace.passes):
        raise RequestError("no-such-pass", {"index": index, "count": len(trace.passes)})
    chosen = trace.passes[index]
    graph = next(graph for graph in trace.graphs if graph.id == chosen.graph)
    return graph, chosen
