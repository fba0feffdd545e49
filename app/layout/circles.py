"""Keep a folded graph free of circles: what was folded still runs in one direction.

A module that is called twice, with something else between the calls, would as one box feed itself. Such parts are cut
into their calls; where a fold of repeats closes a circle, all that lies on it is one part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from app.layout.parts import Flow, Part

Pairs = Sequence[tuple[int, int]]


def quotient(flow: Flow, items: Sequence[int | Part]) -> list[tuple[int, int]]:
    """Edges between different items, by their indices, in the direction data flows; nothing outside is seen."""
    owner = {
        at: which for which, item in enumerate(items) for at in ((item,) if isinstance(item, int) else item.members)
    }
    pairs: dict[tuple[int, int], None] = {}
    for tail, mine in owner.items():
        for head in flow.consumers[tail]:
            other = owner.get(head, mine)
            if other != mine:
                pairs[mine, other] = None
    return list(pairs)


def in_order(flow: Flow, items: Sequence[int | Part]) -> list[int | Part]:
    """Items without circles in an order in which inputs come first; where there is a choice, as they were computed."""
    if all(isinstance(item, int) for item in items):
        return sorted(items, key=flow.place)
    found = _sorted(len(items), quotient(flow, items), list(map(flow.place, items)))
    return [items[at] for at in found]


def _sorted(count: int, pairs: Pairs, places: Sequence[int]) -> list[int]:
    """Indices, tails before heads and low places first; what lies on a circle, or behind one, is missing."""
    heads, waits = _heads(count, pairs), [0] * count
    for _, head in pairs:
        waits[head] += 1
    ready = [(places[at], at) for at in range(count) if not waits[at]]
    heapify(ready)
    found: list[int] = []
    while ready:
        _, at = heappop(ready)
        found.append(at)
        for head in heads[at]:
            waits[head] -= 1
            if not waits[head]:
                heappush(ready, (places[head], head))
    return found


def _heads(count: int, pairs: Pairs) -> list[list[int]]:
    heads: list[list[int]] = [[] for _ in range(count)]
    for tail, head in pairs:
        heads[tail].append(head)
    return heads


def circles(count: int, pairs: Pairs) -> list[list[int]]:
    """Sets of more than one index that all reach each other (Kosaraju: a walk there, and a walk back)."""
    if len(_sorted(count, pairs, range(count))) == count:
        return []
    there, back = _heads(count, pairs), _heads(count, [(head, tail) for tail, head in pairs])
    finished: list[int] = []
    seen = [False] * count
    for start in range(count):
        finished += _walk(start, there, seen)
    seen = [False] * count
    return [found for start in reversed(finished) if len(found := _walk(start, back, seen)) > 1]


def _walk(start: int, heads: Sequence[Sequence[int]], seen: list[bool]) -> list[int]:
    """What a depth-first walk reaches that was not seen before, in the order in which it is finished."""
    finished: list[int] = []
    stack = [] if seen[start] else [(start, 0)]
    seen[start] = True
    while stack:
        at, turn = stack.pop()
        if turn == len(heads[at]):
            finished.append(at)
            continue
        stack.append((at, turn + 1))
        head = heads[at][turn]
        if not seen[head]:
            seen[head] = True
            stack.append((head, 0))
    return finished


def cut_circles(flow: Flow, items: list[int | Part]) -> list[int | Part]:
    """Cut parts that lie on a circle into runs, one for each time that the data enters them."""
    left: list[int | Part | None] = list(items)
    pieces: list[int | Part] = []
    for circle in circles(len(items), quotient(flow, items)):
        pieces += _cut(flow, [items[at] for at in circle])
        for at in circle:
            left[at] = None
    return [*(item for item in left if item is not None), *pieces]


def _cut(flow: Flow, items: list[int | Part]) -> list[int | Part]:
    levels = _levels(flow, items)
    pieces: list[int | Part] = []
    for item in items:
        if isinstance(item, int):
            pieces.append(item)
            continue
        runs: dict[int, list[int | Part]] = defaultdict(list)
        for member in item.members:
            if not flow.inputs[member] and len({levels[user] for user in flow.consumers[member] if user in levels}) > 1:
                pieces.append(member)  # a weight that several calls use belongs to none of them
            else:
                runs[levels[member]].append(member)
        for number, level in enumerate(sorted(runs), 1):
            run = runs[level]
            is_one = len(run) == 1
            pieces.append(run[0] if is_one else Part(f"{item.key}#{number}", item.kind, item.title, run, first=number))
    return pieces


def _levels(flow: Flow, items: Sequence[int | Part]) -> dict[int, int]:
    """How often the way to each node has gone from one item to another; no edge leads to a lower level."""
    owner = {
        at: which for which, item in enumerate(items) for at in ((item,) if isinstance(item, int) else item.members)
    }
    order = sorted(owner, key=flow.position.__getitem__)
    levels: dict[int, int] = {}
    for at in order:
        ways = (levels[tail] + (owner[tail] != owner[at]) for tail in flow.inputs[at] if tail in owner)
        levels[at] = max(ways, default=0)
    # What waits for nothing (a weight turned anew for each call) belongs to the call that uses it.
    for at in reversed(order):
        if levels[at] == 0:
            ways = (levels[head] - (owner[head] != owner[at]) for head in flow.consumers[at] if head in owner)
            levels[at] = max(0, min(ways, default=0))
    return levels


def close_circles(flow: Flow, items: list[int | Part], key: str) -> list[int | Part]:
    """Make one part of all items that lie on a circle."""
    found = circles(len(items), quotient(flow, items))
    if not found:
        return items
    inside = {at for circle in found for at in circle}
    left = (item for at, item in enumerate(items) if at not in inside)
    return [*left, *(_close(flow, [items[at] for at in circle], key) for circle in found)]


def _close(flow: Flow, items: Sequence[int | Part], key: str) -> Part:
    """One part of a circle, named after the largest part in it."""
    parts = [item for item in items if isinstance(item, Part)]
    largest = max(parts, key=lambda part: (part.repeats, len(part.members)))
    plain: list[int | Part] = []
    for item in items:
        # A loop has no order against what runs between its rounds: its items are sorted in among the others.
        plain.extend(item.items if isinstance(item, Part) and item.kind == "loop" else [item])
    first = min(at for part in parts for at in part.members)
    return Part(f"{key}loop:{flow.nodes[first].id}", "loop", largest.title, in_order(flow, plain), largest.repeats)
