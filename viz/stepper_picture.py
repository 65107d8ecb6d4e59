"""The picture of a stepper: laid out once, drawn in any state.

The script of the page fills the same elements in the same way as this writer does, so that a still
of a step is the same bytes wherever it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from math import ceil, floor
from typing import Literal

from viz.formatting import number
from viz.layout import Direction, Layout, Point, place
from viz.stepper_shown import Shown, dimensions
from viz.stepper_theme import picture_style
from viz.stepper_views import Bundle, Face, View, inner_edges
from viz.text import shortened, width
from viz.theme import Theme
from viz.timeline import Moment, Slot, Timeline

_TEXT, _HEADING, _LINE = 12, 16, 17
_PADDING, _HEADER, _GAP = 13, 28, 12
_BAR, _NARROWEST = 5, 92
_THUMBNAIL = 46
_SPREAD = 1.7  # boxes further apart than Graphviz puts them, to leave room for what is written on edges
_MARGIN, _LEGEND, _CAPTION = 16, 30, 84
_FEW_EDGES = 48  # up to here every edge keeps what has passed over it

Role = Literal["", "giving", "receiving"]


@dataclass(frozen=True, eq=False)
class Scene:
    """One view of a timeline with the place of everything in it."""

    timeline: Timeline
    view: View
    direction: Direction = "LR"

    @cached_property
    def texts(self) -> tuple[dict[int, str], dict[int, str]]:
        """For each node the longest text that its data and its gradient ever have."""
        longest: tuple[dict[int, str], dict[int, str]] = ({}, {})
        filled = [self.timeline.initial, *(moment.changes for moment in self.timeline.moments)]
        for slots in filled:
            for slot, shown in slots.items():
                kind, node = slot[0], int(slot[1:])
                if isinstance(shown, Shown) and kind in "dg":
                    texts = longest["dg".index(kind)]
                    texts[node] = max(texts.get(node, "–"), shown.text, key=len)
        return longest

    @cached_property
    def sizes(self) -> tuple[Point, ...]:
        """The width and the height of each box."""
        return tuple(map(self._size, self.view.faces))

    @cached_property
    def layout(self) -> Layout:
        """Where everything is; the gaps between boxes are wider than those of Graphviz."""
        across = self.direction in ("LR", "RL")
        x, y = (_SPREAD, 1.0) if across else (1.0, _SPREAD)
        found = place(
            [(wide / x, high / y) for wide, high in self.sizes],
            [(bundle.source, bundle.target) for bundle in self.view.bundles],
            direction=self.direction,
        )
        return Layout(
            found.flow,
            found.width * x,
            found.height * y,
            tuple((point[0] * x, point[1] * y) for point in found.centres),
            tuple(tuple((point[0] * x, point[1] * y) for point in path) for path in found.paths),
        )

    @cached_property
    def canvas(self) -> Point:
        """The size of a still: the graph with its legend and the caption below."""
        widest = max((_caption_width(moment) for moment in self.timeline.moments), default=0.0)
        wide = max(self.layout.width, widest, 420.0) + 2 * _MARGIN
        return ceil(wide), ceil(self.layout.height) + 2 * _MARGIN + _LEGEND + _CAPTION

    @property
    def origin(self) -> Point:
        """Where the graph begins on a still."""
        return floor(self.canvas[0] - self.layout.width) / 2, _MARGIN

    @property
    def legend_place(self) -> Point:
        """Where the middle of the legend is on a still."""
        return self.canvas[0] / 2, self.canvas[1] - _CAPTION - 18

    @property
    def caption_place(self) -> Point:
        """Where the caption begins on a still."""
        return self.canvas[0] / 2, self.canvas[1] - _CAPTION

    @property
    def keeps(self) -> bool:
        """Whether every edge keeps showing what has passed over it; with many edges only the active one."""
        return len(self.view.bundles) <= _FEW_EDGES

    def elements(self, slots: Mapping[str, Slot], moment: Moment | None) -> Iterator[str]:
        """The boxes and edges in one state; what the moment is about stands out."""
        active = None if moment is None else moment.edge
        for bundle, path in zip(self.view.bundles, self.layout.paths, strict=True):
            yield from self._edge(bundle, path, slots, active)
        inside = inner_edges(self.view, self.timeline.edges)
        for face, size, centre in zip(self.view.faces, self.sizes, self.layout.centres, strict=True):
            yield from self._box(face, size, centre, slots, moment, inside.get(face.fold, 0))

    def legend(self) -> Iterator[str]:
        """What colours and widths mean."""
        bound = number(self.timeline.gauge.largest)
        x, y = map(_n, self.legend_place)
        yield f'<g class="legend" transform="translate({x} {y})">'
        yield f'<text class="end" x="-112" y="4">gradient −{bound}</text>'
        yield '<g class="negative"><path class="line" stroke-width="5" d="M-104,0H-60"/></g>'
        yield '<g class="negative"><path class="line" stroke-width="2.5" d="M-56,0H-14"/></g>'
        yield '<g class="zero"><path class="line" d="M-10,0H10"/></g><text class="middle" x="0" y="-5">0</text>'
        yield '<g class="positive"><path class="line" stroke-width="2.5" d="M14,0H56"/></g>'
        yield '<g class="positive"><path class="line" stroke-width="5" d="M60,0H104"/></g>'
        yield f'<text x="112" y="4">{bound}</text></g>'

    def caption(self, moment: Moment | None, place_in_story: str) -> Iterator[str]:
        """What happens at a moment, below the graph."""
        x, y = map(_n, self.caption_place)
        lines = (place_in_story, "" if moment is None else moment.symbols, "" if moment is None else moment.numbers)
        yield f'<g class="caption" transform="translate({x} {y})">'
        for name, down, text in zip(("phase", "symbols", "numbers"), (16, 42, 68), lines, strict=True):
            yield f'<text class="{name}" y="{down}">{escape(text, quote=False)}</text>'
        yield "</g>"

    def still(
        self, slots: Mapping[str, Slot], moment: Moment | None, theme: Theme = "auto", place_in_story: str = ""
    ) -> str:
        """The picture at one moment as an SVG that needs nothing else."""
        wide, high = map(_n, self.canvas)
        x, y = map(_n, self.origin)
        title = escape(f"Backpropagation: {self.timeline.names[-1]}", quote=False)
        said = " ".join(
            filter(None, (place_in_story, moment and f"{moment.symbols}: {moment.numbers}"))
        )
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="stepper" role="img" '
                f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">',
                f"<title>{title}</title>",
                f"<desc>{escape(said, quote=False)}</desc>",
                f"<style>\n{picture_style(theme)}\n</style>",
                f'<rect class="ground" width="{wide}" height="{high}"/>',
                f'<g class="scene" transform="translate({x} {y})">',
                *self.elements(slots, moment),
                "</g>",
                *self.legend(),
                *self.caption(moment, place_in_story),
                "</svg>\n",
            )
        )

    # -- boxes --------------------------------------------------------------------------------

    def _titles(self, face: Face) -> tuple[str, str]:
        """What stands large at the left of a box, and small at its right."""
        if face.kind == "fold":
            return shortened(face.title, 28), f"{len(face.members)} nodes"
        box, name = self.timeline.picture.boxes[face.node], self.timeline.names[face.node]
        if box.kind == "constant":
            return (name, "constant") if box.label or self._is_array(face) else ("constant", "")
        return (box.symbol, name) if box.symbol else (name, "")

    def _is_array(self, face: Face) -> bool:
        node = self.timeline.nodes[face.node]
        return node.shape != () and node.plain.size > 0

    def _has_gradient(self, face: Face) -> bool:
        return self.timeline.nodes[face.node].requires_grad

    def _note(self, face: Face) -> str:
        """A gradient that was there before the pass began."""
        node = self.timeline.nodes[face.node]
        if face.kind == "node" and node.is_leaf and node.requires_grad and node.grad is not None:
            return "grad left by an earlier backward"
        return ""

    def _size(self, face: Face) -> Point:
        heading, label = self._titles(face)
        texts = [longest.get(face.node, "–") for longest in self.texts]
        lines = 2 if self._has_gradient(face) else 1
        widths = [width(heading, _HEADING) + width(label, _TEXT) + (_GAP if label else 0)]
        note = self._note(face)
        if note:
            widths.append(width(note, 10))
        if self._is_array(face):
            height = _HEADER + _LINE + lines * _LINE + _THUMBNAIL + 12.0
            widths += [lines * (_THUMBNAIL + _GAP), width(self._shape(face), _TEXT)]
        else:
            height = _HEADER + lines * _LINE + (18.0 if lines == 2 else 6.0)
        widths += [width(name + text, _TEXT) + _GAP for name, text in zip(("data", "grad"), texts, strict=True)]
        return max(_NARROWEST, *widths) + 2 * _PADDING, height + (14 if note else 0)

    def _shape(self, face: Face) -> str:
        node = self.timeline.nodes[face.node]
        return f"{dimensions(node.shape)}  {node.dtype}"

    def _box(
        self, face: Face, size: Point, centre: Point, slots: Mapping[str, Slot], moment: Moment | None, inside: int
    ) -> Iterator[str]:
        wide, high = size
        left, right = _n(_PADDING), _n(wide - _PADDING)
        box = self.timeline.picture.boxes[face.node]
        kind = box.kind if face.kind == "node" else face.kind
        classes = " ".join(filter(None, ("box", kind, self.progress(face, slots), self.role(face, moment))))
        data, grad = slots.get(f"d{face.node}"), slots.get(f"g{face.node}")
        if data is None:
            classes += " waiting"
        fold = f' data-fold="{escape(face.fold)}"' if face.fold else ""
        where = f"translate({_n(centre[0] - wide / 2)} {_n(centre[1] - high / 2)})"
        yield f'<g class="{classes}" data-node="{face.node}"{fold} transform="{where}">'
        if face.kind == "fold":
            yield f'<rect class="behind" x="5" y="5" width="{_n(wide)}" height="{_n(high)}" rx="6"/>'
        round_ = 14 if kind in ("leaf", "constant") else 6
        yield f'<rect class="frame" width="{_n(wide)}" height="{_n(high)}" rx="{round_}"/>'
        heading, label = self._titles(face)
        yield f'<text class="heading" x="{left}" y="21">{escape(heading, quote=False)}</text>'
        if label:
            yield f'<text class="label end" x="{right}" y="21">{escape(label, quote=False)}</text>'
        y = _HEADER + 13.0
        if self._is_array(face):
            yield f'<text class="shape name" x="{_n(wide / 2)}" y="{_n(y)}">{self._shape(face)}</text>'
            y += _LINE
        rows = (("data", data), ("grad", grad)) if self._has_gradient(face) else (("data", data),)
        for name, shown in rows:
            yield f'<text class="name" x="{left}" y="{_n(y)}">{name}</text>'
            text, style = (shown.text, shown.sign) if isinstance(shown, Shown) else ("–", "missing")
            style = style if style in ("missing", "broken") else ""
            yield f'<text class="{f"{name} end {style}".strip()}" x="{right}" y="{_n(y)}">{text}</text>'
            y += _LINE
        if self._is_array(face):
            for index, (name, shown) in enumerate(rows):
                yield from self._thumbnail(face, name, shown, wide * (2 * index + 1) / (2 * len(rows)), y - 6)
            y += _THUMBNAIL
        elif len(rows) == 2:
            yield from _bar(_PADDING, y - 7, wide - 2 * _PADDING, grad)
            y += 4
        note = self._note(face)
        if note:
            yield f'<text class="note" x="{left}" y="{_n(y + 11)}">{note}</text>'
        yield from self._badge(face, wide, slots, inside)
        yield "</g>"

    def _thumbnail(self, face: Face, name: str, shown: Slot | None, middle: float, top: float) -> Iterator[str]:
        rows, columns = _table(self.timeline.nodes[face.node].shape)
        scale = _THUMBNAIL / max(rows, columns)
        wide, high = max(columns * scale, 4.0), max(rows * scale, 4.0)
        x, y = middle - wide / 2, top + (_THUMBNAIL - high) / 2
        frame = f'x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"'
        image = shown.image if isinstance(shown, Shown) else None
        yield f'<rect class="slot {name}{"" if image is None else " filled"}" {frame}/>'
        href = "" if image is None else f' href="data:image/png;base64,{self.timeline.gauge.images[image]}"'
        yield f'<image class="thumbnail {name}" {frame} preserveAspectRatio="none"{href}/>'

    def _badge(self, face: Face, wide: float, slots: Mapping[str, Slot], inside: int) -> Iterator[str]:
        total = inside if face.kind == "fold" else self.timeline.totals[face.node]
        if face.kind == "ghost" or total < 2:
            return
        text = f"{self.arrived(face, slots)} of {total}"
        half = width("0" * len(f"{total} of {total}"), 10) / 2 + 6
        yield f'<g class="badge" transform="translate({_n(wide - half - 8)} 0)">'
        yield f'<rect x="{_n(-half)}" y="-8" width="{_n(2 * half)}" height="16" rx="8"/>'
        yield f'<text y="3.5">{text}</text></g>'

    def arrived(self, face: Face, slots: Mapping[str, Slot]) -> int:
        """How many contributions a node has, or how many steps inside of a fold were taken."""
        if face.kind == "fold":
            members = set(face.members)
            return sum(
                f"e{index}" in slots for index, edge in enumerate(self.timeline.edges) if edge[1] in members
            )
        count = slots.get(f"c{face.node}", 0)
        return count if isinstance(count, int) else 0

    def progress(self, face: Face, slots: Mapping[str, Slot]) -> str:
        """Whether the gradient of a box has some or all of its contributions."""
        if f"g{face.node}" not in slots:
            return ""
        total = self.timeline.totals[face.node]
        arrived = slots.get(f"c{face.node}", 0)
        return "seeded" if not total else "complete" if arrived == total else "partial" if arrived else ""

    def role(self, face: Face, moment: Moment | None) -> Role:
        """Whether a box passes a gradient on, or gets one, at this moment."""
        if moment is None:
            return ""
        shows = {face.node} if face.kind != "fold" else set(face.members)
        getting = moment.node if moment.parent is None else moment.parent
        return "receiving" if getting in shows else "giving" if moment.node in shows else ""

    # -- edges --------------------------------------------------------------------------------

    def _edge(
        self, bundle: Bundle, path: tuple[Point, ...], slots: Mapping[str, Slot], active: int | None
    ) -> Iterator[str]:
        passed = [shown for edge in bundle.edges if isinstance(shown := slots.get(f"e{edge}"), Shown)]
        most = max(passed, key=lambda shown: shown.weight, default=None)
        is_active = active in bundle.edges
        classes = " ".join(filter(None, ("edge", most.sign if most else "", "active" if is_active else "")))
        thickness = _n(1.3 + 3.7 * (most.weight if most else 0.0))
        start, *curve, tip = path
        x, y = curve[-1] if curve else start
        along, across = _unit(x, y, *tip)
        d = f"M{_pair(start)}C{' '.join(map(_pair, curve))}"
        yield f'<g class="{classes}" data-edges="{" ".join(map(str, bundle.edges))}">'
        if is_active:
            yield f'<path class="halo" d="{d}"/>'
        yield f'<path class="line" d="{d}" stroke-width="{thickness}"/>'
        sides = ((x - 3.6 * across, y + 3.6 * along), (x + 3.6 * across, y - 3.6 * along))
        yield f'<path class="head" d="M{_pair(tip)}L{_pair(sides[0])}L{_pair(sides[1])}Z"/>'
        yield f'<path class="back" d="{_arrow(start, curve[0] if curve else tip)}"/>'
        middle = _middle((start, *curve))
        shape = self._edge_shape(bundle)
        if shape:
            yield f'<text class="shape" x="{_n(middle[0])}" y="{_n(middle[1] - 6)}">{shape}</text>'
        elif len(bundle.edges) == 1:
            text = most.text if most and (self.keeps or is_active) else ""
            yield f'<text class="amount" x="{_n(middle[0])}" y="{_n(middle[1] + 4)}">{text}</text>'
        else:
            text = f"×{len(bundle.edges)}"
            yield f'<text class="shape" x="{_n(middle[0])}" y="{_n(middle[1] - 6)}">{text}</text>'
        mark = self.timeline.picture.edges[bundle.edges[0]].mark if len(bundle.edges) == 1 else ""
        if mark:
            x, y = tip[0] + 6 * self.layout.flow[0], tip[1] + 7 * self.layout.flow[1] + 3
            yield f'<text class="mark" x="{_n(x)}" y="{_n(y)}">{mark}</text>'
        yield "</g>"

    def _edge_shape(self, bundle: Bundle) -> str:
        if len(bundle.edges) != 1:
            return ""
        source = self.timeline.edges[bundle.edges[0]][0]
        return dimensions(self.timeline.nodes[source].shape)


def _caption_width(moment: Moment) -> float:
    return max(width(shortened(text, 90), _HEADING) for text in (moment.symbols, moment.numbers))


def _bar(x: float, y: float, wide: float, shown: Slot | None) -> Iterator[str]:
    """A bar from zero, in its middle, to the gradient."""
    middle = x + wide / 2
    yield f'<rect class="track" x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_BAR}" rx="1"/>'
    sign, weight = (shown.sign, shown.weight) if isinstance(shown, Shown) else ("", 0.0)
    length = weight * wide / 2
    start = middle - length if sign == "negative" else middle
    yield (
        f'<rect class="{f"bar {sign}".strip()}" x="{_n(start)}" y="{_n(y)}" width="{_n(length)}" height="{_BAR}"/>'
    )
    yield f'<path class="centre" d="M{_n(middle)},{_n(y - 2)}v{_BAR + 4}"/>'


def _table(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many rows and columns the thumbnail of an array has."""
    columns = shape[-1]
    rows = 1
    for length in shape[:-1]:
        rows *= length
    return max(1, min(rows, 16)), max(1, min(columns, 16))


def _arrow(tip: Point, towards: Point) -> str:
    """An arrow head with its tip at a point, which comes from another."""
    along, across = _unit(*tip, *towards)
    x, y = tip[0] + 9 * along, tip[1] + 9 * across
    sides = ((x - 4.4 * across, y + 4.4 * along), (x + 4.4 * across, y - 4.4 * along))
    return f"M{_pair(tip)}L{_pair(sides[0])}L{_pair(sides[1])}Z"


def _middle(curve: tuple[Point, ...]) -> Point:
    """The middle of the middle piece of a Bézier curve."""
    pieces = (len(curve) - 1) // 3
    first = 3 * (pieces // 2)
    if pieces % 2 == 0:
        return curve[first]
    a, b, c, d = curve[first : first + 4]
    return (a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8, (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8


def _unit(x: float, y: float, tip_x: float, tip_y: float) -> Point:
    length = ((tip_x - x) ** 2 + (tip_y - y) ** 2) ** 0.5 or 1.0
    return (tip_x - x) / length, (tip_y - y) / length


def _n(value: float) -> str:
    # Rounded as the script rounds, which `round` does not: it takes a tie to the even digit.
    return repr(floor(value * 10 + 0.5) / 10).removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{_n(point[0])},{_n(point[1])}"
