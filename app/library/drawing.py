"""Drawings for callers that do not wait: a loop and a Graphviz of its own, in a thread of its own, while it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from app.layout.drawing import Drawing
from app.layout.engine import Format
from app.layout.layout import Layout
from app.layout.view import Phase, View
from app.settings import Settings
from app.trace.model import Graph, Pass

Answer = TypeVar("Answer")


def draw(graphs: Sequence[Graph], view: View) -> list[Drawing]:
    """Lay graphs out.

    Raises:
        LayoutUnavailableError: there is no Graphviz.
    """

    async def drawings(layout: Layout) -> list[Drawing]:
        return [await layout.draw(graph, view) for graph in graphs]

    return _wait(drawings)


def render(graph: Graph, form: Format, view: View, frame: tuple[Pass | None, Phase]) -> bytes:
    """Draw one frame as a file.

    Raises:
        LayoutUnavailableError: there is no Graphviz.
    """
    return _wait(lambda layout: layout.render(graph, form, view, frame))


def _wait(work: Callable[[Layout], Coroutine[Any, Any, Answer]]) -> Answer:
    async def run() -> Answer:
        layout = Layout(Settings(layout_workers=1))
        try:
            return await work(layout)
        finally:
            await layout.stop()

    # The caller may be inside a running loop, as every cell of a notebook is.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
