"""A layout in layers: every box has a rank, and the computation flows from rank to rank.

Sugiyama's method (K. Sugiyama, S. Tagawa, M. Toda, *Methods for visual understanding of
hierarchical system structures*, IEEE Transactions on Systems, Man and Cybernetics 11, 1981): a long
edge gets a lane through each rank that it passes, ranks are sorted so that few edges cross, and then
each place moves towards those it is connected to.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import NamedTuple

Point = tuple[float, float]

OUTSIDE = -1
"""As the source or the target of an edge: what is to the left or to the right of all boxes."""

_WIDEST_RANK_GAP = 130.0
_GAPS = 16.0, 10.0, 6.0  # between two boxes, a box and a lane, and two lanes
_SWEEPS = 10
_STRAIGHT = 4  # how many times as much as a box a lane wants to be where its neighbours are
_MOST_LANES = 5_000  # with more of them the longest edges get none


class Spacing(NamedTuple):
    """How far ranks are apart at the least, and how high a lane is."""

    ranks: float = 44.0
    lane: float = 2.0


USUAL = Spacing()


@dataclass(frozen=True, slots=True)
class Layers:
    """Where boxes are, in points.

    ``ways`` has for each edge the points that it passes, and ``gates`` how far down it comes in from
    the outside, or goes out.
    """

    extent: Point
    middles: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]
    gates: tuple[float, ...]


def layered(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    ports: Sequence[Point],
    spacing: Spacing = USUAL,
) -> Layers:
    """Place boxes in ranks from left to right.

    Parameters
    ----------
    sizes: the width and the height of each box.
    edges: their source and target, which may be ``OUTSIDE``; one that goes back to an earlier box has
        no say in where boxes are.
    ports: for each edge how far below their middles it leaves its source and enters its target.
    spacing: how much room there is between boxes.

    >>> layered([(60, 30), (60, 30), (80, 30)], [(0, 2), (1, 2)], [(0, -7.5), (0, 7.5)]).middles
    ((30.0, 15.0), (30.0, 61.0), (144.0, 38.0))
    """
    if not sizes:
        return Layers((0.0, 0.0), (), tuple(() for _ in edges), (0.0,) * len(edges))
    graph = _Columns(sizes, edges, ports, spacing)
    graph.uncross()
    return graph.placed()


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """How far from the start each box stands: as near to where it is used as that makes no edge longer.

    >>> ranks(4, [(0, 1), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        if 0 <= source < target:
            sources[target].append(source)
            targets[source].append(target)
    rank, pull = [0] * count, [0] * count  # how much longer edges get for each rank that a box moves on
    for box in range(count):
        rank[box] = max((rank[source] + 1 for source in sources[box]), default=0)
        # What is used only here may come along, if that is cheaper.
        pull[box] = sum(min(1, pull[each]) if len(targets[each]) == 1 else 1 for each in sources[box])
    for box in reversed(range(count)):
        if targets[box] and len(targets[box]) >= pull[box]:
            rank[box] = min(rank[target] for target in targets[box]) - 1
    lowest = min(rank, default=0)
    return [at - lowest for at in rank]


def _longest_with_lanes(spans: Sequence[int]) -> int:
    """How many columns an edge may pass so that all lanes together are not too many."""
    total = 0
    for span in sorted(spans):
        total += max(span, 0)
        if total > _MOST_LANES:
            return span - 1
    return max(spans, default=0)


class _Columns:
    """Places in columns: first the boxes, then the lanes of long edges."""

    def __init__(
        self,
        sizes: Sequence[Point],
        edges: Sequence[tuple[int, int]],
        ports: Sequence[Point],
        spacing: Spacing,
    ) -> None:
        self.sizes, self.edges, self.ports, self.spacing = sizes, edges, ports, spacing
        rank = ranks(len(sizes), edges)
        self.columns: list[list[int]] = [[] for _ in range(max(rank) + 1)]
        for box, at in enumerate(rank):
            self.columns[at].append(box)
        self.heights = [high for _, high in sizes]
        # The neighbours of a place, and how far below its middle a place is where the edge is level.
        self.before: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.after: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.lanes: list[list[int]] = []
        self.crowds = [0] * len(self.columns)  # how many edges go from each column to the next
        ends = [
            (
                -1 if source == OUTSIDE else rank[source],
                len(self.columns) if target == OUTSIDE else rank[target],
            )
            for source, target in edges
        ]
        longest = _longest_with_lanes([end - start - 1 for start, end in ends])
        for edge, port, (start, end) in zip(edges, ports, ends, strict=True):
            passed = range(start + 1, end)
            lanes = [self._lane(at) for at in passed] if len(passed) <= longest else []
            self.lanes.append(lanes)
            for at in range(max(start, 0), min(end, len(self.columns))):
                self.crowds[at] += 1
            if start < end:
                self._connect(edge, lanes, port)

    def _lane(self, column: int) -> int:
        place = len(self.heights)
        self.columns[column].append(place)
        self.heights.append(self.spacing.lane)
        self.before.append([])
        self.after.append([])
        return place

    def _connect(self, edge: tuple[int, int], lanes: Sequence[int], port: Point) -> None:
        places = (edge[0], *lanes, edge[1])
        meets = (port[0], *(0.0 for _ in lanes), port[1])
        for (one, leaves), (other, enters) in pairwise(zip(places, meets, strict=True)):
            if OUTSIDE not in (one, other):
                self.after[one].append((other, enters - leaves))
                self.before[other].append((one, leaves - enters))

    def uncross(self) -> None:
        """Sort each column by the middle of the neighbours of its places, and keep what crosses least."""
        order = self._first_order()
        tallest = max(self.heights)
        best, fewest = dict(order), self._crossings(order)
        for sweep in range(_SWEEPS):
            beside = self.after if sweep % 2 else self.before
            for column in self.columns[::-1] if sweep % 2 else self.columns:
                wanted = {}
                for place in column:
                    near = [order[neighbour] + lower / tallest for neighbour, lower in beside[place]]
                    wanted[place] = sum(near) / len(near) if near else order[place]
                column.sort(key=wanted.__getitem__)
                order.update((place, float(index)) for index, place in enumerate(column))
            count = self._crossings(order)
            if count < fewest:
                best, fewest = dict(order), count
        for column in self.columns:
            column.sort(key=best.__getitem__)

    def _first_order(self) -> dict[int, float]:
        """Where each place stands in its column when one walks from the results to their arguments."""
        found: dict[int, None] = {}
        for end in range(len(self.heights)):
            stack = [] if self.after[end] else [end]
            while stack:
                place = stack.pop()
                if place not in found:
                    found[place] = None
                    stack += (neighbour for neighbour, _ in reversed(self.before[place]))
        visited = {place: index for index, place in enumerate(found)}
        for column in self.columns:
            column.sort(key=visited.__getitem__)
        return {place: float(index) for column in self.columns for index, place in enumerate(column)}

    def _crossings(self, order: Mapping[int, float]) -> int:
        """How many pairs of edges between neighbouring columns cross."""
        count = 0
        for column in self.columns:
            arrived: list[tuple[float, float]] = []
            for place in column:
                ends = [(order[neighbour], lower) for neighbour, lower in self.after[place]]
                count += sum(len(arrived) - bisect_right(arrived, end) for end in ends)
                for end in ends:
                    insort(arrived, end)
        return count

    def placed(self) -> Layers:
        """Coordinates for the columns as they are sorted."""
        ys = [0.0] * len(self.heights)
        for column in self.columns:
            self._stack(column, ys, ys)
        wanted = list(ys)
        for sweep in range(_SWEEPS):
            beside = self.after if sweep % 2 else self.before
            for column in self.columns[::-1] if sweep % 2 else self.columns:
                for place in column:
                    near = [ys[neighbour] + lower for neighbour, lower in beside[place]]
                    wanted[place] = sum(near) / len(near) if near else ys[place]
                self._stack(column, wanted, ys)
        top = min(y - high / 2 for y, high in zip(ys, self.heights, strict=True))
        bottom = max(y + high / 2 for y, high in zip(ys, self.heights, strict=True))
        lefts, rights, x, right = {}, {}, 0.0, 0.0
        for column, crowd in zip(self.columns, self.crowds, strict=True):
            right = x + max(
                (self.sizes[place][0] for place in column if place < len(self.sizes)), default=0.0
            )
            lefts.update(dict.fromkeys(column, x))
            rights.update(dict.fromkeys(column, right))
            # Where many edges meet, they need room to come apart.
            x = right + min(max(self.spacing.ranks, 2.5 * crowd), _WIDEST_RANK_GAP)
        middles = [((lefts[box] + rights[box]) / 2, ys[box] - top) for box in range(len(self.sizes))]
        ways = [
            tuple((side[lane], ys[lane] - top) for lane in lanes for side in (lefts, rights))
            for lanes in self.lanes
        ]
        gates = tuple(map(self._gate, self.edges, self.ports, ways, repeat(middles)))
        return Layers((right, bottom - top), tuple(middles), tuple(ways), gates)

    @staticmethod
    def _gate(edge: tuple[int, int], port: Point, way: Sequence[Point], middles: Sequence[Point]) -> float:
        """How far down an edge comes in from the outside, or goes out."""
        comes_in = edge[0] == OUTSIDE
        if way:
            return way[0 if comes_in else -1][1]
        return middles[edge[comes_in]][1] + port[comes_in]

    def _stack(self, column: list[int], wanted: Sequence[float], ys: list[float]) -> None:
        """Put places one below the other, each as near as can be to where it is wanted.

        That is an isotonic regression, solved by pooling adjacent violators.
        """
        offsets, offset = [], 0.0
        blocks: list[tuple[float, int, int]] = []  # the sum of what is wanted, by what weight, by how many
        for index, place in enumerate(column):
            if index:
                offset += self._distance(column[index - 1], place)
            offsets.append(offset)
            weight = 1 if place < len(self.sizes) else _STRAIGHT
            total, count = weight * (wanted[place] - offset), 1
            while blocks and blocks[-1][0] / blocks[-1][1] > total / weight:
                more, heavier, others = blocks.pop()
                total, weight, count = total + more, weight + heavier, count + others
            blocks.append((total, weight, count))
        starts = (total / weight for total, weight, count in blocks for _ in range(count))
        for place, start, offset in zip(column, starts, offsets, strict=True):
            ys[place] = start + offset

    def _distance(self, above: int, below: int) -> float:
        """Between the middles of two places, one right below the other."""
        lanes = (above >= len(self.sizes)) + (below >= len(self.sizes))
        return (self.heights[above] + self.heights[below]) / 2 + _GAPS[lanes]
