"""Edges that reach so far that Graphviz would take minutes over them: these are drawn without it.

Graphviz routes an edge through every rank that it passes. A weight that is used in each of a
thousand steps would ask it to find half a million places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]

_MOST_PASSED = 1000  # ranks that all edges together pass
_REACH = 0.4  # how far a curve goes straight on, as a share of its length


def far_edges(count: int, edges: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The edges, as places in the list, to leave out, the longest first, until the rest is quick to lay out.

    One edge of every box stays, its shortest, so that nothing comes loose.

    >>> far_edges(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    frozenset()
    """
    rank = ranks(count, edges)
    spans = [max(rank[target] - rank[source] - 1, 0) for source, target in edges]
    passed = sum(spans)
    if passed <= _MOST_PASSED:
        return frozenset()
    nearest: dict[int, int] = {}
    for index, (source, _) in enumerate(edges):
        if source not in nearest or spans[index] < spans[nearest[source]]:
            nearest[source] = index
    kept = frozenset(nearest.values())
    far = []
    for index in sorted(range(len(edges)), key=lambda index: -spans[index]):
        if passed <= _MOST_PASSED:
            break
        if index not in kept:
            far.append(index)
            passed -= spans[index]
    return frozenset(far)


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """How far from the start each box stands; what was given stands right before its first use.

    >>> ranks(4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    [0, 1, 2, 3]
    """
    rank = [0] * count
    entered = set()
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        entered.add(target)
        if source < target:
            rank[target] = max(rank[target], rank[source] + 1)
    first: dict[int, int] = {}
    for source, target in edges:
        if source not in entered:
            first[source] = min(first.get(source, rank[target]), rank[target])
    for source, at in first.items():
        rank[source] = at - 1
    return rank


def entrances(edges: Sequence[tuple[int, int]], joined: frozenset[int]) -> list[float]:
    """Where each edge enters its box, as a share of the side: one beside the other, or in the middle."""
    arguments = Counter(target for _, target in edges)
    arrived: Counter[int] = Counter()
    shares = []
    for _, target in edges:
        place, count = arrived[target], arguments[target]
        shares.append(0.5 if target in joined else (place + 0.5) / count)
        arrived[target] += 1
    return shares


def direct_path(
    source: tuple[Point, Point],
    target: tuple[Point, Point],
    flow: Point,
    share: float,
    way: Sequence[Point] = (),
) -> tuple[Point, ...]:
    """A curve from one box to another, each its middle and its size, and the tip of the arrow head.

    ``way`` are points that it passes in the direction of the flow, one curve between each and the next.
    """
    (x1, y1), (wide1, high1) = source
    (x2, y2), (wide2, high2) = target
    across = share - 0.5
    start = (x1 + flow[0] * wide1 / 2, y1 + flow[1] * high1 / 2)
    tip = (
        x2 - flow[0] * wide2 / 2 + abs(flow[1]) * across * wide2,
        y2 - flow[1] * high2 / 2 + abs(flow[0]) * across * high2,
    )
    end = (tip[0] - 8 * flow[0], tip[1] - 8 * flow[1])
    curve = [start]
    for before, after in pairwise((start, *way, end)):
        along = abs((after[0] - before[0]) * flow[0] + (after[1] - before[1]) * flow[1])
        reach = _REACH * along if way else max(30.0, _REACH * along)
        curve += [
            (before[0] + reach * flow[0], before[1] + reach * flow[1]),
            (after[0] - reach * flow[0], after[1] - reach * flow[1]),
            after,
        ]
    return (*curve, tip)
