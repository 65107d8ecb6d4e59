"""The picture model: what is to be seen of a graph, before anyone decides where or how.

Writers read nothing but this model, so every format shows the same, and a test of what is shown
needs no layout. All text in it is :func:`viz.text.visible`; a writer has only its own format's
characters to escape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.graph import Node, order
from viz.boxes import Box, BoxMaker, Overlay, Row, symbol
from viz.folding import most_edges, outline, undisturbed
from viz.naming import variable_names
from viz.outline import Fold, Outline, Part
from viz.text import visible

__all__ = ["FOLDS", "Box", "Edge", "Group", "Picture", "Row", "lower"]

FOLDS = ("auto", "none", "sums", "neurons", "modules", "layers", "runs", "all")
"""What may be asked to be folded, from the fine to the coarse."""

_COARSENESS = {"": 0, "sums": 1, "neurons": 2, "modules": 3, "layers": 4, "runs": 4, "parts": 5}
_FRAMED = ("module", "layer", "run")
_MOST_HIDDEN = 1500  # boxes that a page keeps for those who unfold

# These read the same in any order, so the position of an argument would be noise.
_SYMMETRIC = frozenset({"+", "*"})


@dataclass(frozen=True, slots=True)
class Edge:
    """From an argument to the operation that uses it; ``a + a`` has two.

    ``mark`` tells arguments apart where their order matters, and is empty where it does not.
    ``count`` is how many edges of the graph it stands for, which between folds may be many. ``flow``
    is what the backward pass sends over it, where the picture is of that.
    """

    source: int
    target: int
    position: int
    mark: str = ""
    count: int = 1
    flow: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes that belong together, such as those of one layer, framed and named."""

    path: str
    boxes: tuple[int, ...]
    fold: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is behind the closed folds of a picture, for a page on which they can be opened.

    ``boxes`` are numbered on after those of the picture. ``insides`` has for the box of a fold the
    boxes that opening it shows. ``edges`` are those between boxes that cannot be opened further.
    ``left_out`` counts the nodes that are behind boxes which would be too many.
    """

    boxes: tuple[Box, ...] = ()
    insides: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in the order in which they were computed, the edges between them, and groups."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    hidden: Hidden = Hidden()
    members: tuple[tuple[int, ...], ...] = ()  # for each box the places of its nodes in the graph
    title: str = "Computation graph"

    @property
    def scale(self) -> float:
        """The largest magnitude among the finite gradients, 0.0 when there is none."""
        return max((abs(bound) for box in self.boxes for bound in box.gradient or ()), default=0.0)

    @property
    def flow_scale(self) -> float:
        """The largest finite flow over an edge, 0.0 when the picture is not of the flow."""
        flows = (abs(edge.flow) for edge in self.edges if edge.flow is not None)
        return max((flow for flow in flows if math.isfinite(flow)), default=0.0)

    @property
    def count(self) -> int:
        """How many nodes the picture stands for."""
        return sum(box.count for box in self.boxes)


def lower(
    roots: Sequence[Node],
    *,
    names: Mapping[str, Any] | None = None,
    since: Sequence[Node] = (),
    show: Sequence[str] = ("data", "grad"),
    fold: str = "none",
    unfold: Sequence[str | Node] = (),
    max_nodes: int = 150,
    overlay: Overlay | None = None,
) -> Picture:
    """The picture of everything that led to the roots; see :func:`viz.draw` for what can be asked.

    Boxes are numbered in the order of computation, so the same graph gives the same picture
    whatever was computed before it.

    >>> from autograd import Value
    >>> a = Value(3.0, label="a")
    >>> picture = lower([a + a])
    >>> [box.symbol or box.label for box in picture.boxes]
    ['a', '+']
    >>> [(edge.source, edge.target, edge.position) for edge in picture.edges]
    [(0, 1, 0), (0, 1, 1)]
    """
    with undisturbed():
        whole = order(*roots, stale=True)  # a picture may look at what a backward must refuse
        nodes, outside = _between(whole, since) if since else (whole, frozenset())
        present = set(nodes)
        found = outline(nodes, [root for root in roots if root in present], max_nodes)
        called = variable_names(names)
        maker = BoxMaker(nodes, roots, names=called, show=show, outside=outside, overlay=overlay, whole=whole)
        level = _level(found, fold, len(nodes), max_nodes)
        return _Lowering(nodes, found, maker, level, _opened(found, nodes, unfold)).picture()


def _level(found: Outline, fold: str, count: int, max_nodes: int) -> int:
    if fold == "auto":
        return 0 if count <= max_nodes else found.level(max_nodes, most_edges(max_nodes))
    if fold == "all":
        return len(found.kinds) - 1
    coarsest = _COARSENESS.get(fold, 0)
    return max(level for level, kind in enumerate(found.kinds) if _COARSENESS[kind] <= coarsest)


def _between(nodes: Sequence[Node], since: Sequence[Node]) -> tuple[list[Node], frozenset[Node]]:
    """The nodes on the ways from some to the end, and what else goes in, which is outside."""
    reached = set(since)
    for node in nodes:
        if any(parent in reached for parent in node.parents):
            reached.add(node)
    starts = set(since)
    beside = {p for node in reached - starts for p in node.parents} - reached
    outside = frozenset(p for p in beside if p.parents)
    return [node for node in nodes if node in reached or node in beside], outside


def _opened(found: Outline, nodes: Sequence[Node], unfold: Sequence[str | Node]) -> set[Fold]:
    """The folds to be opened: those named or around the nodes named, and all around them."""
    wanted = [_named(found, name) for name in unfold if isinstance(name, str)]
    places = {node: place for place, node in enumerate(nodes)}
    inside = {places[node] for node in unfold if isinstance(node, Node) and node in places}
    if inside:
        wanted += [fold for fold in found.folds.values() if not inside.isdisjoint(fold.parts)]
    return {around for fold in wanted for around in found.around(fold)}


def _named(found: Outline, name: str) -> Fold:
    try:
        return found.folds[name]
    except KeyError:
        some = ", ".join(map(repr, list(found.folds)[:8])) or "none"
        raise ValueError(
            f"there is no fold {name!r:.60} to unfold; the folds of this graph: {some}"
        ) from None


class _Lowering:
    """The choice of boxes for one picture, and of those that are behind them."""

    def __init__(
        self, nodes: Sequence[Node], found: Outline, maker: BoxMaker, level: int, opened: set[Fold]
    ) -> None:
        self.nodes, self.outline, self.maker = nodes, found, maker
        self.level, self.opened = level, opened
        self.parts: list[Part] = []  # the part of each box, those behind the picture included
        self.frames: list[tuple[Fold, list[Part]]] = []

    def picture(self) -> Picture:
        shown: list[Part] = []
        self._collect(self.outline.top, shown, [])
        shown.sort(key=_place)
        self.parts = list(shown)
        insides = self._behind()
        finest = self._finest(insides)
        edges = self._edges(finest)
        boxes = [self.maker.box(index, part) for index, part in enumerate(self.parts)]
        above = self._above(insides)
        left_out = sum(box.count for box in boxes if box.fold and box.id not in insides)
        hidden = Hidden(tuple(boxes[len(shown) :]), insides, tuple(edges) if insides else (), left_out)
        ids = {part: index for index, part in enumerate(shown)}
        groups = [
            Group(visible(fold.title), tuple(sorted(ids[part] for part in parts)), fold.id)
            for fold, parts in self.frames
            if len(parts) > 1
        ]
        members = tuple(tuple(p.members()) if isinstance(p, Fold) else (p,) for p in shown)
        return Picture(tuple(boxes[: len(shown)]), _projected(edges, above), tuple(groups), hidden, members)

    def _collect(self, parts: Sequence[Part], shown: list[Part], around: list[list[Part]]) -> None:
        """What is visible, and in which frames; folds are no deeper than modules and structure nest."""
        for part in parts:
            if not isinstance(part, Fold) or (part.level <= self.level and part not in self.opened):
                shown.append(part)
                for frame in around:
                    frame.append(part)
                continue
            kinds = ("module",) if not self.level else _FRAMED
            frame_parts: list[Part] = []
            framed = part.kind in kinds or part in self.opened
            if framed:
                self.frames.append((part, frame_parts))
            self._collect(part.parts, shown, [*around, frame_parts] if framed else around)

    def _behind(self) -> dict[int, tuple[int, ...]]:
        """Give boxes to what is inside closed folds, the outer ones first, until they are many."""
        insides: dict[int, tuple[int, ...]] = {}
        most = len(self.parts) + _MOST_HIDDEN
        index = 0
        while index < len(self.parts):
            part = self.parts[index]
            if isinstance(part, Fold) and len(self.parts) + len(part.parts) <= most:
                start = len(self.parts)
                self.parts.extend(part.parts)
                insides[index] = tuple(range(start, len(self.parts)))
            index += 1
        return insides

    def _finest(self, insides: Mapping[int, tuple[int, ...]]) -> list[int]:
        """For each node the innermost box that it is in."""
        finest = [-1] * len(self.nodes)
        for index, part in enumerate(self.parts):
            if not isinstance(part, Fold):
                finest[part] = index
            elif index not in insides:
                for place in part.members():
                    finest[place] = index
        return finest

    def _edges(self, finest: Sequence[int]) -> list[Edge]:
        """The edges between innermost boxes; several between folds are one that counts them."""
        places = {node: place for place, node in enumerate(self.nodes)}
        counts: dict[tuple[int, int, int], int] = {}
        positions: dict[tuple[int, int, int], int] = {}
        flows: dict[tuple[int, int, int], float | None] = {}
        given = {} if self.maker.overlay is None else self.maker.overlay.flows
        for place, node in enumerate(self.nodes):
            target = finest[place]
            plain = not isinstance(self.parts[target], Fold)
            for position, parent in enumerate(node.parents):
                at = places.get(parent)
                if at is None:
                    continue
                source = finest[at]
                if source != target:
                    exact = plain and not isinstance(self.parts[source], Fold)
                    key = (source, target, position if exact else -1)
                    counts[key] = counts.get(key, 0) + 1
                    positions[key] = position
                    if given:
                        flows[key] = _joint(flows.get(key), given.get((node, position)))
        return [
            Edge(*key, self._mark(key[1], positions[key]) if count == 1 else "", count, flows.get(key))
            for key, count in counts.items()
        ]

    def _mark(self, target: int, position: int) -> str:
        part = self.parts[target]
        if isinstance(part, Fold):
            return ""
        node = self.nodes[part]
        if len(node.parents) < 2 or symbol(node) in _SYMMETRIC:
            return ""
        return str(position + 1)

    def _above(self, insides: Mapping[int, tuple[int, ...]]) -> list[int]:
        """For each box the box of the picture that it is in."""
        above = list(range(len(self.parts)))
        for index, inner in insides.items():  # outer boxes come first
            for box in inner:
                above[box] = above[index]
        return above


def _projected(edges: Sequence[Edge], above: Sequence[int]) -> tuple[Edge, ...]:
    """The edges as the picture shows them, those inside a box left out."""
    shown: dict[tuple[int, int, int], Edge] = {}
    for edge in edges:
        source, target = above[edge.source], above[edge.target]
        exact = source == edge.source and target == edge.target
        key = (source, target, edge.position if exact else -1)
        if source == target:
            continue
        count, flow, mark = 0, None, edge.mark if target == edge.target else ""
        if key in shown:
            count, flow, mark = shown[key].count, shown[key].flow, ""
        flow = _joint(flow, edge.flow)
        shown[key] = Edge(source, target, max(key[2], 0), mark, count + edge.count, flow)
    return tuple(shown.values())


def _joint(first: float | None, second: float | None) -> float | None:
    """What goes over two edges drawn as one: the sizes add up, the larger has the say on the sign."""
    if first is None or second is None:
        return second if first is None else first
    return math.copysign(abs(first) + abs(second), first + second)


def _place(part: Part) -> int:
    return part.output if isinstance(part, Fold) else part
