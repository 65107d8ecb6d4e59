"""One box of a drawing, as shapes and text of SVG, and how large it is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from viz.boxes import Box
from viz.layered import Point
from viz.text import shortened, width

TEXT, _SYMBOL, _SMALL, _LINE = 12, 16, 10, 17  # font sizes and the height of a line, in pixels
PADDING = 15  # leaves room for the mark of an argument
GAP = 12
_HEADER = 26
_BAR = 5  # the height of a gradient bar
_CHART = 26  # the height of a chart of values
_FOOTER = 15
_STACK = 3  # how far the sheets behind a fold stand out
_NARROWEST = 96
LONGEST_LABEL = 24


def size(box: Box) -> Point:
    """The width and height that hold all of the box's text, whatever the font.

    >>> from viz.boxes import Row
    >>> box = Box(0, "leaf", "leaf", "", "x", (Row("data", "1"),))
    >>> size(box) < size(Box(0, "leaf", "leaf", "", "x" * 20, (Row("data", "1"),) * 2))
    True
    """
    heading, label = title(box)
    widths = [_width_of(width(heading, _SYMBOL), width(label, TEXT))]
    widths += [_width_of(width(row.name, TEXT), width(row.text, TEXT)) for row in box.rows]
    widths += [width(badge, TEXT) for badge in box.badges]
    widths += [width(footer(box), _SMALL), 4.0 * len(box.values)]
    height = _HEADER + (len(box.rows) + len(box.badges)) * _LINE + GAP / 2
    height += (PADDING if box.gradient else 0) + (_CHART + GAP / 2 if box.values else 0)
    return max(_NARROWEST, *widths) + 2 * PADDING, height + (_FOOTER if box.fold else 0)


def title(box: Box) -> tuple[str, str]:
    """What stands large at the left of a box's title, and small at its right."""
    label = shortened(box.label, LONGEST_LABEL)
    if box.symbol:
        return shortened(box.symbol, 2 * LONGEST_LABEL), label
    return label or box.name, "constant" if box.kind == "constant" and label else ""


def footer(box: Box) -> str:
    """Of a fold its id, which is what to ask for to see inside, and how many nodes are inside."""
    if not box.fold:
        return ""
    name = "" if box.fold == box.symbol else f"{shortened(box.fold, LONGEST_LABEL)} · "
    return f"+ {name}{box.count:,} node{'s' if box.count > 1 else ''}"


def box_shapes(box: Box, centre: Point, scale: float) -> Iterator[str]:
    """The box with its middle at a point; a gradient of ``scale`` fills half a bar."""
    wide, high = size(box)
    left, right = n(PADDING), n(wide - PADDING)
    x, y = centre[0] - wide / 2, centre[1] - high / 2
    kind, fold = (f"{box.kind} folded", f' data-fold="{escape(box.fold)}"') if box.fold else (box.kind, "")
    yield f'<g class="box {kind}" data-box="{box.id}"{fold} transform="translate({n(x)} {n(y)})">'
    yield f"<title>{escape(sentence(box))}</title>"
    if box.fold:
        yield f'<path class="stack" d="{_sheets(wide, high)}"/>'
    yield f'<rect class="frame" width="{n(wide)}" height="{n(high)}" rx="{corner(box)}"/>'
    heading, label = title(box)
    style = "heading" if box.symbol or box.label else "heading unnamed"
    yield f'<text class="{style}" x="{left}" y="21">{escape(heading)}</text>'
    if label:
        yield f'<text class="label end" x="{right}" y="20">{escape(label)}</text>'
    y = _HEADER + 13.0
    for row in box.rows:
        if row.name:
            yield f'<text class="name" x="{left}" y="{n(y)}">{escape(row.name)}</text>'
        side = f'class="end" x="{right}"' if row.name or not row.text.endswith("…") else f'x="{left}"'
        yield f'<text {side} y="{n(y)}">{escape(row.text)}</text>'
        y += _LINE
    for badge in box.badges:
        yield f'<text class="badge" x="{left}" y="{n(y)}">{escape(badge)}</text>'
        y += _LINE
    if box.values:
        columns, base = chart(box)
        yield f'<path class="chart" d="{columns}"/>'
        yield f'<path class="base" d="{base}"/>'
        y += _CHART + GAP / 2
    if box.gradient:
        share = [bound / scale if scale else 0.0 for bound in box.gradient]
        yield from bar(PADDING, y - 9, wide - 2 * PADDING, share[0], share[1])
    if box.fold:
        yield f'<text class="footer" x="{left}" y="{n(high - 7)}">{escape(footer(box))}</text>'
    yield "</g>"


def bar(x: float, y: float, wide: float, least: float, most: float) -> Iterator[str]:
    """A bar from zero, in its middle, to the least and to the most of a gradient, as shares of the scale."""
    middle = x + wide / 2
    yield f'<rect class="track" x="{n(x)}" y="{n(y)}" width="{n(wide)}" height="{_BAR}" rx="1"/>'
    for name, share in (("negative", min(least, 0.0)), ("positive", max(most, 0.0))):
        if share:
            length = max(abs(share) * wide / 2, 1.5)
            start = middle - length if share < 0 else middle
            yield f'<rect class="{name}" x="{n(start)}" y="{n(y)}" width="{n(length)}" height="{_BAR}"/>'
    yield f'<path class="zero" d="M{n(middle)},{n(y - 2)}v{_BAR + 4}"/>'


def chart(box: Box) -> tuple[str, str]:
    """The columns of the values, up where positive and down where negative, and the line of zero."""
    high, low = max(0.0, *box.values), min(0.0, *box.values)
    unit = _CHART / ((high - low) or 1.0)
    wide = size(box)[0] - 2 * PADDING
    top = _HEADER + (len(box.rows) + len(box.badges)) * _LINE + 2
    zero, step = top + high * unit, wide / len(box.values)
    column = max(step * 0.7, 1.5)
    columns = []
    for index, value in enumerate(box.values):
        if value:
            x = PADDING + index * step + (step - column) / 2
            columns.append(f"M{n(x)},{n(zero)}h{n(column)}v{n(-value * unit)}h{n(-column)}z")
    return "".join(columns), f"M{n(PADDING)},{n(zero)}h{n(wide)}"


def corner(box: Box) -> int:
    """How round it is: what was given is rounder than what was computed."""
    return 14 if box.kind in ("leaf", "constant", "outside") else 5


def _sheets(wide: float, high: float) -> str:
    """The edges of two sheets behind a fold, at its right and below."""
    return "".join(
        f"M{n(wide + far - _STACK)},{n(far)}h{_STACK}v{n(high)}h{n(-wide)}v{-_STACK}"
        for far in (_STACK, 2 * _STACK)
    )


def sentence(box: Box, inputs: str = "") -> str:
    """All that a box says, in one line and whole."""
    words = [box.name + inputs, *([box.label] if box.label else []), *box.badges]
    words += [f"{row.name} {row.text}".strip() for row in box.rows]
    if box.fold:
        words += [f"{box.count} nodes", f"unfold {box.fold}"]
    return ", ".join(words)


def _width_of(left: float, right: float) -> float:
    return left + right + (GAP if left and right else 0)


def n(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
