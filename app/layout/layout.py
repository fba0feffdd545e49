"""Draw graphs: fold, lay out, keep; and draw frames of them in other formats."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from cachetools import LRUCache

from app.errors import LayoutUnavailableError
from app.layout import boxes, svg
from app.layout.breaks import break_of, break_room
from app.layout.dot import Plan, geometry_key, write
from app.layout.drawing import Drawing, Texts, frame_texts
from app.layout.engine import EngineDied, EngineFailure, Engines, Format
from app.layout.fold import fold
from app.layout.folded import Bundle, Folded
from app.layout.view import Phase, View
from app.layout.words import word
from app.settings import Settings
from app.trace.model import Graph, Node, Pass

_FLOW_BUNDLES = 40
"""Pictures with more edges than this show no number at the edges: they would hide each other."""

_MOST_BUNDLES = 400
"""With more edges than this between few nodes nothing can be followed, and Graphviz takes seconds."""

_COARSER = (4, 16, 1_000_000)
"""A picture that took too long is tried again with so many times fewer nodes, and at last as one box."""

_LARGE = 500
_MANY = 60

_UNASKED = 150
"""The most boxes of a picture that nobody asked to be larger."""


Frame = tuple[Pass | None, Phase]
"""The numbers of a picture: a pass, and how much of it has happened."""


class Layout:
    """The room's face: one warm Graphviz, one cache.

    Args:
        settings: the limits whose names begin with `layout_`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engines = Engines(settings)
        self._cache: LRUCache[bytes, Drawing] = LRUCache(
            max(1, settings.layout_cache_bytes), getsizeof=lambda drawing: drawing.bytes
        )
        self._templates: LRUCache[bytes, bytes] = LRUCache(max(1, settings.layout_cache_bytes // 4), getsizeof=len)
        self.hits = 0
        self.misses = 0
        self.coarser = 0
        """Drawings that had to be folded harder than asked, because Graphviz took too long."""

    @property
    def layers(self) -> tuple[str, ...]:
        """What confines the Graphviz processes: of `rlimits`, `landlock`, `seccomp`."""
        return self._engines.layers

    @property
    def restarts(self) -> int:
        """How often a Graphviz process was replaced."""
        return self._engines.restarts

    @property
    def cached_bytes(self) -> int:
        """About what the kept drawings take."""
        return int(self._cache.currsize)

    async def start(self) -> None:
        """Warm Graphviz up.

        Raises:
            LayoutUnavailableError: Graphviz cannot be started on this machine.
        """
        await self._engines.start()

    async def stop(self) -> None:
        """End every process."""
        await self._engines.stop()

    async def draw(self, graph: Graph, view: View | None = None) -> Drawing:
        """Lay a graph out, or find the drawing of an equal one.

        Args:
            graph: as a trace holds it; its own id does not matter.
            view: what the visitor chose.

        Returns:
            The drawing, folded as far as it must be.

        Raises:
            LayoutUnavailableError: there is no Graphviz, or none was free in time.
        """
        view = view or View()
        key = structure_key(graph, view)
        drawing = self._cache.get(key)
        if drawing is not None:
            self.hits += 1
            return drawing
        self.misses += 1
        plan, folded, picture = await self._lay_out(graph, view)
        drawing = svg.read(picture, plan, folded)
        if drawing.bytes <= self._cache.maxsize:
            self._cache[key] = drawing
        return drawing

    async def render(
        self,
        graph: Graph,
        picture: Format,
        view: View | None = None,
        frame: Frame = (None, "blank"),
    ) -> bytes:
        """Draw one frame as a file for other programs.

        Args:
            graph: as a trace holds it.
            picture: "png" or "pdf"; "svg" gives what the page shows.
            view: what the visitor chose.
            frame: a pass of this graph, and how much of it has happened.

        Raises:
            LayoutUnavailableError: there is no Graphviz, or none was free in time.
        """
        if picture == "svg":
            return (await self.draw(graph, view)).svg(*frame).encode()
        *_, drawn = await self._lay_out(graph, view or View(), picture, frame)
        return drawn

    def dot(self, graph: Graph, view: View | None = None, frame: Frame = (None, "blank")) -> str:
        """Write one frame as DOT, for the visitor's own Graphviz."""
        view = view or View()
        folded = self._fold(graph, view, 1)
        return write(plan(graph, folded, view), frame_texts(*frame, folded.leaves))

    async def _lay_out(
        self, graph: Graph, view: View, picture: Format = "svg", frame: Frame | None = None
    ) -> tuple[Plan, Folded, bytes]:
        for divisor in (1, *_COARSER):
            planned, folded = await self._planned(graph, view, divisor)
            try:
                if frame is None and picture == "svg":
                    return planned, folded, await self._template(planned)
                source = await _written(planned, frame_texts(*(frame or (None, "blank")), folded.leaves))
                return planned, folded, await self._insist(source, picture)
            except EngineFailure:
                self.coarser += 1
        raise LayoutUnavailableError("layout-unavailable")

    async def _template(self, planned: Plan) -> bytes:
        """Let Graphviz place the boxes, unless it has placed boxes of these sizes before: their texts do not matter."""
        key = geometry_key(planned)
        known = self._templates.get(key)
        if known is None:
            known = await self._insist(await _written(planned, None), "svg")
            if len(known) <= self._templates.maxsize:
                self._templates[key] = known
        return known

    async def _insist(self, source: str, picture: Format) -> bytes:
        """Ask once more when the process died: the picture may be innocent."""
        try:
            return await self._engines.draw(source, picture, self._settings.layout_seconds)
        except EngineDied:
            return await self._engines.draw(source, picture, self._settings.layout_seconds)

    async def _planned(self, graph: Graph, view: View, divisor: int) -> tuple[Plan, Folded]:
        def prepare() -> tuple[Plan, Folded]:
            folded = self._fold(graph, view, divisor)
            return plan(graph, folded, view), folded

        # A large graph takes long enough to fold that others would have to wait for it.
        return prepare() if len(graph.nodes) < _LARGE else await asyncio.to_thread(prepare)

    def _fold(self, graph: Graph, view: View, divisor: int) -> Folded:
        asked = _UNASKED if view.max_nodes is None else view.max_nodes
        most = max(1, min(self._settings.layout_nodes, asked) // divisor)
        folded = fold(graph, view, most)
        while len(folded.bundles) > _MOST_BUNDLES and most > 1:
            most //= 2
            folded = fold(graph, view, most)
        return folded


async def _written(planned: Plan, texts: Texts | None) -> str:
    return write(planned, texts) if len(planned.boxes) < _MANY else await asyncio.to_thread(write, planned, texts)


def plan(graph: Graph, folded: Folded, view: View) -> Plan:
    """Say what the picture of a folded graph shows."""
    # Boxes are as large as their English words need: every language has one geometry.
    shown = tuple(replace(box, name=word(box.name, view.language)) for box in boxes.build(graph, folded))
    index = {node.id: node for node in graph.nodes}
    has_flows = len(folded.bundles) <= _FLOW_BUNDLES
    breaks = tuple(break_of(graph, index, bundle) for bundle in folded.bundles)
    rooms = tuple(
        break_room(said) if said else _flow_room(graph, index, bundle) if has_flows else 0.0
        for bundle, said in zip(folded.bundles, breaks, strict=True)
    )
    return Plan(shown, folded.bundles, rooms, view, folded.clusters, breaks)


def _flow_room(graph: Graph, index: dict[str, Node], bundle: Bundle) -> float:
    target = index[graph.edges[bundle.edges[0]].target]
    if target.kind == "constant" or index[graph.edges[bundle.edges[0]].source].kind == "constant":
        return 0.0
    return (
        boxes.FLOW_GAP
        + boxes.FLOW_ARROW
        + boxes.number_width(boxes.FLOW_SIZE, boxes.is_wide(target) and len(bundle.edges) == 1)
    )


def structure_key(graph: Graph, view: View) -> bytes:
    """Name a structure under a view: equal keys, equal drawings."""
    nodes = [
        (n.id, n.kind, n.name, n.label, n.variable, n.span, n.shape, n.dtype, n.module, n.cut) for n in graph.nodes
    ]
    edges = [(e.id, e.source, e.target) for e in graph.edges]
    chosen = (view.direction, view.theme, view.language, view.max_nodes, view.depth)
    options = (*chosen, sorted(view.expanded), sorted(view.collapsed))
    # `repr` also writes what UTF-8 cannot.
    return hashlib.blake2b(repr((nodes, edges, options)).encode(), digest_size=16).digest()
