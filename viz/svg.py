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

from viz.flow_style import edge_style, flow_legend
from viz.formatting import number
from viz.layered import Point
from viz.layout import Layout
from viz.picture import Edge, Group, Picture
from viz.svg_box import TEXT, bar, box_shapes, n, sentence, size
from viz.text import shortened, width
from viz.theme import Theme, style_sheet

__all__ = ["size", "svg"]

_MARGIN = 14
_LEGEND_WIDTH, _LEGEND_HEIGHT = 300, 34
_SPOKEN = 50  # boxes that the description for screen readers goes through
_DENSE = 120  # so many edges are drawn paler, or they hide one another


def svg(picture: Picture, layout: Layout, theme: Theme = "auto") -> str:
    """The picture as one SVG element.

    >>> from viz.layout import place
    >>> from viz.picture import Box, Row
    >>> box = Box(0, "leaf", "leaf", "", "<b>", (Row("data", "1"),))
    >>> text = svg(Picture((box,), ()), place([size(box)], []))
    >>> text.startswith("<svg") and "&lt;b&gt;" in text
    True
    """
    scale, flow_scale = picture.scale, picture.flow_scale
    legends = [f for f, wanted in ((_legend, scale), (flow_legend, flow_scale)) if wanted]
    wide = max(layout.width, _LEGEND_WIDTH * len(legends)) + 2 * _MARGIN
    high = layout.height + 2 * _MARGIN + (_LEGEND_HEIGHT if legends else 0)
    middles = [wide / 2 + _LEGEND_WIDTH * (i - (len(legends) - 1) / 2) for i in range(len(legends))]
    dense = " dense" if len(picture.edges) > _DENSE and not flow_scale else ""
    content = chain(
        [f'<rect class="ground" width="{n(wide)}" height="{n(high)}" rx="8"/>'],
        [f'<g class="graph{dense}" transform="translate({n((wide - layout.width) / 2)} {_MARGIN})">'],
        *map(_group, picture.groups, layout.frames),
        *map(_edge, picture.edges, layout.paths, repeat(layout.flow), repeat(flow_scale)),
        *map(box_shapes, picture.boxes, layout.centres, repeat(scale)),
        *map(_mark, picture.edges, layout.paths, repeat(layout.flow)),
        ["</g>"],
        *(
            legend(flow_scale if legend is flow_legend else scale, middle, high - _LEGEND_HEIGHT)
            for legend, middle in zip(legends, middles, strict=True)
        ),
    )
    body = "\n".join(content)
    title = f"{escape(picture.title)}: {_count(picture.count, 'node')}, {_count(_edges(picture), 'edge')}"
    description = escape(_description(picture))
    name = "viz-" + sha256(f"{theme}{body}{description}".encode()).hexdigest()[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" '
        f'aria-labelledby="{name}-title {name}-description" viewBox="0 0 {n(wide)} {n(high)}" '
        f'width="{n(wide)}" height="{n(high)}">\n'
        f'<title id="{name}-title">{title}</title>\n'
        f'<desc id="{name}-description">{description}</desc>\n'
        f"<style>\n{style_sheet(name, theme)}\n</style>\n{body}\n</svg>\n"
    )


def _edge(edge: Edge, path: tuple[Point, ...], flow: Point, flow_scale: float) -> Iterator[str]:
    start, *curve, tip = path
    x, y = curve[-1] if curve else start
    length = ((tip[0] - x) ** 2 + (tip[1] - y) ** 2) ** 0.5 or 1.0
    along, across = (tip[0] - x) / length, (tip[1] - y) / length
    kind, thickness, words = edge_style(edge, flow_scale)
    yield (
        f'<g class="edge{kind}" data-source="{edge.source}" data-target="{edge.target}" '
        f'data-position="{edge.position}">'
    )
    if words:
        yield f"<title>{escape(words)}</title>"
    yield f'<path class="line" d="M{_pair(start)}C{" ".join(map(_pair, curve))}"{thickness}/>'
    sides = ((x - 3.4 * across, y + 3.4 * along), (x + 3.4 * across, y - 3.4 * along))
    yield f'<path class="head" d="M{_pair(tip)}L{_pair(sides[0])}L{_pair(sides[1])}Z"/>'
    yield "</g>"


def _mark(edge: Edge, path: tuple[Point, ...], flow: Point) -> Iterator[str]:
    """Which argument an edge is, inside the box that it enters."""
    if edge.mark:
        x, y = path[-1][0] + 6 * flow[0], path[-1][1] + 7 * flow[1] + 3
        yield f'<text class="mark" x="{n(x)}" y="{n(y)}">{edge.mark}</text>'


def _group(group: Group, frame: tuple[float, float, float, float]) -> Iterator[str]:
    left, top, right, bottom = frame
    fold = f' data-fold="{escape(group.fold)}"' if group.fold else ""
    yield f'<g class="group"{fold}><title>{escape(group.path)}</title>'
    yield (
        f'<rect class="frame" x="{n(left)}" y="{n(top)}" '
        f'width="{n(right - left)}" height="{n(bottom - top)}" rx="8"/>'
    )
    path = shortened(group.path, int((right - left - 16) / width("m", TEXT)))
    yield f'<text class="label" x="{n(left + 8)}" y="{n(top + 14)}">{escape(path)}</text></g>'


def _legend(scale: float, middle: float, top: float) -> Iterator[str]:
    """What a full gradient bar stands for, to either side of zero."""
    wide, bound = 96, number(scale)
    yield f'<g class="legend" transform="translate({n(middle)} {n(top)})">'
    yield f'<text class="end" x="{-wide // 2 - 8}" y="12">grad −{bound}</text>'
    yield from bar(-wide / 2, 5, wide, -1.0, 1.0)
    yield f'<text x="{wide // 2 + 8}" y="12">{bound}</text>'
    yield '<text class="middle" x="0" y="25">0</text>'
    yield "</g>"


def _edges(picture: Picture) -> int:
    return sum(edge.count for edge in picture.edges)


def _description(picture: Picture) -> str:
    sources: dict[int, list[str]] = {}
    for edge in picture.edges:
        sources.setdefault(edge.target, []).append(str(edge.source))
    parts = []
    for box in picture.boxes[:_SPOKEN]:
        inputs = f" of {' and '.join(sources[box.id])}" if box.id in sources else ""
        parts.append(f"{box.id}: {sentence(box, inputs)}.")
    left_out = len(picture.boxes) - len(parts)
    return " ".join([*parts, f"And {left_out} more."] if left_out else parts)


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _pair(point: Point) -> str:
    return f"{n(point[0])},{n(point[1])}"
