"""How an edge looks that shows what the backward pass sends over it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from viz.formatting import number
from viz.picture import Edge
from viz.svg_box import n

_THINNEST, _THICKEST = 1.0, 6.0
_DECADES = 4.0  # a flow so many powers of ten below the largest is as thin as can be


def thickness(flow: float, scale: float) -> float:
    """The width of a line: the largest flow has the thickest, and each power of ten takes a step away.

    >>> thickness(1.0, 1.0), thickness(0.01, 1.0), thickness(1e-9, 1.0)
    (6.0, 3.5, 1.0)
    """
    if not flow or not scale:
        return _THINNEST
    if not math.isfinite(flow):
        return _THICKEST
    share = max(0.0, 1.0 + math.log10(abs(flow) / scale) / _DECADES)
    return _THINNEST + (_THICKEST - _THINNEST) * min(share, 1.0)


def edge_style(edge: Edge, scale: float) -> tuple[str, str, str]:
    """The classes of an edge, the attributes of its line, and what it says when pointed at."""
    words = f"stands for {edge.count:,} edges" if edge.count > 1 else ""
    if edge.flow is None:
        return "", "", words
    kind = " more" if edge.flow > 0 else " less" if edge.flow < 0 else " nothing"
    said = f"gradient passed on: {number(edge.flow)}"
    style = f' style="stroke-width:{n(thickness(edge.flow, scale))}"' if scale else ""
    return kind, style, f"{said}; {words}" if words else said


def flow_legend(scale: float, middle: float, top: float) -> Iterator[str]:
    """What the width, the colour and the dashes of an edge stand for."""
    yield f'<g class="legend" transform="translate({n(middle)} {n(top)})">'
    for sign, kind, start in ((-1, "less", -76), (1, "more", 20)):
        for index, power in enumerate((0, -2, -4)):
            x = start + 20 * (2 - index if sign > 0 else index)
            width = n(thickness(scale * 10.0**power, scale))
            yield f'<g class="{kind}"><path class="line" d="M{x},8h16" style="stroke-width:{width}"/></g>'
    yield '<g class="nothing"><path class="line" d="M-10,8h22"/></g>'
    yield f'<text class="end" x="-82" y="12">flow −{number(scale)}</text>'
    yield f'<text x="82" y="12">{number(scale)}</text>'
    yield '<text class="middle" x="0" y="27">0</text>'
    yield "</g>"
