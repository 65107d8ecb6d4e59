"""The picture as an SVG of our own: nothing in it but shapes, inert text and one style sheet.

Colours are written out in the style sheet, once for each theme, because many programs that show
an SVG know no CSS variables. All rules start with the drawing's own id, which is made of its
content: notebooks put many drawings into one page, and the same graph must give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from html import escape
from itertools import chain, repeat

from viz.formatting import number
from viz.layout import Layout, Point
from viz.picture import Box, Edge, Group, Picture
from viz.text import shortened, width
from viz.theme import Theme, style_sheet

_TEXT, _SYMBOL, _LINE = 12, 16, 17  # font sizes and the height of a line, in pixels
_PADDING = 13  # leaves room for the mark of an argument
_GAP = 12
_HEADER = 26
_BAR = 5  # the height of a gradient bar
_NARROWEST = 96
_MARGIN = 14
_LEGEND_WIDTH, _LEGEND_HEIGHT = 300, 34
_LONGEST_LABEL = 24
_SPOKEN = 50  # boxes that the description for screen readers goes through


def size(box: Box) -> Point:
    """The width and height that hold all of the box's text, whatever the font.

    >>> from viz.picture import Row
    >>> box = Box(0, "leaf", "leaf", "", "x", (Row("data", "1"),))
    >>> size(box) < size(Box(0, "leaf", "leaf", "", "x" * 20, (Row("data", "1"),) * 2))
    True
    """
    heading, label = _title(box)
    widths = [_width_of(width(heading, _SYMBOL), width(label, _TEXT))]
    widths += [_width_of(width(row.name, _TEXT), width(row.text, _TEXT)) for row in box.rows]
    widths += [width(badge, _TEXT) for badge in box.badges]
    lines = len(box.rows) + len(box.badges)
    height = _HEADER + lines * _LINE + (_PADDING if box.gradient else 0) + _GAP / 2
    return max(_NARROWEST, *widths) + 2 * _PADDING, height


def svg(picture: Picture, layout: Layout, theme: Theme = "auto") -> str:
    """The picture as one SVG element.

    >>> from viz.layout import place
    >>> from viz.picture import Row
    >>> box = Box(0, "leaf", "leaf", "", "<b>", (Row("data", "1"),))
    >>> text = svg(Picture((box,), ()), place([size(box)], []))
    >>> text.startswith("<svg") and "&lt;b&gt;" in text
    True
    """
    scale = picture.scale
    has_legend = scale > 0
    wide = max(layout.width, _LEGEND_WIDTH if has_legend else 0) + 2 * _MARGIN
    high = layout.height + 2 * _MARGIN + (_LEGEND_HEIGHT if has_legend else 0)
    content = chain(
        [f'<rect class="ground" width="{_n(wide)}" height="{_n(high)}" rx="8"/>'],
        [f'<g transform="translate({_n((wide - layout.width) / 2)} {_MARGIN})">'],
        *(map(_group, picture.groups, layout.frames)),
        *(_box(box, centre, scale) for box, centre in zip(picture.boxes, layout.centres, strict=True)),
        *(map(_edge, picture.edges, layout.paths, repeat(layout.flow))),
        ["</g>"],
        _legend(scale, wide / 2, high - _LEGEND_HEIGHT) if has_legend else [],
    )
    body = "\n".join(content)
    title = f"Computation graph: {_count(picture.boxes, 'node')}, {_count(picture.edges, 'edge')}"
    description = escape(_description(picture))
    name = "viz-" + sha256(f"{theme}{body}{description}".encode()).hexdigest()[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" '
        f'aria-labelledby="{name}-title {name}-description" viewBox="0 0 {_n(wide)} {_n(high)}" '
        f'width="{_n(wide)}" height="{_n(high)}">\n'
        f'<title id="{name}-title">{title}</title>\n'
        f'<desc id="{name}-description">{description}</desc>\n'
        f"<style>\n{style_sheet(name, theme)}\n</style>\n{body}\n</svg>\n"
    )


def _title(box: Box) -> tuple[str, str]:
    """What stands large at the left of a box's title, and small at its right."""
    label = shortened(box.label, _LONGEST_LABEL)
    if box.symbol:
        return box.symbol, label
    return label or box.name, "constant" if box.kind == "constant" and label else ""


def _box(box: Box, centre: Point, scale: float) -> Iterator[str]:
    wide, high = size(box)
    left, right = _n(_PADDING), _n(wide - _PADDING)
    x, y = centre[0] - wide / 2, centre[1] - high / 2
    round_ = 14 if box.kind in ("leaf", "constant") else 5
    yield f'<g class="box {box.kind}" data-box="{box.id}" transform="translate({_n(x)} {_n(y)})">'
    yield f"<title>{escape(_sentence(box))}</title>"
    yield f'<rect class="frame" width="{_n(wide)}" height="{_n(high)}" rx="{round_}"/>'
    heading, label = _title(box)
    style = "heading" if box.symbol or box.label else "heading unnamed"
    yield f'<text class="{style}" x="{left}" y="21">{escape(heading)}</text>'
    if label:
        yield f'<text class="label end" x="{right}" y="20">{escape(label)}</text>'
    y = _HEADER + 13.0
    for row in box.rows:
        if row.name:
            yield f'<text class="name" x="{left}" y="{_n(y)}">{escape(row.name)}</text>'
        yield f'<text class="end" x="{right}" y="{_n(y)}">{escape(row.text)}</text>'
        y += _LINE
    for badge in box.badges:
        yield f'<text class="badge" x="{left}" y="{_n(y)}">{escape(badge)}</text>'
        y += _LINE
    if box.gradient:
        share = [bound / scale if scale else 0.0 for bound in box.gradient]
        yield from _bar(_PADDING, high - _PADDING, wide - 2 * _PADDING, share[0], share[1])
    yield "</g>"


def _bar(x: float, y: float, wide: float, least: float, most: float) -> Iterator[str]:
    """A bar from zero, in its middle, to the least and to the most of a gradient, as shares of the scale."""
    middle = x + wide / 2
    yield f'<rect class="track" x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_BAR}" rx="1"/>'
    for name, share in (("negative", min(least, 0.0)), ("positive", max(most, 0.0))):
        if share:
            length = max(abs(share) * wide / 2, 1.5)
            start = middle - length if share < 0 else middle
            yield (f'<rect class="{name}" x="{_n(start)}" y="{_n(y)}" width="{_n(length)}" height="{_BAR}"/>')
    yield f'<path class="zero" d="M{_n(middle)},{_n(y - 2)}v{_BAR + 4}"/>'


def _edge(edge: Edge, path: tuple[Point, ...], flow: Point) -> Iterator[str]:
    start, *curve, tip = path
    x, y = curve[-1] if curve else start
    length = ((tip[0] - x) ** 2 + (tip[1] - y) ** 2) ** 0.5 or 1.0
    along, across = (tip[0] - x) / length, (tip[1] - y) / length
    yield (
        f'<g class="edge" data-source="{edge.source}" data-target="{edge.target}" '
        f'data-position="{edge.position}">'
    )
    yield f'<path class="line" d="M{_pair(start)}C{" ".join(map(_pair, curve))}"/>'
    sides = ((x - 3.4 * across, y + 3.4 * along), (x + 3.4 * across, y - 3.4 * along))
    yield f'<path class="head" d="M{_pair(tip)}L{_pair(sides[0])}L{_pair(sides[1])}Z"/>'
    if edge.mark:
        x, y = tip[0] + 6 * flow[0], tip[1] + 7 * flow[1] + 3
        yield f'<text class="mark" x="{_n(x)}" y="{_n(y)}">{edge.mark}</text>'
    yield "</g>"


def _group(group: Group, frame: tuple[float, float, float, float]) -> Iterator[str]:
    left, top, right, bottom = frame
    yield f'<g class="group"><title>{escape(group.path)}</title>'
    yield (
        f'<rect class="frame" x="{_n(left)}" y="{_n(top)}" '
        f'width="{_n(right - left)}" height="{_n(bottom - top)}" rx="8"/>'
    )
    path = shortened(group.path, int((right - left - 16) / width("m", _TEXT)))
    yield f'<text class="label" x="{_n(left + 8)}" y="{_n(top + 14)}">{escape(path)}</text></g>'


def _legend(scale: float, middle: float, top: float) -> Iterator[str]:
    """What a full gradient bar stands for, to either side of zero."""
    wide, bound = 96, number(scale)
    yield f'<g class="legend" transform="translate({_n(middle)} {_n(top)})">'
    yield f'<text class="end" x="{-wide // 2 - 8}" y="12">grad -{bound}</text>'
    yield from _bar(-wide / 2, 5, wide, -1.0, 1.0)
    yield f'<text x="{wide // 2 + 8}" y="12">{bound}</text>'
    yield '<text class="middle" x="0" y="25">0</text>'
    yield "</g>"


def _sentence(box: Box, inputs: str = "") -> str:
    """All that a box says, in one line and whole."""
    words = [box.name + inputs, *([box.label] if box.label else []), *box.badges]
    words += [f"{row.name} {row.text}".strip() for row in box.rows]
    return ", ".join(words)


def _description(picture: Picture) -> str:
    sources: dict[int, list[str]] = {}
    for edge in picture.edges:
        sources.setdefault(edge.target, []).append(str(edge.source))
    parts = []
    for box in picture.boxes[:_SPOKEN]:
        inputs = f" of {' and '.join(sources[box.id])}" if box.id in sources else ""
        parts.append(f"{box.id}: {_sentence(box, inputs)}.")
    left_out = len(picture.boxes) - len(parts)
    return " ".join([*parts, f"And {left_out} more."] if left_out else parts)


def _count(things: tuple[object, ...], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _width_of(left: float, right: float) -> float:
    return left + right + (_GAP if left and right else 0)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{_n(point[0])},{_n(point[1])}"
