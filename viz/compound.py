"""Boxes in nested groups: each group is laid out by itself, and then is a box of what is around it.

That way no frame covers anything that is not in it. An edge that goes into a group or comes out of
it has a way of its own in there, past the boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from viz.layered import OUTSIDE, USUAL, Layers, Point, Spacing, layered
from viz.nesting import nesting

_PADDING, _TITLE = 18.0, 6.0
_LEVEL = 0.1  # points that differ by less are on one height
_TOP = -1  # stands for what is around all groups


class Compound:
    """Boxes in groups, ranks from left to right.

    Attributes
    ----------
    extent: the width and the height of the whole.
    middles: a point for each box.
    frames: for each group its left, top, right and bottom.
    ways: for each edge the points that it passes.

    >>> found = Compound([(60, 30)] * 3, [(0, 1), (1, 2)], [0.5, 0.5], [(1, 2)])
    >>> left, top, right, bottom = found.frames[0]
    >>> [left < x < right for x, _ in found.middles]
    [False, True, True]
    """

    def __init__(
        self,
        sizes: Sequence[Point],
        edges: Sequence[tuple[int, int]],
        shares: Sequence[float],
        groups: Sequence[Sequence[int]],
        spacing: Spacing = USUAL,
    ) -> None:
        self._sizes, self._edges, self._shares, self._spacing = sizes, edges, shares, spacing
        outermost, inside = nesting(groups)
        self._inside: Mapping[int, Sequence[int]] = {**inside, _TOP: outermost}
        self._around = {child: group for group, children in self._inside.items() for child in children}
        members = [frozenset(group) for group in groups]
        self._chains = [self._chain(box, members) for box in range(len(sizes))]
        self._direct: dict[int, list[int]] = {group: [] for group in self._inside}
        for box, chain in enumerate(self._chains):
            self._direct[chain[0]].append(box)
        self._passed = [self._groups_passed(*edge) for edge in edges]
        self._passing: dict[int, list[int]] = {group: [] for group in self._inside}
        self._places: dict[tuple[int, int], int] = {}
        for edge, passed in enumerate(self._passed):
            for group in passed:
                self._places[edge, group] = len(self._passing[group])
                self._passing[group].append(edge)
        self._layers: dict[int, Layers] = {}
        self._items: dict[int, list[int]] = {}
        self._extents: dict[int, Point] = {}
        self._ports: dict[tuple[int, int], float] = {}
        self._corners: dict[int, Point] = {}
        self._arrange(_TOP)
        self.middles = [(0.0, 0.0)] * len(sizes)
        self._settle(_TOP, (0.0, 0.0))
        self.extent = self._extents[_TOP]
        self.frames = [
            (x, y, x + self._extents[group][0], y + self._extents[group][1])
            for group, (x, y) in sorted(self._corners.items())
            if group != _TOP
        ]
        self.ways = [self._way(edge) for edge in range(len(edges))]

    def _chain(self, box: int, members: Sequence[frozenset[int]]) -> list[int]:
        """The groups around a box, from the innermost outwards, as :func:`nesting` has them."""
        within = (group for group, boxes in enumerate(members) if box in boxes)
        chain = [min(within, key=lambda group: (len(members[group]), -group), default=_TOP)]
        while chain[-1] != _TOP:
            chain.append(self._around[chain[-1]])
        return chain

    def _groups_passed(self, source: int, target: int) -> list[int]:
        """The groups that an edge leaves, then the one that it stays within, then those that it enters."""
        out, into = self._chains[source], self._chains[target]
        level = next(group for group in out if group in into)
        return [*out[: out.index(level) + 1], *reversed(into[: into.index(level)])]

    def _item(self, box: int, group: int) -> int:
        """What stands for a box directly inside a group: itself, or the group that it is in, counted on."""
        chain = self._chains[box]
        if group not in chain:
            return OUTSIDE
        place = chain.index(group)
        return len(self._sizes) + chain[place - 1] if place else box

    def _arrange(self, group: int) -> None:
        """Lay out a group, those inside of it first."""
        for inner in self._inside[group]:
            self._arrange(inner)
        items = [*self._direct[group], *(len(self._sizes) + inner for inner in self._inside[group])]
        items = self._in_order(items, group)
        places = {OUTSIDE: OUTSIDE, **{item: place for place, item in enumerate(items)}}
        edges, ports = [], []
        for edge in self._passing[group]:
            source, target = (self._item(box, group) for box in self._edges[edge])
            edges.append((places[source], places[target]))
            enters = (self._shares[edge] - 0.5) * self._sizes[self._edges[edge][1]][1]
            ports.append((self._port(edge, source, 0.0), self._port(edge, target, enters)))
        layers = layered([self._size(item) for item in items], edges, ports, self._spacing)
        self._items[group], self._layers[group] = items, layers
        wide, high = layers.extent
        frame = (0.0, 0.0) if group == _TOP else (2 * _PADDING, 2 * _PADDING + _TITLE)
        self._extents[group] = wide + frame[0], high + frame[1]
        for edge, y in zip(self._passing[group], layers.gates, strict=True):
            self._ports[edge, group] = y - high / 2 + _TITLE / 2

    def _in_order(self, items: Sequence[int], group: int) -> list[int]:
        """The items so that each comes after those it is computed from, unless they wait for each other."""
        targets: dict[int, list[int]] = {item: [] for item in items}
        waits = dict.fromkeys(items, 0)
        for edge in self._passing[group]:
            source, target = (self._item(box, group) for box in self._edges[edge])
            if source in targets and target in targets:
                targets[source].append(target)
                waits[target] += 1
        first = sorted(items, key=self._first)
        places = {item: place for place, item in enumerate(first)}
        ready = [(place, item) for item, place in places.items() if not waits[item]]
        left, order = dict.fromkeys(first), []
        while left:
            # Where all wait for one another, the one whose first box comes first goes ahead.
            _, item = heappop(ready) if ready else (0, next(iter(left)))
            if item not in left:
                continue
            del left[item]
            order.append(item)
            for target in targets[item]:
                waits[target] -= 1
                if not waits[target] and target in left:
                    heappush(ready, (places[target], target))
        return order

    def _first(self, item: int) -> int:
        """The box by which an item takes part in the order of computation."""
        if item < len(self._sizes):
            return item
        group = item - len(self._sizes)
        inner = (len(self._sizes) + each for each in self._inside[group])
        return min([*self._direct[group], *map(self._first, inner)])

    def _size(self, item: int) -> Point:
        return self._sizes[item] if item < len(self._sizes) else self._extents[item - len(self._sizes)]

    def _port(self, edge: int, item: int, of_box: float) -> float:
        """How far below the middle of an item an edge meets it."""
        return of_box if item < len(self._sizes) else self._ports[edge, item - len(self._sizes)]

    def _settle(self, group: int, corner: Point) -> None:
        """Give a group and all in it their places in the whole."""
        self._corners[group] = corner
        x, y = self._origin(group)
        for item, (across, down) in zip(self._items[group], self._layers[group].middles, strict=True):
            if item < len(self._sizes):
                self.middles[item] = (x + across, y + down)
            else:
                wide, high = self._size(item)
                self._settle(item - len(self._sizes), (x + across - wide / 2, y + down - high / 2))

    def _origin(self, group: int) -> Point:
        """Where the inside of a group begins."""
        x, y = self._corners[group]
        return (x, y) if group == _TOP else (x + _PADDING, y + _PADDING + _TITLE)

    def _way(self, edge: int) -> tuple[Point, ...]:
        """The points that an edge passes in each of its groups, one after the other."""
        points: list[Point] = []
        for group in self._passed[edge]:
            x, y = self._origin(group)
            way = self._layers[group].ways[self._places[edge, group]]
            points += ((x + across, y + down) for across, down in way)
        level = [0 < i < len(points) - 1 and _level(*points[i - 1 : i + 2]) for i in range(len(points))]
        return tuple(point for point, is_level in zip(points, level, strict=True) if not is_level)


def _level(before: Point, point: Point, after: Point) -> bool:
    return max(abs(before[1] - point[1]), abs(after[1] - point[1])) < _LEVEL
