"""What is behind the folds of a picture, laid out, so that a page can open them in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from viz.layered import Point
from viz.layout import Direction, place
from viz.picture import Picture
from viz.svg_box import size

_GAP = 16.0
_TALLEST_COLUMN = 16


@dataclass(frozen=True, slots=True)
class Inside:
    """The boxes that opening a fold shows, and their middles within a space of that size."""

    boxes: tuple[int, ...]
    width: float
    height: float
    middles: tuple[Point, ...]


def insides(picture: Picture, direction: Direction) -> dict[int, Inside]:
    """For the box of each fold that can be opened, its inside.

    >>> from autograd import Value
    >>> from viz.picture import lower
    >>> x, w = Value(1.0), Value(2.0)
    >>> picture = lower([(x * w + x * w + x).tanh()], fold="all")
    >>> {box: len(inside.boxes) for box, inside in insides(picture, "LR").items()}
    {2: 2, 3: 4}
    """
    hidden = picture.hidden
    boxes = (*picture.boxes, *hidden.boxes)
    within = _edges_within(picture)
    found = {}
    for fold, inner in hidden.insides.items():
        sizes = [size(boxes[box]) for box in inner]
        if not within[fold]:
            found[fold] = _grid(inner, sizes)
            continue
        places = {box: index for index, box in enumerate(inner)}
        edges = [(places[source], places[target]) for source, target in within[fold]]
        layout = place(sizes, edges, direction=direction, joined=range(len(inner)))
        found[fold] = Inside(inner, layout.width, layout.height, layout.centres)
    return found


def _edges_within(picture: Picture) -> dict[int, list[tuple[int, int]]]:
    """For each fold the edges between the boxes directly inside it."""
    hidden = picture.hidden
    outer = {box: fold for fold, inner in hidden.insides.items() for box in inner}
    found: dict[int, dict[tuple[int, int], None]] = {fold: {} for fold in hidden.insides}
    for edge in hidden.edges:
        sources = {outer[box]: box for box in _outwards(edge.source, outer) if box in outer}
        for target in _outwards(edge.target, outer):
            if target in outer and outer[target] in sources:
                source = sources[outer[target]]
                if source != target:
                    found[outer[target]][source, target] = None
                break
    return {fold: list(edges) for fold, edges in found.items()}


def _outwards(box: int, outer: dict[int, int]) -> Iterator[int]:
    yield box
    while box in outer:
        box = outer[box]
        yield box


def _grid(boxes: tuple[int, ...], sizes: Sequence[Point]) -> Inside:
    """Boxes that no edge connects, in columns of equal length."""
    columns = -(-len(boxes) // _TALLEST_COLUMN)
    rows = -(-len(boxes) // columns)
    wide, high = (max(pair[axis] for pair in sizes) + _GAP for axis in (0, 1))
    middles = tuple(
        ((place // rows + 0.5) * wide, (place % rows + 0.5) * high) for place in range(len(boxes))
    )
    return Inside(boxes, columns * wide, rows * high, middles)
