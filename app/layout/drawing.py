"""A drawing: one layout of one structure, whose numbers are filled in frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from sys import getsizeof
from typing import Literal

from app.layout.folded import Bundle, Cluster, Folded, Group, Leaves
from app.layout.numbers import ABSENT, format_share, format_value, square_of
from app.layout.text import harmless
from app.layout.view import Phase
from app.trace.model import Pass, Value

Table = Literal["value", "gradient", "flow", "arrow", "share"]
"""`arrow` is the `display` of the sign in front of a flow: none while nothing flowed; `share` belongs to a group."""


class Column:
    """Numbers as texts, printed when they are asked for: of a folded graph of 10,000 nodes only a few are.

    Args:
        values: one for each node or edge; None for a frame that has none of them yet.
        absent: what stands where there is no number.
    """

    def __init__(self, values: Sequence[Value] | None, absent: str) -> None:
        self._values = values
        self._absent = absent

    def __getitem__(self, at: int) -> str:
        """The text of one number."""
        value = None if self._values is None else self._values[at]
        return self._absent if value is None else harmless(format_value(value))


class Shares:
    """What part of the squared norm of all leaves' gradients is that of the leaves in each group, printed when asked.

    Args:
        gradients: one for each node; None for a frame that has none of them yet.
        leaves: those of each group, and at last all of the graph.
    """

    def __init__(self, gradients: Sequence[Value] | None, leaves: Leaves = ()) -> None:
        self._gradients = gradients
        self._leaves = leaves

    def __getitem__(self, at: int) -> str:
        """The text of one group's share."""
        whole = self._square(-1)
        return ABSENT if whole is None or whole == 0 else format_share((self._square(at) or 0.0) / whole)

    def _square(self, at: int) -> float | None:
        if self._gradients is None or not self._leaves:
            return None
        return sum(square_of(self._gradients[leaf]) for leaf in self._leaves[at])


@dataclass(frozen=True, slots=True)
class Texts:
    """What the numbers of a frame read: by node, by node, by edge, by group."""

    values: Column
    gradients: Column
    flows: Column
    shares: Shares


class _Arrows:
    def __init__(self, flows: Column) -> None:
        self._flows = flows

    def __getitem__(self, at: int) -> str:
        return "inline" if self._flows[at] else "none"


def frame_texts(pass_: Pass | None = None, phase: Phase = "backward", leaves: Leaves = ()) -> Texts:
    """Print the numbers of a pass, up to a phase.

    Args:
        pass_: the numbers; None leaves them blank.
        phase: "forward" leaves the gradients blank, as they are before `backward()`.
        leaves: `Folded.leaves` of the picture.
    """
    has_values = pass_ is not None and phase != "blank"
    has_gradients = has_values and phase != "forward" and pass_ is not None and pass_.call != "forward"
    return Texts(
        Column(pass_.values if has_values and pass_ else None, ABSENT),
        Column(pass_.gradients if has_gradients and pass_ else None, ABSENT),
        Column(pass_.flows if has_gradients and pass_ else None, ""),
        Shares(pass_.gradients if has_gradients and pass_ else None, leaves),
    )


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG with gaps where its numbers stand; ids are those of the graph and of `groups`.

    `fixed` has one piece more than `slots`; a slot names a table and the index of the node or edge it belongs to.
    """

    fixed: tuple[str, ...]
    slots: tuple[tuple[Table, int], ...]
    width: float
    height: float
    folded: Folded

    @property
    def groups(self) -> tuple[Group, ...]:
        """The boxes that stand for several nodes."""
        return self.folded.groups

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """The lines."""
        return self.folded.bundles

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """The frames around opened groups."""
        return self.folded.clusters

    @property
    def opened(self) -> tuple[str, ...]:
        """Keys of the groups that are unfolded."""
        return self.folded.opened

    @property
    def bytes(self) -> int:
        """About what it takes in memory."""
        members = sum(len(group.members) for group in self.groups)
        return sum(map(getsizeof, self.fixed)) + 150 * len(self.slots) + 70 * members + 200 * len(self.bundles) + 1000

    def fill(self, texts: Texts) -> str:
        """Write a frame's numbers into the picture.

        Args:
            texts: from `frame_texts` of a pass of the same graph.
        """
        columns: dict[Table, Column | Shares | _Arrows] = {
            "value": texts.values,
            "gradient": texts.gradients,
            "flow": texts.flows,
            "share": texts.shares,
            "arrow": _Arrows(texts.flows),
        }
        pieces = [""] * (2 * len(self.slots) + 1)
        pieces[::2] = self.fixed
        pieces[1::2] = [escape(columns[table][at]) for table, at in self.slots]
        return "".join(pieces)

    def svg(self, pass_: Pass | None = None, phase: Phase = "backward") -> str:
        """Draw one frame; only what is visible is printed.

        Args:
            pass_: a pass of the same graph; None leaves the numbers blank.
            phase: how much of the pass has happened.
        """
        return self.fill(frame_texts(pass_, phase, self.folded.leaves))
