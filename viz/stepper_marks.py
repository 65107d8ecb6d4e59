"""The small parts of a stepper's picture: arrow heads, bars, and numbers as SVG has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import dist, floor

from viz.layered import Point
from viz.moment import Slot
from viz.stepper_shown import Shown

PADDING, HEADER, LINE = 13, 28, 17
_BAR = 5
_SHARES = tuple(step / 8 for step in range(1, 9))
_STEEP = 0.5
_SIGNS = ("positive", "negative", "mixed", "broken")


def _names() -> Iterator[str]:
    """What stands before the numbers of most boxes, written once."""
    style = 'style="font: inherit; fill: inherit"'
    rows = [
        f'<text {style} x="{PADDING}" y="{HEADER + 13 + LINE * row}">{name}</text>'
        for row, name in enumerate(("data", "grad"))
    ]
    for count in (1, 2):
        yield f'<g id="stepper-{count}">{"".join(rows[:count])}</g>'


def _heads() -> Iterator[str]:
    """Arrow heads: one for the computation, and one for each sign of a gradient, which goes back."""
    always = 'markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" refY="5" viewBox="0 0 11 10"'
    yield (
        f'<marker id="stepper-head" class="marker" {always} refX="0" orient="auto">'
        '<path d="M10.5,5L0,1.4V8.6Z"/></marker>'
    )
    for sign in _SIGNS:
        yield (
            f'<marker id="stepper-{sign}" class="marker {sign}" {always} refX="11" '
            'orient="auto-start-reverse"><path d="M11,5L0,0.6V9.4Z"/></marker>'
        )


DEFINITIONS = "".join((*_heads(), *_names()))
"""What a picture refers to."""


def bar(x: float, y: float, wide: float, shown: Slot | None) -> Iterator[str]:
    """A bar from zero, in its middle, to the gradient."""
    wide = float(short(wide))  # as the script reads it
    middle = x + wide / 2
    yield f'<rect class="track" x="{short(x)}" y="{short(y)}" width="{short(wide)}" height="{_BAR}" rx="1"/>'
    sign, weight = (shown.sign, shown.weight) if isinstance(shown, Shown) else ("", 0.0)
    length = weight * wide / 2
    start = middle - length if sign == "negative" else middle
    name = f"bar {sign}".strip()
    where = f'x="{short(start)}" y="{short(y)}" width="{short(length)}" height="{_BAR}"'
    yield f'<rect class="{name}" {where}/>'
    yield f'<path class="centre" d="M{short(middle)},{short(y - 2)}v{_BAR + 4}"/>'


def table(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many rows and columns the thumbnail of an array has."""
    columns = shape[-1]
    rows = 1
    for length in shape[:-1]:
        rows *= length
    return max(1, min(rows, 16)), max(1, min(columns, 16))


def tag_place(curve: tuple[Point, ...]) -> Point:
    """Where the text of an edge stands: halfway along its Bézier curve, above it unless it is steep.

    >>> tag_place(((0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0)))
    (15.0, -6.0)
    """
    points = [curve[0]]
    for first in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[first : first + 4]
        for t in _SHARES:
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append(
                (
                    sum(w * point[0] for w, point in zip(weights, (a, b, c, d), strict=True)),
                    sum(w * point[1] for w, point in zip(weights, (a, b, c, d), strict=True)),
                )
            )
    lengths = [dist(before, after) for before, after in pairwise(points)]
    left, index = sum(lengths) / 2, 0
    while index < len(lengths) - 1 and left > lengths[index]:
        left -= lengths[index]
        index += 1
    (x1, y1), (x2, y2) = points[index : index + 2]
    share = left / (lengths[index] or 1.0)
    steep = abs(y2 - y1) > _STEEP * abs(x2 - x1)
    return x1 + share * (x2 - x1), y1 + share * (y2 - y1) + (4 if steep else -6)


def short(value: float) -> str:
    # Rounded as the script rounds, which `round` does not: it takes a tie to the even digit.
    return repr(floor(value * 10 + 0.5) / 10).removesuffix(".0")


def pair(point: Point) -> str:
    return f"{short(point[0])},{short(point[1])}"
