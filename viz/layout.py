"""Where things go: Graphviz is asked for coordinates, and for nothing else.

It is told sizes and numbers only. No label reaches its parser, so none can confuse it, and its
fonts do not matter. Where no Graphviz can run, a layout in layers, plainer than its, takes its place.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal

from graphviz.backend import dot_command, execute  # type: ignore[import-untyped]

from viz.compound import Compound
from viz.long_edges import Point, direct_path, entrances, far_edges
from viz.nesting import nesting

Direction = Literal["LR", "RL", "TB", "BT"]

# Where edges leave a box and where they enter the next, as points of the compass.
_PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
_FLOWS: dict[str, Point] = {"LR": (1, 0), "RL": (-1, 0), "TB": (0, 1), "BT": (0, -1)}
_POINTS_PER_INCH = 72
_TABLE_MARGIN = 4  # what dot keeps free around a table, or else it warns that the box is too small


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates in points, y downwards.

    ``centres`` has a point for each box. ``paths`` has for each edge a Bézier curve (a start, then
    three points a piece) and, last, the tip of the arrow head. ``frames`` has for each group its
    left, top, right and bottom. ``flow`` is the direction in which edges enter a box.
    """

    flow: Point
    width: float
    height: float
    centres: tuple[Point, ...]
    paths: tuple[tuple[Point, ...], ...]
    frames: tuple[tuple[float, float, float, float], ...] = ()


def place(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]] = (),
    direction: Direction = "LR",
    joined: Sequence[int] = (),
) -> Layout:
    """Place boxes of the given widths and heights, connected by edges (source, target).

    Edges come into a box one beside the other, in their order; into a ``joined`` one at one point.

    >>> layout = place([(60, 30), (60, 30)], [(0, 1)])
    >>> (left, _), (right, _) = layout.centres
    >>> left < right
    True
    """
    far = far_edges(len(sizes), edges)
    source = _source(sizes, edges, groups, direction, joined, far)
    answer = _ask_dot(source)
    if answer is None:
        return _without_dot(sizes, edges, groups, direction, frozenset(joined))
    layout = _layout(json.loads(answer), direction)
    if not far:
        return layout
    boxes = list(zip(layout.centres, sizes, strict=True))
    routed, shares = iter(layout.paths), entrances(edges, frozenset(joined))
    paths = [
        direct_path(boxes[start], boxes[end], layout.flow, shares[index]) if index in far else next(routed)
        for index, (start, end) in enumerate(edges)
    ]
    return replace(layout, paths=tuple(paths))


def centres(
    graphs: Sequence[tuple[Sequence[Point], Sequence[tuple[int, int]]]], direction: Direction = "LR"
) -> list[tuple[float, float, tuple[Point, ...]]]:
    """The widths, the heights and the centres of the boxes of many graphs, placed at once.

    >>> [(_, _, (left, right))] = centres([([(60, 30), (60, 30)], [(0, 1)])])
    >>> left < right
    True
    """
    if not graphs:
        return []
    sources = (
        _source(sizes, edges, (), direction, range(len(sizes)), far_edges(len(sizes), edges), "splines=none")
        for sizes, edges in graphs
    )
    answer, found, start = _ask_dot("\n".join(sources)), [], 0
    if answer is None:
        plain = (_without_dot(sizes, edges, (), direction, frozenset()) for sizes, edges in graphs)
        return [(layout.width, layout.height, layout.centres) for layout in plain]
    decoder = json.JSONDecoder()
    for _ in graphs:
        start = answer.index("{", start)
        one, start = decoder.raw_decode(answer, start)
        layout = _layout(one, direction)
        found.append((layout.width, layout.height, layout.centres))
    return found


def _without_dot(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]],
    direction: str,
    joined: frozenset[int],
) -> Layout:
    """The layout in layers, turned from left to right into the direction."""
    across = direction in ("LR", "RL")
    shares = entrances(edges, joined)
    found = Compound([size if across else (size[1], size[0]) for size in sizes], edges, shares, groups)
    wide, high = found.extent

    def turned(point: Point) -> Point:
        along = wide - point[0] if direction in ("RL", "BT") else point[0]
        return (along, point[1]) if across else (point[1], along)

    flow, middles = _FLOWS[direction], tuple(map(turned, found.middles))
    boxes = list(zip(middles, sizes, strict=True))
    paths = tuple(
        direct_path(boxes[source], boxes[target], flow, share, tuple(map(turned, way)))
        for (source, target), share, way in zip(edges, shares, found.ways, strict=True)
    )
    corners = ((turned((left, top)), turned((right, bottom))) for left, top, right, bottom in found.frames)
    frames = tuple((min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in corners)
    return Layout(flow, *((wide, high) if across else (high, wide)), middles, paths, frames)


def _layout(answer: dict[str, Any], direction: Direction) -> Layout:
    _, _, width, height = _numbers(answer["bb"])
    centres: dict[int, Point] = {}
    frames: dict[int, tuple[float, float, float, float]] = {}
    paths: dict[int, tuple[Point, ...]] = {}
    for thing in answer["objects"]:
        name = thing["name"].removeprefix("cluster_")
        if name == thing["name"]:
            centres[int(name)] = _point(thing["pos"], height)
        else:
            left, bottom, right, top = _numbers(thing["bb"])
            frames[int(name)] = (left, height - top, right, height - bottom)
    for edge in answer.get("edges", ()):
        if "pos" not in edge:  # only centres were asked for
            continue
        tip, *curve = edge["pos"].split()
        if tip.startswith("s,"):  # dot may turn an edge around, and then tells it backwards
            curve.reverse()
        paths[int(edge["id"])] = tuple(_point(pair, height) for pair in (*curve, tip[2:]))
    return Layout(_FLOWS[direction], width, height, _in_order(centres), _in_order(paths), _in_order(frames))


def _source(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]],
    direction: str,
    joined: Sequence[int] = (),
    left_out: frozenset[int] = frozenset(),
    options: str = "",
) -> str:
    tail, head = _PORTS[direction]
    arguments = Counter(target for _, target in edges)
    for index in joined:
        arguments[index] = 0
    boxes = (
        f"{index} [width={width / _POINTS_PER_INCH:.4f} height={height / _POINTS_PER_INCH:.4f}"
        f" label=<{_entrances(arguments[index], width, height, direction)}>]"
        for index, (width, height) in enumerate(sizes)
    )
    arrived: Counter[int] = Counter()
    arrows = []
    for index, (source, target) in enumerate(edges):
        port = f"{arrived[target]}:{head}" if arguments[target] > 1 else head
        arrived[target] += 1
        if index not in left_out:
            arrows.append(f'{source} -> {target} [id={index} headport="{port}"]')
    distance = _rank_distance(len(sizes), len(edges))
    heading = (
        "digraph {",
        f"graph [rankdir={direction} nodesep=0.22 ranksep={distance} {options}]",
        'node [shape=box fixedsize=true label="" margin=0 fontsize=1]',
        f"edge [arrowsize=0.8 tailport={tail}]",
    )
    return "\n".join(chain(heading, boxes, arrows, _clusters(groups), ("}", "")))


def _rank_distance(boxes: int, edges: int) -> float:
    """In inches: where many edges meet, they need room to come apart."""
    return 0.6 if edges < 2 * boxes else round(min(0.6 + 0.15 * (edges / boxes - 2), 1.8), 2)


def _clusters(groups: Sequence[Sequence[int]]) -> Iterator[str]:
    outermost, inside = nesting(groups)

    def text(index: int) -> str:
        within = "; ".join([*map(text, inside[index]), *map(str, groups[index])])
        return f"subgraph cluster_{index} {{ margin=18; {within} }}"

    return map(text, outermost)


def _entrances(count: int, width: float, height: float, direction: str) -> str:
    """A table that fills a box with one cell for each of its arguments, side by side where they come in."""
    if count < 2:
        return " "
    across = direction in ("TB", "BT")
    inner_width, inner_height = width - _TABLE_MARGIN, height - _TABLE_MARGIN
    wide = int(inner_width / count if across else inner_width)
    high = int(inner_height if across else inner_height / count)
    cells = [f'<TD PORT="{index}" WIDTH="{wide}" HEIGHT="{high}"></TD>' for index in range(count)]
    rows = ["".join(cells)] if across else cells
    table = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{table}</TABLE>'


def _ask_dot(source: str) -> str | None:
    """What dot answers; None where no dot runs."""
    _, *options = dot_command.command("dot", "json0")
    for executable in _executables():
        try:
            answer = execute.run_check(
                [executable, *options], input=source, encoding="utf-8", capture_output=True, quiet=True
            )
        # An installed dot may still lack its plugins or not run at all: the next one is tried.
        except (OSError, execute.ExecutableNotFound, execute.CalledProcessError):
            continue
        return str(answer.stdout)
    return None


def _executables() -> Iterator[str]:
    """The dot that graphviz would run, then the wheel's, looked for also where PATH may not lead."""
    users = sysconfig.get_preferred_scheme("user")
    folders = (None, sysconfig.get_path("scripts"), sysconfig.get_path("scripts", users))
    for name in (str(dot_command.DOT_BINARY), "graphviz-pure"):
        for folder in folders:
            found = shutil.which(name, path=folder)
            if found:
                yield found
                break


def _numbers(text: str) -> tuple[float, float, float, float]:
    left, bottom, right, top = map(float, text.split(","))
    return left, bottom, right, top


def _point(text: str, height: float) -> Point:
    x, y = text.split(",")
    return float(x), height - float(y)


def _in_order(things: dict[int, Any]) -> tuple[Any, ...]:
    return tuple(things[index] for index in sorted(things))
