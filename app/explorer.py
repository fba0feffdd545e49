"""The whole flow in one place; read it first.

    expression or program ─Sandbox.run→ events ─draw each graph→ events with pictures ─sum→ DrawnTrace

A job goes to a confined child, which writes an expression into a program, runs it through torch's own autograd and
sends what it sees as events. Each distinct graph is laid out once, as soon as it is known and while the child goes on;
the passes over it only change texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from app.layout.drawing import Drawing
from app.layout.folded import Bundle, Cluster, Group
from app.layout.layout import Layout
from app.sandbox import Sandbox
from app.trace.codec import collect
from app.trace.job import Job
from app.trace.model import Event, Graph, GraphEvent, Pass, Trace


class DrawnGraph(Graph, frozen=True, omit_defaults=True):
    """A graph with its picture; where parts are folded, `groups` are the boxes that stand for several nodes, `bundles`
    the lines that stand for several edges, `opened` the groups that are unfolded, and `clusters` their frames.
    """

    svg: str = ""
    groups: tuple[Group, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    opened: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()


class DrawnGraphEvent(msgspec.Struct, frozen=True, tag_field="event", tag="graph"):
    """A graph not seen before in this run, drawn; it precedes every pass over it."""

    graph: DrawnGraph


class DrawnTrace(Trace, frozen=True):
    """Everything that was recorded in one run, each graph filled with the numbers of its first pass."""

    graphs: tuple[DrawnGraph, ...]


Sight = Event | DrawnGraphEvent
"""What a watcher of a run sees: its events, and pictures in the place of bare graphs."""


class Explorer:
    """Runs jobs and draws what they record."""

    def __init__(self, sandbox: Sandbox, layout: Layout) -> None:
        self.sandbox = sandbox
        self.layout = layout

    async def explore(self, job: Job) -> DrawnTrace:
        """Run a job to its end, and draw what it recorded.

        Raises:
            ServiceError: no confined process or no drawing could be had, or too many wait already.
        """
        events: list[Event] = []
        drawings: list[asyncio.Task[Drawing]] = []
        try:
            async with aclosing(self.sandbox.run(job)) as run:
                async for event in run:
                    events.append(event)
                    if isinstance(event, GraphEvent):
                        drawings.append(asyncio.ensure_future(self.layout.draw(event.graph)))
            return show(collect(events), await asyncio.gather(*drawings))
        finally:
            for drawing in drawings:
                drawing.cancel()
            await asyncio.gather(*drawings, return_exceptions=True)

    async def watch(self, job: Job) -> AsyncGenerator[Sight, None]:
        """Run a job and pass each event on as it happens, a graph with its picture before the first numbers.

        Closing the generator ends the run.
        """
        async with aclosing(self.sandbox.run(job)) as run:
            async for event in run:
                if isinstance(event, GraphEvent):
                    drawing = await self.layout.draw(event.graph)
                    yield DrawnGraphEvent(draw(event.graph, drawing, None))
                else:
                    yield event

    async def record(self, job: Job) -> Trace:
        """Run a job and return what was recorded, undrawn."""
        async with aclosing(self.sandbox.run(job)) as run:
            return collect([event async for event in run])


def show(trace: Trace, drawings: Sequence[Drawing]) -> DrawnTrace:
    """Put the picture of each graph into a trace."""
    first: dict[str, Pass] = {}
    for recorded in trace.passes:
        first.setdefault(recorded.graph, recorded)
    graphs = tuple(
        draw(graph, drawing, first.get(graph.id)) for graph, drawing in zip(trace.graphs, drawings, strict=True)
    )
    return DrawnTrace(**{**msgspec.structs.asdict(trace), "graphs": graphs})


def draw(graph: Graph, drawing: Drawing, numbers: Pass | None) -> DrawnGraph:
    """Put a picture beside its graph, filled with the numbers of one pass."""
    return DrawnGraph(
        id=graph.id,
        nodes=graph.nodes,
        edges=graph.edges,
        svg=drawing.svg(numbers),
        groups=drawing.groups,
        bundles=drawing.bundles if drawing.groups else (),
        opened=drawing.opened,
        clusters=drawing.clusters,
    )
