"""A layout in layers, for where no Graphviz can run, such as Python in a browser.

Sugiyama's method (K. Sugiyama, S. Tagawa, M. Toda, *Methods for visual understanding of
hierarchical system structures*, IEEE Transactions on Systems, Man and Cybernetics 11, 1981): every
box gets a rank, a long edge gets a lane through each rank that it passes, ranks are sorted so that
few edges cross, and then each place moves towards those it is connected to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from viz.long_edges import Point, ranks

_GAP, _RANK_GAP, _LANE = 16.0, 44.0, 6.0
_SWEEPS = 8
_MOST_LANES = 5_000  # with more of them no long edge gets one


@dataclass(frozen=True, slots=True)
class Layers:
    """Where boxes are, and for each edge the points that it passes on its way, all in points."""

    extent: Point
    middles: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]


def layered(sizes: Sequence[Point], edges: Sequence[tuple[int, int]], shares: Sequence[float]) -> Layers:
    """Place boxes in ranks from left to right.

    Parameters
    ----------
    sizes: the width and the height of each box.
    edges: their source and target; one whose source stands after its target has no say.
    shares: where each edge enters its target, from 0 at the top to 1 at the bottom.

    >>> layered([(60, 30), (60, 30), (80, 30)], [(0, 2), (1, 2)], [0.25, 0.75]).middles
    ((30.0, 15.0), (30.0, 61.0), (144.0, 38.0))
    """
    if not sizes:
        return Layers((0.0, 0.0), (), tuple(() for _ in edges))
    graph = _Ranks(sizes, edges, shares)
    graph.uncross()
    return graph.placed()


class _Ranks:
    """Columns of places: first the boxes, then the lanes of long edges."""

    def __init__(
        self, sizes: Sequence[Point], edges: Sequence[tuple[int, int]], shares: Sequence[float]
    ) -> None:
        self.sizes = sizes
        rank = ranks(len(sizes), edges)
        lowest = min(rank)
        self.columns: list[list[int]] = [[] for _ in range(max(rank) - lowest + 1)]
        for box, at in enumerate(rank):
            self.columns[at - lowest].append(box)
        self.heights = [high for _, high in sizes]
        # The neighbours of a place, and how much lower than its middle, as a share, an edge meets each.
        self.before: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.after: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.lanes: list[list[int]] = []
        spared = sum(max(rank[target] - rank[source] - 1, 0) for source, target in edges) > _MOST_LANES
        for (source, target), share in zip(edges, shares, strict=True):
            passed = [] if spared else range(rank[source] + 1 - lowest, rank[target] - lowest)
            lanes = [self._lane(at) for at in passed]
            self.lanes.append(lanes)
            if rank[source] < rank[target]:
                for one, other in pairwise((source, *lanes, target)):
                    lower = share - 0.5 if other == target else 0.0
                    self.after[one].append((other, lower))
                    self.before[other].append((one, lower))

    def _lane(self, column: int) -> int:
        place = len(self.heights)
        self.columns[column].append(place)
        self.heights.append(_LANE)
        self.before.append([])
        self.after.append([])
        return place

    def _sweeps(self) -> Iterator[tuple[list[int], bool]]:
        """The columns, to and fro, and whether it goes back."""
        for sweep in range(_SWEEPS):
            for column in self.columns[::-1] if sweep % 2 else self.columns:
                yield column, bool(sweep % 2)

    def uncross(self) -> None:
        """Sort each column by the middle of the neighbours of its places."""
        order = {place: float(index) for column in self.columns for index, place in enumerate(column)}
        for column, back in self._sweeps():
            wanted = {}
            for place in column:
                near = [order[n] + lower for n, lower in (self.after if back else self.before)[place]]
                wanted[place] = sum(near) / len(near) if near else order[place]
            column.sort(key=wanted.__getitem__)
            order.update((place, float(index)) for index, place in enumerate(column))

    def placed(self) -> Layers:
        """Coordinates for the columns as they are sorted."""
        ys = [0.0] * len(self.heights)
        for column in self.columns:
            self._stack(column, ys, ys)
        wanted = list(ys)
        for column, back in self._sweeps():
            for place in column:
                if back:
                    near = [ys[n] + lower * self.heights[n] for n, lower in self.after[place]]
                else:
                    near = [ys[n] - lower * self.heights[place] for n, lower in self.before[place]]
                wanted[place] = sum(near) / len(near) if near else ys[place]
            self._stack(column, wanted, ys)
        top = min(y - high / 2 for y, high in zip(ys, self.heights, strict=True))
        bottom = max(y + high / 2 for y, high in zip(ys, self.heights, strict=True))
        lefts, rights, x = {}, {}, 0.0
        for column in self.columns:
            wide = max((self.sizes[place][0] for place in column if place < len(self.sizes)), default=0.0)
            lefts.update(dict.fromkeys(column, x))
            rights.update(dict.fromkeys(column, x + wide))
            x += wide + _RANK_GAP
        middles = [((lefts[box] + rights[box]) / 2, ys[box] - top) for box in range(len(self.sizes))]
        ways = (
            tuple((side[lane], ys[lane] - top) for lane in lanes for side in (lefts, rights))
            for lanes in self.lanes
        )
        return Layers((x - _RANK_GAP, bottom - top), tuple(middles), tuple(ways))

    def _stack(self, column: list[int], wanted: Sequence[float], ys: list[float]) -> None:
        """Put places one below the other, each as near as can be to where it is wanted.

        That is an isotonic regression, solved by pooling adjacent violators.
        """
        offsets, offset = [], 0.0
        blocks: list[tuple[float, int]] = []  # the sum of what is wanted, and by how many
        for index, place in enumerate(column):
            if index:
                offset += (self.heights[column[index - 1]] + self.heights[place]) / 2 + _GAP
            offsets.append(offset)
            total, count = wanted[place] - offset, 1
            while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
                total, count = total + blocks[-1][0], count + blocks[-1][1]
                blocks.pop()
            blocks.append((total, count))
        starts = (total / count for total, count in blocks for _ in range(count))
        for place, start, offset in zip(column, starts, offsets, strict=True):
            ys[place] = start + offset
