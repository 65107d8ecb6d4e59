"""The drawing as an HTML document of its own, in which folds open in place and boxes can be found.

The document reaches nothing outside itself, and its policy forbids it to: the one script that may
run is known by its hash. Without scripts the drawing is still there, as it was folded.
"""

from __future__ import annotations

import base64
import json
import math
import sys
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from viz.boxes import Box
from viz.insides import insides
from viz.layout import Direction, Layout
from viz.picture import Picture
from viz.svg_box import chart, corner, footer, n, sentence, size, title
from viz.theme import Theme, page_style

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'sha256-{hash}'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<header>
<h1>{title}</h1>
<label>Search <input id="search" type="search" placeholder="/" autocomplete="off"></label>
<output id="note" aria-live="polite"></output>
<span>
<button id="fold" type="button">Fold all</button>
<button id="smaller" type="button" aria-label="Smaller">−</button>
<button id="fit" type="button">Fit</button>
<button id="larger" type="button" aria-label="Larger">+</button>
</span>
</header>
<main id="view" tabindex="0" aria-label="Drawing">
{svg}</main>
<script type="application/json" id="graph-data">{data}</script>
<script>{script}</script>
</body>
</html>
"""

_PLAIN = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<header><h1>{title}</h1></header>
<main tabindex="0" aria-label="Drawing">
{svg}</main>
</body>
</html>
"""


def plain_page(title: str, svg: str, theme: Theme) -> str:
    """A document that shows an SVG and runs no script."""
    return _PLAIN.format(title=title, style=page_style(theme), svg=svg)


def html(picture: Picture, layout: Layout, svg: str, direction: Direction, theme: Theme) -> str:
    """A document that shows the SVG of a picture and what is behind its folds."""
    script = _script()
    return _PAGE.format(
        hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
        title=escape(picture.title),
        style=page_style(theme),
        svg=svg,
        data=embedded(_data(picture, layout, direction)),
        script=script,
    )


def embedded(data: Any) -> str:
    r"""JSON that can stand inside a script element: no ``<`` in it can end the element.

    >>> print(embedded({"label": "</script>"}))
    {"label":"\u003c/script>"}
    """
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _script() -> str:
    return files("viz").joinpath("assets", "graph.js").read_text(encoding="utf-8")


def _data(picture: Picture, layout: Layout, direction: Direction) -> dict[str, Any]:
    boxes = (*picture.boxes, *picture.hidden.boxes)
    sizes = [[round(length, 1) for length in size(box)] for box in boxes]
    opened = {}
    for fold, inside in insides(picture, direction).items():
        places = [
            _corner(middle, sizes[box]) for box, middle in zip(inside.boxes, inside.middles, strict=True)
        ]
        opened[fold] = {
            "boxes": inside.boxes,
            "places": places,
            "w": round(inside.width, 1),
            "h": round(inside.height, 1),
        }
    edges = picture.hidden.edges if opened else ()
    return {
        "flow": layout.flow,
        "scale": picture.flow_scale,
        "shown": len(picture.boxes),
        "places": [_corner(middle, sizes[i]) for i, middle in enumerate(layout.centres)],
        "sizes": sizes,
        "insides": opened,
        "folds": {box.id: f"{box.symbol} ({box.fold})" for box in boxes if box.fold},
        "sealed": {box.id: _sealed(box) for box in boxes if box.fold and box.id not in opened},
        "left": picture.hidden.left_out,
        "texts": [sentence(box) for box in boxes],
        "hidden": [_shapes(box, picture.scale) for box in picture.hidden.boxes],
        "edges": [[edge.source, edge.target, edge.mark, edge.count, _finite(edge.flow)] for edge in edges],
    }


def _sealed(box: Box) -> str:
    """What to do about a fold whose inside is not on the page."""
    return f'{box.count:,} nodes, too many for this page: viz.draw(…, unfold="{box.fold}") opens them'


def _finite(flow: float | None) -> float | None:
    """JSON has no infinity; a flow that is not finite is as wide as can be."""
    if flow is None or math.isfinite(flow):
        return flow
    return math.copysign(sys.float_info.max, flow)


def _corner(middle: tuple[float, float], extent: list[float]) -> list[float]:
    return [round(middle[0] - extent[0] / 2, 1), round(middle[1] - extent[1] / 2, 1), *extent]


def _shapes(box: Box, scale: float) -> dict[str, Any]:
    """What the script needs to draw a box; what is empty is left out."""
    heading, label = title(box)
    shapes = {
        "k": f"{box.kind} folded" if box.fold else box.kind,
        "o": corner(box),
        "h": heading,
        "u": int(not (box.symbol or box.label)),
        "l": label,
        "r": [(row.name, row.text) for row in box.rows],
        "b": box.badges,
        "g": [float(n(100 * bound / scale)) / 100 for bound in box.gradient]
        if box.gradient and scale
        else None,
        "c": chart(box) if box.values else None,
        "f": footer(box),
    }
    return {key: value for key, value in shapes.items() if value}
