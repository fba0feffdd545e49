"""`POST /api/layout`: a graph that a client brings is checked as strictly as one that a child sends."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.explorer import DrawnGraph
from app.layout.folded import Bundle, Cluster, Group
from app.layout.palette import Theme
from app.layout.view import Direction, View
from app.settings import Limits
from app.trace.codec import ReplyError
from app.trace.ledger import Ledger
from app.trace.model import Graph, GraphEvent, ProgramEvent
from app.web.body import invalid_json
from app.web.calls import point
from app.web.problems import Fault, InvalidRequestError


class LayoutCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A graph as a trace gives it, and which of its groups are opened or closed by hand; numbers stay blank.

    `depth` opens so many levels of groups instead of as many as are easy to read, up to `max_nodes` boxes.
    """

    graph: DrawnGraph
    expanded: frozenset[str] = frozenset()
    collapsed: frozenset[str] = frozenset()
    direction: Direction = "TB"
    theme: Theme = "light"
    depth: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    max_nodes: Annotated[int, msgspec.Meta(ge=1)] | None = None

    @property
    def view(self) -> View:
        """How the graph is to be shown."""
        return View(self.direction, self.theme, self.expanded, self.collapsed, self.max_nodes, self.depth)


class LayoutAnswer(msgspec.Struct, frozen=True):
    """The picture of the visible part, and what is folded in it."""

    svg: str
    groups: tuple[Group, ...]
    bundles: tuple[Bundle, ...]
    opened: tuple[str, ...]
    clusters: tuple[Cluster, ...]


def read_layout(body: bytes, limits: Limits) -> LayoutCall:
    """Read a call, and check that its graph is one that a run could have recorded.

    Raises:
        RequestError: not JSON, or not such a graph.
    """
    try:
        call = msgspec.json.decode(body, type=LayoutCall)
    except msgspec.ValidationError as error:
        raise InvalidRequestError((point(str(error), {}),)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_json("nested too deeply" if isinstance(error, RecursionError) else str(error)) from None
    return msgspec.structs.replace(call, graph=_sound(call.graph, limits))


def _sound(graph: DrawnGraph, limits: Limits) -> DrawnGraph:
    ledger = Ledger(limits)
    ledger.enter(ProgramEvent(""))
    try:
        kept = ledger.enter(GraphEvent(Graph("g0", graph.nodes, graph.edges)))
    except ReplyError as error:
        raise InvalidRequestError((Fault(str(error), "/graph"),)) from None
    assert isinstance(kept, GraphEvent)
    return DrawnGraph(id=graph.id, nodes=kept.graph.nodes, edges=kept.graph.edges)
