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
from viz.layered import Point, Spacing
from viz.layout import Direction, Layout, place
from viz.moment import Moment, Slot
from viz.stepper_marks import DEFINITIONS, HEADER, LINE, PADDING, bar, pair, short, table, tag_place
from viz.stepper_shown import Shown, dimensions
from viz.stepper_theme import picture_style
from viz.stepper_views import Bundle, Face, View, inner_edges
from viz.text import shortened, width
from viz.theme import Theme
from viz.timeline import Timeline

_TEXT, _HEADING = 12, 16
_GAP, _NARROWEST = 12, 92
_THUMBNAIL, _NOTE = 46, 20
_RANKS, _LANE = 74.0, 20.0  # leave room for what is written on edges
_MARGIN, _LEGEND, _CAPTION = 16, 30, 84
_FEW_EDGES = 20  # up to here every edge keeps what has passed over it

Role = Literal["", "giving", "receiving"]


@dataclass(frozen=True, eq=False)
class Scene:
    """One view of a timeline with the place of everything in it."""

    timeline: Timeline
    view: View
    direction: Direction = "LR"

    @cached_property
    def sizes(self) -> tuple[Point, ...]:
        """The width and the height of each box."""
        return tuple(map(self._size, self.view.faces))

    @cached_property
    def layout(self) -> Layout:
        """Where everything is, with room for what is written on edges."""
        return place(
            self.sizes,
            [(bundle.source, bundle.target) for bundle in self.view.bundles],
            direction=self.direction,
            joined=[index for index, face in enumerate(self.view.faces) if face.fold],
            spacing=Spacing(_RANKS, _LANE) if self.keeps else Spacing(_RANKS),
        )

    @cached_property
    def canvas(self) -> Point:
        """The size of a still: the graph with its legend and the caption below."""
        widest = width(shortened(self.timeline.longest_line, 90), _HEADING)
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

    def parts(self, slots: Mapping[str, Slot], moment: Moment | None) -> Iterator[str]:
        """The edges, what is written on them, and the boxes in one state; the moment's stand out."""
        active = None if moment is None else moment.edge
        for bundle, path in zip(self.view.bundles, self.layout.paths, strict=True):
            yield "\n".join(self._edge(bundle, path, slots, active))
        for bundle, path in zip(self.view.bundles, self.layout.paths, strict=True):
            yield self._tag(bundle, path, slots, active)
        for face, size, centre in zip(self.view.faces, self.sizes, self.layout.centres, strict=True):
            inside = self._inside.get(face.fold, 0)
            yield "\n".join(self._box(face, size, centre, slots, moment, inside))

    @cached_property
    def _inside(self) -> Mapping[str, int]:
        return inner_edges(self.view, self.timeline.edges)

    def legend(self) -> Iterator[str]:
        """What colours and widths mean."""
        if not self.timeline.walk.gradients:
            return
        bound = number(self.timeline.gauge.largest)
        x, y = map(short, self.legend_place)
        yield f'<g class="legend" transform="translate({x} {y})">'
        yield f'<text class="end" x="-112" y="4">gradient −{bound}</text>'
        yield '<g class="negative"><path class="line" stroke-width="5" d="M-104,0H-60"/></g>'
        yield '<g class="negative"><path class="line" stroke-width="2.5" d="M-56,0H-14"/></g>'
        yield '<g class="zero"><path class="line" d="M-10,0H10"/></g>'
        yield '<text class="middle" x="0" y="-5">0</text>'
        yield '<g class="positive"><path class="line" stroke-width="2.5" d="M14,0H56"/></g>'
        yield '<g class="positive"><path class="line" stroke-width="5" d="M60,0H104"/></g>'
        yield f'<text x="112" y="4">{bound}</text></g>'

    def caption(self, place_in_story: str, symbols: str, numbers: str) -> Iterator[str]:
        """What happens at a moment, below the graph."""
        x, y = map(short, self.caption_place)
        yield f'<g class="caption" transform="translate({x} {y})">'
        for name, down, text in (
            ("phase", 16, place_in_story),
            ("symbols", 42, symbols),
            ("numbers", 68, numbers),
        ):
            yield f'<text class="{name}" y="{down}">{escape(text, quote=False)}</text>'
        yield "</g>"

    def still(
        self,
        slots: Mapping[str, Slot],
        moment: Moment | None,
        theme: Theme = "auto",
        place_in_story: str = "",
    ) -> str:
        """The picture at one moment as an SVG that needs nothing else."""
        wide, high = map(short, self.canvas)
        x, y = map(short, self.origin)
        title = escape(self.timeline.title, quote=False)
        lines = ("", "") if moment is None else (moment.symbols, moment.numbers)
        said = place_in_story if moment is None else f"{place_in_story} {': '.join(lines)}"
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="stepper" role="img" '
                f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">',
                f"<title>{title}</title>",
                f"<desc>{escape(said, quote=False)}</desc>",
                f"<style>\n{picture_style(theme)}\n</style>",
                f"<defs>{DEFINITIONS}</defs>",
                f'<rect class="ground" width="{wide}" height="{high}"/>',
                f'<g class="scene" transform="translate({x} {y})">',
                *self.parts(slots, moment),
                "</g>",
                *self.legend(),
                *self.caption(place_in_story, *lines),
                "</svg>\n",
            )
        )

    # -- boxes --------------------------------------------------------------------------------

    def _titles(self, face: Face) -> tuple[str, str]:
        """What stands large at the left of a box, and small at its right."""
        if face.fold:
            return shortened(face.title, 28), f"{len(face.members)} nodes"
        box, name = self.timeline.picture.boxes[face.node], self.timeline.names[face.node]
        if box.kind == "constant":
            return (name, "constant") if box.label or self._is_array(face) else ("constant", "")
        return (box.symbol, name) if box.symbol else (name, "")

    def _is_array(self, face: Face) -> bool:
        node = self.timeline.nodes[face.node]
        return node.shape != () and node.plain.size > 0

    def _has_gradient(self, face: Face) -> bool:
        return bool(self.timeline.walk.gradients) and self.timeline.nodes[face.node].requires_grad

    def _note(self, face: Face) -> str:
        """A gradient that was there before the pass began."""
        earlier = self.timeline.earlier.get(face.node)
        if face.kind != "node" or earlier is None:
            return ""
        return f"grad{'' if self._is_array(face) else f' {earlier}'} from an earlier backward"

    def _size(self, face: Face) -> Point:
        heading, label = self._titles(face)
        texts = [self.timeline.longest_texts.get(f"{kind}{face.node}", "–") for kind in "dg"]
        lines = 2 if self._has_gradient(face) else 1
        widths = [width(heading, _HEADING) + width(label, _TEXT) + (_GAP if label else 0)]
        note = self._note(face)
        if note:
            widths.append(width(note, 10))
        if self._is_array(face):
            height = HEADER + LINE + lines * LINE + _THUMBNAIL + 12.0
            widths += [lines * (_THUMBNAIL + _GAP), width(self._shape(face), _TEXT)]
        else:
            height = HEADER + lines * LINE + (18.0 if lines == 2 else 6.0)
        widths += [
            width(name + text, _TEXT) + _GAP for name, text in zip(("data", "grad"), texts, strict=True)
        ]
        return max(_NARROWEST, *widths) + 2 * PADDING, height + (_NOTE if note else 0)

    def _shape(self, face: Face) -> str:
        node = self.timeline.nodes[face.node]
        return f"{dimensions(node.shape)}  {node.dtype}"

    def _box(
        self,
        face: Face,
        size: Point,
        centre: Point,
        slots: Mapping[str, Slot],
        moment: Moment | None,
        inside: int,
    ) -> Iterator[str]:
        wide, high = size
        left, right = short(PADDING), short(wide - PADDING)
        box = self.timeline.picture.boxes[face.node]
        kind = box.kind if face.kind == "node" else face.kind
        classes = " ".join(filter(None, ("box", kind, self.progress(face, slots), self.role(face, moment))))
        data, grad = slots.get(f"d{face.node}"), slots.get(f"g{face.node}")
        if data is None:
            classes += " waiting"
        fold = f' data-fold="{escape(face.fold)}"' if face.fold else ""
        where = f"translate({short(centre[0] - wide / 2)} {short(centre[1] - high / 2)})"
        yield f'<g class="{classes}" data-node="{face.node}"{fold} transform="{where}">'
        if face.fold:
            yield f'<rect class="behind" x="5" y="5" width="{short(wide)}" height="{short(high)}" rx="6"/>'
        round_ = 14 if kind in ("leaf", "constant") else 6
        yield f'<rect class="frame" width="{short(wide)}" height="{short(high)}" rx="{round_}"/>'
        heading, label = self._titles(face)
        yield f'<text class="heading" x="{left}" y="21">{escape(heading, quote=False)}</text>'
        if label:
            yield f'<text class="label" x="{right}" y="21">{escape(label, quote=False)}</text>'
        y = HEADER + 13.0
        if self._is_array(face):
            yield f'<text class="shape" x="{short(wide / 2)}" y="{short(y)}">{self._shape(face)}</text>'
            y += LINE
        rows = (("data", data), ("grad", grad)) if self._has_gradient(face) else (("data", data),)
        lower = f' y="{LINE}"' if self._is_array(face) else ""
        yield f'<use href="#stepper-{len(rows)}"{lower}/>'
        for name, shown in rows:
            text, style = (shown.text, shown.sign) if isinstance(shown, Shown) else ("–", "missing")
            style = style if style in ("missing", "broken") else ""
            yield f'<text class="{f"{name} {style}".strip()}" x="{right}" y="{short(y)}">{text}</text>'
            y += LINE
        if self._is_array(face):
            for index, (name, shown) in enumerate(rows):
                yield from self._thumbnail(face, name, shown, wide * (2 * index + 1) / (2 * len(rows)), y - 6)
            y += _THUMBNAIL
        elif len(rows) == 2:
            yield from bar(PADDING, y - 7, wide - 2 * PADDING, grad)
            y += 4
        note = self._note(face)
        if note:
            yield f'<text class="note" x="{left}" y="{short(y + 11)}">{note}</text>'
        yield from self._badge(face, wide, slots, inside)
        yield "</g>"

    def _thumbnail(
        self, face: Face, name: str, shown: Slot | None, middle: float, top: float
    ) -> Iterator[str]:
        rows, columns = table(self.timeline.nodes[face.node].shape)
        scale = _THUMBNAIL / max(rows, columns)
        wide, high = max(columns * scale, 4.0), max(rows * scale, 4.0)
        x, y = middle - wide / 2, top + (_THUMBNAIL - high) / 2
        frame = f'x="{short(x)}" y="{short(y)}" width="{short(wide)}" height="{short(high)}"'
        image = shown.image if isinstance(shown, Shown) else None
        yield f'<rect class="slot {name}{"" if image is None else " filled"}" {frame}/>'
        href = "" if image is None else f' href="data:image/png;base64,{self.timeline.gauge.images[image]}"'
        yield f'<image class="thumbnail {name}" {frame} preserveAspectRatio="none"{href}/>'

    def _badge(self, face: Face, wide: float, slots: Mapping[str, Slot], inside: int) -> Iterator[str]:
        total = inside if face.fold else self.timeline.totals[face.node]
        if face.kind == "ghost" or total < 2:
            return
        text = f"{self.arrived(face, slots)} of {total}"
        half = width("0" * len(f"{total} of {total}"), 10) / 2 + 6
        yield f'<g class="badge" transform="translate({short(wide - half - 8)} 0)">'
        yield f'<rect x="{short(-half)}" y="-8" width="{short(2 * half)}" height="16" rx="8"/>'
        yield f'<text y="3.5">{text}</text></g>'

    def arrived(self, face: Face, slots: Mapping[str, Slot]) -> int:
        """How many contributions a node has, or how many steps inside of a fold were taken."""
        if face.fold:
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
        shows = set(face.members) or {face.node}
        getting = moment.node if moment.parent is None else moment.parent
        return "receiving" if getting in shows else "giving" if moment.node in shows else ""

    # -- edges --------------------------------------------------------------------------------

    def _edge(
        self, bundle: Bundle, path: tuple[Point, ...], slots: Mapping[str, Slot], active: int | None
    ) -> Iterator[str]:
        most = self._passed(bundle, slots)
        is_active = active in bundle.edges
        classes = " ".join(filter(None, ("edge", most.sign if most else "", "active" if is_active else "")))
        thickness = short(1.3 + 3.7 * (most.weight if most else 0.0))
        d = self.line(path)
        yield f'<g class="{classes}" data-edges="{" ".join(map(str, bundle.edges))}">'
        if is_active:
            yield f'<path class="halo" d="{d}"/>'
        yield f'<path class="line" d="{d}" stroke-width="{thickness}"/>'
        mark = self.timeline.picture.edges[bundle.edges[0]].mark if len(bundle.edges) == 1 else ""
        if mark:
            tip = path[-1]
            x, y = tip[0] + 6 * self.layout.flow[0], tip[1] + 7 * self.layout.flow[1] + 3
            yield f'<text class="mark" x="{short(x)}" y="{short(y)}">{mark}</text>'
        yield "</g>"

    def _tag(
        self, bundle: Bundle, path: tuple[Point, ...], slots: Mapping[str, Slot], active: int | None
    ) -> str:
        """What is written on an edge: a shape, how many edges it stands for, or what has passed over it."""
        kind, text = "shape", self._edge_shape(bundle)
        if len(bundle.edges) > 1:
            text = f"×{len(bundle.edges)}"
        elif not text:
            kind, most = "amount", self._passed(bundle, slots)
            text = most.text if most and (self.keeps or active in bundle.edges) else ""
        x, y = map(short, tag_place(path[:-1]))
        return f'<text class="tag {kind}" x="{x}" y="{y}">{text}</text>'

    @staticmethod
    def _passed(bundle: Bundle, slots: Mapping[str, Slot]) -> Shown | None:
        """The largest of what has passed over the edges of a bundle."""
        passed = [shown for edge in bundle.edges if isinstance(shown := slots.get(f"e{edge}"), Shown)]
        return max(passed, key=lambda shown: shown.weight, default=None)

    @staticmethod
    def line(path: tuple[Point, ...]) -> str:
        """The line of an edge; it ends where the arrow head begins, which is drawn as a marker."""
        start, *curve, _ = path
        return f"M{pair(start)}C{' '.join(map(pair, curve))}"

    def _edge_shape(self, bundle: Bundle) -> str:
        if len(bundle.edges) != 1:
            return ""
        source = self.timeline.edges[bundle.edges[0]][0]
        return dimensions(self.timeline.nodes[source].shape)
