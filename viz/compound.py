"""The layout in layers of boxes in nested groups: each group is laid out by itself, and then is a box.

That way no frame of a group covers anything that is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from viz.layered import Layers, layered
from viz.long_edges import Point
from viz.nesting import nesting

_PADDING, _TITLE = 18.0, 10.0
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
    ) -> None:
        self._sizes, self._edges, self._shares = sizes, edges, shares
        outermost, inside = nesting(groups)
        self._inside: Mapping[int, Sequence[int]] = {**inside, _TOP: outermost}
        self._around = {child: group for group, children in self._inside.items() for child in children}
        self._direct: dict[int, list[int]] = {group: [] for group in self._inside}
        members = [frozenset(group) for group in groups]
        self._chains = [self._chain(box, members) for box in range(len(sizes))]
        for box, chain in enumerate(self._chains):
            self._direct[chain[0]].append(box)
        self._levels = [self._level(*edge) for edge in edges]
        self._layers: dict[int, Layers] = {}
        self._items: dict[int, list[tuple[str, int]]] = {}
        self._extents: dict[int, Point] = {}
        self.middles = [(0.0, 0.0)] * len(sizes)
        self.frames = [(0.0, 0.0, 0.0, 0.0)] * len(groups)
        self.ways: list[tuple[Point, ...]] = [()] * len(edges)
        self._arrange(_TOP)
        self.extent = self._extents[_TOP]
        self._settle(_TOP, (0.0, 0.0))

    def _chain(self, box: int, members: Sequence[frozenset[int]]) -> list[int]:
        """The groups around a box, from the innermost outwards, as :func:`nesting` has them."""
        within = (group for group, boxes in enumerate(members) if box in boxes)
        chain = [min(within, key=lambda group: (len(members[group]), -group), default=_TOP)]
        while chain[-1] != _TOP:
            chain.append(self._around[chain[-1]])
        return chain

    def _level(self, source: int, target: int) -> int:
        """The innermost group that an edge is inside of."""
        return next(group for group in self._chains[source] if group in self._chains[target])

    def _item(self, box: int, group: int) -> tuple[str, int]:
        """What stands for a box directly inside a group that it is in."""
        chain = self._chains[box]
        place = chain.index(group)
        return ("group", chain[place - 1]) if place else ("box", box)

    def _arrange(self, group: int) -> None:
        """Lay out a group, those inside of it first."""
        for inner in self._inside[group]:
            self._arrange(inner)
        # In the order of computation, in which a group stands where its first box does.
        items = [("box", box) for box in self._direct[group]]
        items += [("group", inner) for inner in self._inside[group]]
        items.sort(key=lambda item: item[1] if item[0] == "box" else self._first(item[1]))
        places = {item: place for place, item in enumerate(items)}
        edges, shares = [], []
        for (source, target), share, level in zip(self._edges, self._shares, self._levels, strict=True):
            if level == group:
                entered = self._item(target, group)
                edges.append((places[self._item(source, group)], places[entered]))
                shares.append(share if entered[0] == "box" else 0.5)
        sizes = [self._sizes[index] if kind == "box" else self._extents[index] for kind, index in items]
        self._items[group], self._layers[group] = items, layered(sizes, edges, shares)
        wide, high = self._layers[group].extent
        frame = (0.0, 0.0) if group == _TOP else (2 * _PADDING, 2 * _PADDING + _TITLE)
        self._extents[group] = wide + frame[0], high + frame[1]

    def _first(self, group: int) -> int:
        return min([*self._direct[group], *map(self._first, self._inside[group])])

    def _settle(self, group: int, corner: Point) -> None:
        """Give the inside of a group its place in the whole."""
        layers = self._layers[group]
        x, y = corner
        if group != _TOP:
            wide, high = self._extents[group]
            self.frames[group] = (x, y, x + wide, y + high)
            x, y = x + _PADDING, y + _PADDING + _TITLE
        for (kind, index), (across, down) in zip(self._items[group], layers.middles, strict=True):
            if kind == "box":
                self.middles[index] = (x + across, y + down)
            else:
                wide, high = self._extents[index]
                self._settle(index, (x + across - wide / 2, y + down - high / 2))
        own = (edge for edge, level in enumerate(self._levels) if level == group)
        for edge, way in zip(own, layers.ways, strict=True):
            self.ways[edge] = tuple((x + across, y + down) for across, down in way)
