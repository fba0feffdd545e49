"""Find what repeats in a graph without modules: the rounds of a loop, long chains, and at last plain slices."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

from app.layout.circles import close_circles, in_order, quotient
from app.layout.parts import Flow, Part

T = TypeVar("T")

_MANY = 4
"""Fewer equal items than this are shown one by one."""

_DIGITS = re.compile(r"\d+")


class Sets:
    """Disjoint sets of indices.

    Args:
        count: how many indices there are.
    """

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, at: int) -> int:
        """The index that stands for the set of another."""
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        """Make one set of two; the smaller index stands for it."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def groups(self) -> list[list[int]]:
        """All sets, each in ascending order."""
        found: dict[int, list[int]] = defaultdict(list)
        for at in range(len(self._parent)):
            found[self.find(at)].append(at)
        return list(found.values())


def likeness(flow: Flow, item: int | Part) -> Hashable:
    """What two rounds of a loop have in common: the place in the source, or the module's path but for its numbers."""
    if isinstance(item, Part):
        return item.kind, _DIGITS.sub("*", item.title)
    node = flow.nodes[item]
    if node.kind in ("leaf", "output"):
        return item
    return node.kind, node.name, node.label, node.span, node.module


def fold_loops(flow: Flow, items: list[int | Part], key: str) -> list[int | Part]:
    """Put all rounds of a loop into one part: like items that occur about equally often and touch each other."""
    like = [likeness(flow, item) for item in items]
    counts = Counter(like)
    often = [counts[kind] if counts[kind] >= _MANY else 0 for kind in like]
    sets = Sets(len(items))
    for tail, head in quotient(flow, items):
        if often[tail] and often[head] and max(often[tail], often[head]) <= 2 * min(often[tail], often[head]):
            sets.join(tail, head)
    folded: list[int | Part] = []
    for group in sets.groups():
        if len(group) < _MANY:
            folded.extend(items[at] for at in group)
        else:
            folded.append(_loop(flow, [items[at] for at in group], _rounds_of(like[at] for at in group), key))
    return absorb(flow, close_circles(flow, folded, key))


def _rounds_of(like: Iterable[Hashable]) -> int:
    """How many rounds there are: as many as most kinds of items occur; what a round does twice is there twice."""
    often = Counter(Counter(like).values())
    return max(often, key=lambda count: (often[count], -count))


def _loop(flow: Flow, items: list[int | Part], repeats: int, key: str) -> Part:
    items = in_order(flow, items)
    return Part(f"{key}loop:{name_of(flow, items[0])}", "loop", _title(flow, items[-1]), items, repeats)


def name_of(flow: Flow, item: int | Part) -> str:
    """A node's id that names an item whatever else is folded."""
    return flow.nodes[item if isinstance(item, int) else min(item.members)].id


def _title(flow: Flow, item: int | Part) -> str:
    if isinstance(item, Part):
        return _DIGITS.sub("*", item.title) if item.kind == "module" else item.title
    node = flow.nodes[item]
    if node.variable and node.label and node.variable != node.label:
        return f"{node.variable} = {node.label}"
    return node.label or node.variable or node.name


def absorb(flow: Flow, items: list[int | Part], kinds: tuple[str, ...] = ("constant", "ghost")) -> list[int | Part]:
    """Move inputs that only one part consumes into it."""
    owner = {at: item for item in items if isinstance(item, Part) for at in item.members}
    gained: dict[int, list[int]] = defaultdict(list)
    left: list[int | Part] = []
    for item in items:
        home = _only_home(flow, item, owner) if isinstance(item, int) and flow.nodes[item].kind in kinds else None
        if home is None or not isinstance(item, int):
            left.append(item)
        else:
            gained[id(home)].append(item)
    for item in left:
        if isinstance(item, Part) and gained[id(item)]:
            item.items = sorted((*item.items, *gained[id(item)]), key=flow.place)
            item.members.extend(gained[id(item)])
    return left


def _only_home(flow: Flow, at: int, owner: dict[int, Part]) -> Part | None:
    homes = {id(owner.get(user)): owner.get(user) for user in flow.consumers[at]}
    return next(iter(homes.values())) if len(homes) == 1 else None


def fold_chains(flow: Flow, items: list[int | Part], key: str) -> list[int | Part]:
    """Put runs of operations, each the only consumer of the one before, into one part."""
    plain = [isinstance(item, int) and flow.nodes[item].kind == "operation" for item in items]
    pairs = quotient(flow, items)
    outs = Counter(tail for tail, _ in pairs)
    ins = Counter(head for tail, head in pairs if _is_computed(flow, items[tail]))
    sets = Sets(len(items))
    for tail, head in pairs:
        if plain[tail] and plain[head] and outs[tail] == 1 and ins[head] == 1:
            sets.join(tail, head)
    folded: list[int | Part] = []
    for group in sets.groups():
        run = sorted((items[at] for at in group), key=flow.place)
        if len(run) < _MANY:
            folded.extend(run)
        else:
            ends = f"{_title(flow, run[0])} … {_title(flow, run[-1])}"
            folded.append(Part(f"{key}chain:{name_of(flow, run[0])}", "chain", ends, run))
    return absorb(flow, folded)


def _is_computed(flow: Flow, item: int | Part) -> bool:
    return isinstance(item, Part) or flow.nodes[item].kind not in ("leaf", "constant", "ghost")


def fold_inputs(flow: Flow, items: list[int | Part], key: str) -> list[int | Part]:
    """Put all leaves into one part, and all constants into another, after each went to the one part that uses it."""
    left = absorb(flow, items, ("leaf", "constant", "ghost"))
    for kind, word in (("leaf", "leaves"), ("constant", "constants")):
        some = [item for item in left if isinstance(item, int) and flow.nodes[item].kind == kind]
        if len(some) >= _MANY:
            chosen = set(some)
            left = [item for item in left if isinstance(item, Part) or item not in chosen]
            left.append(Part(f"{key}{word}", word, word, list(some)))  # type: ignore[arg-type]
    return left


def fold_slices(flow: Flow, items: list[int | Part], key: str, room: int) -> list[int | Part]:
    """Cut the computation into slices of about equal length; with what must stay, at most `room` items are left."""
    stays = [item for item in items if _stays(flow, item)]
    work = in_order(flow, [item for item in items if not _stays(flow, item)])
    return [*stays, *slices(flow, work, key, max(1, room - len(stays)))]


def _stays(flow: Flow, item: int | Part) -> bool:
    """Inputs and results; a result that is used further (one of several roots) would lie between two slices."""
    if isinstance(item, Part) or flow.nodes[item].kind == "operation":
        return False
    return flow.nodes[item].kind != "output" or not flow.consumers[item]


def slices(flow: Flow, items: list[int | Part], key: str, count: int) -> list[int | Part]:
    """Cut items, in the order of computation, into `count` runs; a run of one is the item itself."""
    return [
        run[0] if len(run) == 1 else _slice(flow, run, key, f"{_title(flow, run[0])} … {_title(flow, run[-1])}")
        for run in _cut(items, count)
    ]


def rounds(flow: Flow, loop: Part, count: int) -> list[int | Part]:
    """Cut a loop into runs of whole rounds, numbered from 1."""
    items = in_order(flow, loop.items)
    size = max(1, round(len(items) / loop.repeats))
    each = _cut([items[at : at + size] for at in range(0, len(items), size)], count)
    parts: list[int | Part] = []
    first = loop.first or 1
    for run in each:
        part = _slice(flow, [item for one in run for item in one], f"{loop.key}/", loop.title)
        part.kind, part.repeats, part.first = "loop", len(run), first
        parts.append(part)
        first += len(run)
    return parts


def _cut(items: Sequence[T], count: int) -> list[Sequence[T]]:
    count = min(count, len(items))
    cuts = [len(items) * at // count for at in range(count + 1)] if count else []
    return [items[low:high] for low, high in pairwise(cuts)]


def _slice(flow: Flow, run: Sequence[int | Part], key: str, title: str) -> Part:
    ends = name_of(flow, run[0]), name_of(flow, run[-1])
    return Part(f"{key}part:{ends[0]}-{ends[1]}", "part", title, list(run))
