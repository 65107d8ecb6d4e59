"""Where things go: boxes in layers, groups framed, edges as curves that go past the boxes.

The layout is told sizes and numbers only; the same graph gets the same coordinates on every machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from viz.compound import Compound
from viz.layered import USUAL, Point, Spacing

Direction = Literal["LR", "RL", "TB", "BT"]

_FLOWS: dict[str, Point] = {"LR": (1, 0), "RL": (-1, 0), "TB": (0, 1), "BT": (0, -1)}
_REACH = 0.45  # how far a curve goes straight on, as a share of its length
_SHORTEST_REACH = 14.0
_HEAD = 10.0  # the length of an arrow head


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates in points, y downwards.

    ``centres`` has a point for each box. ``paths`` has for each edge a Bézier curve (a start, then
    three points a piece) and, last, the tip of the arrow head. ``frames`` has for each group its
    left, top, right and bottom. ``flow`` is the direction in which edges enter a box.
    """

    flow: Point
    width: float
    height: float
    centres: tuple[Point, ...]
    paths: tuple[tuple[Point, ...], ...]
    frames: tuple[tuple[float, float, float, float], ...] = ()


def place(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]] = (),
    direction: Direction = "LR",
    joined: Sequence[int] = (),
    spacing: Spacing = USUAL,
) -> Layout:
    """Place boxes of the given widths and heights, connected by edges (source, target).

    Edges come into a box one beside the other, in their order; into a ``joined`` one at one point.

    >>> layout = place([(60, 30), (60, 30)], [(0, 1)])
    >>> (left, _), (right, _) = layout.centres
    >>> left < right
    True
    """
    across = direction in ("LR", "RL")
    shares = entrances(edges, frozenset(joined))
    turned_sizes = [size if across else (size[1], size[0]) for size in sizes]
    found = Compound(turned_sizes, edges, shares, groups, spacing)
    wide, high = found.extent

    def turned(point: Point) -> Point:
        """A point of the layout, which goes from left to right, in the direction asked for."""
        along = wide - point[0] if direction in ("RL", "BT") else point[0]
        return (along, point[1]) if across else (point[1], along)

    flow, centres = _FLOWS[direction], tuple(map(turned, found.middles))
    boxes = list(zip(centres, sizes, strict=True))
    paths = tuple(
        _path(boxes[source], boxes[target], flow, share, tuple(map(turned, way)))
        for (source, target), share, way in zip(edges, shares, found.ways, strict=True)
    )
    corners = ((turned((left, top)), turned((right, bottom))) for left, top, right, bottom in found.frames)
    frames = tuple((min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in corners)
    return Layout(flow, *((wide, high) if across else (high, wide)), centres, paths, frames)


def entrances(edges: Sequence[tuple[int, int]], joined: frozenset[int]) -> list[float]:
    """Where each edge enters its box, as a share of the side: one beside the other, or in the middle.

    >>> entrances([(0, 2), (1, 2), (2, 3)], frozenset())
    [0.25, 0.75, 0.5]
    """
    arguments = Counter(target for _, target in edges)
    arrived: Counter[int] = Counter()
    shares = []
    for _, target in edges:
        place, count = arrived[target], arguments[target]
        shares.append(0.5 if target in joined else (place + 0.5) / count)
        arrived[target] += 1
    return shares


def _path(
    source: tuple[Point, Point], target: tuple[Point, Point], flow: Point, share: float, way: Sequence[Point]
) -> tuple[Point, ...]:
    """A curve from one box to another, each its middle and its size, and the tip of the arrow head."""
    (x1, y1), (wide1, high1) = source
    (x2, y2), (wide2, high2) = target
    across = share - 0.5
    start = (x1 + flow[0] * wide1 / 2, y1 + flow[1] * high1 / 2)
    tip = (
        x2 - flow[0] * wide2 / 2 + abs(flow[1]) * across * wide2,
        y2 - flow[1] * high2 / 2 + abs(flow[0]) * across * high2,
    )
    end = (tip[0] - _HEAD * flow[0], tip[1] - _HEAD * flow[1])
    curve = [start]
    for before, after in pairwise((start, *way, end)):
        along = (after[0] - before[0]) * flow[0] + (after[1] - before[1]) * flow[1]
        reach = max(_REACH * abs(along), _SHORTEST_REACH if not way else 0.0)
        curve += [
            (before[0] + reach * flow[0], before[1] + reach * flow[1]),
            (after[0] - reach * flow[0], after[1] - reach * flow[1]),
            after,
        ]
    return (*curve, tip)
