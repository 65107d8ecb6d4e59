"""The picture of a network as an SVG of our own: columns of neurons and lines between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any

import numpy as np

from viz.dense import Dense
from viz.formatting import number
from viz.pixels import SHADES, coarse, pixels
from viz.svg_box import n
from viz.text import shortened, visible, width
from viz.theme import COLOURS, FONT, Theme, rules_for

Array = np.ndarray[Any, Any]

_RADIUS, _STEP, _DISTANCE = 15.0, 37.0, 190.0
_IMAGE, _THUMBNAIL, _FINEST = 190.0, 32.0, 14
_MARGIN, _HEADER, _FOOTER, _BAR = 22.0, 34.0, 40.0, 70.0
_THICKEST, _FAINTEST = 4.0, 0.03  # a line below this share of the widest would not be seen
_LONGEST_LABEL = 18


@dataclass(frozen=True, eq=False, slots=True)
class Diagram:
    """What is to be drawn: the layers, the input's height and width as an image, names of outputs."""

    layers: Sequence[Dense]
    image: tuple[int, int] | None
    labels: Sequence[str]
    show: str
    max_units: int


@dataclass(frozen=True, eq=False, slots=True)
class _Column:
    """The neurons of one layer that are drawn, by their places in it, and their middles."""

    values: Array
    units: list[int]
    x: float
    ys: list[float]
    title: str

    @property
    def left_out(self) -> int:
        return int(self.values.size) - len(self.units)


def diagram_svg(diagram: Diagram, theme: Theme) -> str:
    """The picture as one SVG element."""
    layers, image = diagram.layers, diagram.image
    values = [layers[0].inputs, *(layer.outputs for layer in layers)]
    titles = [_size(layers[0].inputs.size, image), *(_title(layer) for layer in layers)]
    shown = [_most_active(each, diagram.max_units) for each in values]
    if image is not None:
        shown[0] = []
    tallest = max([*(_STEP * len(units) for units in shown), _IMAGE if image else 0.0])
    middle = _HEADER + _MARGIN + tallest / 2
    start = _MARGIN + (_IMAGE if image else 2 * _RADIUS)
    columns = []
    for place, (each, units, title) in enumerate(zip(values, shown, titles, strict=True)):
        x = start + place * _DISTANCE if place else (_MARGIN + _RADIUS)
        ys = [middle + (index - (len(units) - 1) / 2) * _STEP for index in range(len(units))]
        columns.append(_Column(each, units, x, ys, title))
    names = [shortened(visible(label), _LONGEST_LABEL) for label in diagram.labels]
    room = max(width(name, 14) for name in names) + _BAR + 20
    wide, high = columns[-1].x + _RADIUS + room + _MARGIN, middle + tallest / 2 + _FOOTER + _MARGIN
    parts = [f'<rect class="ground" width="{n(wide)}" height="{n(high)}" rx="8"/>']
    if image is not None:
        parts += _picture(layers[0], image, columns[1], middle)
    for place in range(1 if image is None else 2, len(columns)):
        parts += _lines(columns[place - 1], columns[place], layers[place - 1].weights, diagram.show)
    for column in columns[1:] if image is not None else columns:
        parts += _neurons(column)
    for column in columns:
        x = _MARGIN + _IMAGE / 2 if image is not None and column is columns[0] else column.x
        parts.append(f'<text class="title" x="{n(x)}" y="{n(_MARGIN + 4)}">{escape(column.title)}</text>')
        if column.left_out and (column is not columns[0] or image is None):
            below = middle + tallest / 2 + 18
            parts.append(
                f'<text class="note" x="{n(column.x)}" y="{n(below)}">+ {column.left_out:,} more</text>'
            )
    parts += _outputs(columns[-1], names)
    parts.append(_legend(diagram.show, wide / 2, high - 16))
    return _document("\n".join(parts), diagram, columns, wide, high, theme)


def _document(
    body: str, diagram: Diagram, columns: Sequence[_Column], wide: float, high: float, theme: Theme
) -> str:
    sizes = "-".join(str(column.values.size) for column in columns)
    last = columns[-1]
    said = ", ".join(
        f"{visible(label) or 'output'} {number(float(value))}"
        for label, value in zip(diagram.labels, last.values, strict=True)
    )
    active = "; ".join(
        f"{column.title}: {int((column.values != 0).sum())} of {column.values.size} active"
        for column in columns
    )
    description = escape(f"{active}. Outputs: {said}.")
    name = "viz-" + sha256(f"{theme}{body}{description}".encode()).hexdigest()[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" '
        f'aria-labelledby="{name}-title {name}-description" viewBox="0 0 {n(wide)} {n(high)}" '
        f'width="{n(wide)}" height="{n(high)}">\n<title id="{name}-title">Network {sizes}</title>\n'
        f'<desc id="{name}-description">{description}</desc>\n'
        f"<style>\n{rules_for(name, theme, _SHAPES, *_THEMES)}\n</style>\n{body}\n</svg>\n"
    )


def _most_active(values: Array, most: int) -> list[int]:
    """The places of the neurons with the largest activations, in their order."""
    if values.size <= most:
        return list(range(values.size))
    strongest = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")[:most]
    return sorted(strongest.tolist())


def _size(count: int, image: tuple[int, int] | None) -> str:
    return f"input {image[0]}×{image[1]}" if image else f"input {count}"


def _title(layer: Dense) -> str:
    return f"{layer.outputs.size}" + (f" · {visible(layer.activation)}" if layer.activation else "")


def _picture(layer: Dense, image: tuple[int, int], first: _Column, middle: float) -> Iterator[str]:
    """The input as an image, and for each neuron of the first layer the image of its weights."""
    high, wide = (_IMAGE * side / max(image) for side in image)
    left, top = _MARGIN, middle - high / 2
    pixel = layer.inputs.reshape(image)
    yield f'<rect class="paper" x="{n(left)}" y="{n(top)}" width="{n(wide)}" height="{n(high)}"/>'
    yield '<g class="input">'
    yield from pixels(pixel, left, top, _IMAGE)
    yield "</g>"
    at = first.x - _RADIUS - 12 - _THUMBNAIL
    for unit, y in zip(first.units, first.ys, strict=True):
        start = left + wide
        yield f'<path class="ray" d="M{n(start)},{n(middle)}C{n(start + 30)},{n(middle)} '
        yield f'{n(at - 30)},{n(y)} {n(at)},{n(y)}"/>'
        small = _THUMBNAIL * image[0] / max(image)
        yield (
            f'<g><title>weights of {unit}</title><rect class="paper" x="{n(at)}" y="{n(y - small / 2)}" '
            f'width="{n(_THUMBNAIL * image[1] / max(image))}" height="{n(small)}"/>'
        )
        yield from pixels(coarse(layer.weights[unit].reshape(image), _FINEST), at, y - small / 2, _THUMBNAIL)
        yield f'</g><path class="ray" d="M{n(at + _THUMBNAIL)},{n(y)}H{n(first.x - _RADIUS)}"/>'


def _lines(before: _Column, after: _Column, weights: Array, show: str) -> Iterator[str]:
    """What each neuron passes on to each of the next; lines too faint to be seen are left out."""
    part = weights[np.ix_(after.units, before.units)].astype(float)
    if show == "contributions":
        with np.errstate(all="ignore"):
            part = part * before.values[before.units]
    most = np.abs(part[np.isfinite(part)]).max(initial=0.0) or 1.0
    part = np.nan_to_num(part, posinf=most, neginf=-most)
    largest = np.abs(part).max(initial=0.0)
    if not largest:
        return
    for kind, sign in (("less", -1), ("more", 1)):
        yield f'<g class="{kind}">'
        for row, column in np.argwhere(sign * part > largest * _FAINTEST).tolist():
            amount = part[row, column]
            x1, x2 = before.x + _RADIUS, after.x - _RADIUS
            thick = max(_THICKEST * abs(amount) / largest, 0.3)
            yield (
                f'<path class="line" d="M{n(x1)},{n(before.ys[column])}L{n(x2)},{n(after.ys[row])}" '
                f'stroke-width="{thick:.2g}"/>'
            )
        yield "</g>"


def _neurons(column: _Column) -> Iterator[str]:
    largest = np.abs(column.values[np.isfinite(column.values)]).max(initial=0.0)
    for unit, y in zip(column.units, column.ys, strict=True):
        value = float(column.values[unit])
        shade = round(abs(value) / largest * SHADES) if largest and np.isfinite(value) else 0
        kind = "silent" if not value else "more" if value > 0 else "less"
        yield (
            f'<g class="neuron {kind}"><title>{unit}: {number(value)}</title>'
            f'<circle class="disc" cx="{n(column.x)}" cy="{n(y)}" r="{_RADIUS:g}"/>'
            f'<circle class="shade shade-{shade}" cx="{n(column.x)}" cy="{n(y)}" r="{_RADIUS:g}"/>'
            f'<text class="value{" strong" if shade > SHADES // 2 else ""}" x="{n(column.x)}" '
            f'y="{n(y + 3)}">{_brief(value)}</text></g>'
        )


def _outputs(column: _Column, names: Sequence[str]) -> Iterator[str]:
    """A name and a bar for each output; the largest stands out."""
    finite = column.values[np.isfinite(column.values)]
    largest = np.abs(finite).max(initial=0.0) or 1.0
    best = int(np.nanargmax(column.values)) if finite.size and column.values.size > 1 else -1
    room = max(width(name, 14) for name in names)
    left = column.x + _RADIUS + 10
    zero = left + room + 8 + (_BAR / 2 if finite.min(initial=0.0) < 0 else 0)
    reach = _BAR / 2 if finite.min(initial=0.0) < 0 else _BAR
    for unit, y in zip(column.units, column.ys, strict=True):
        value = float(column.values[unit])
        chosen = " chosen" if unit == best else ""
        length = abs(value) / largest * reach if np.isfinite(value) else 0.0
        x, kind = (zero, "more") if value >= 0 else (zero - length, "less")
        yield f'<text class="label{chosen}" x="{n(left)}" y="{n(y + 4)}">{escape(names[unit])}</text>'
        yield f'<rect class="bar {kind}" x="{n(x)}" y="{n(y - 5)}" width="{n(length)}" height="10"/>'
        yield f'<path class="axis" d="M{n(zero)},{n(y - 8)}v16"/>'
        if chosen:
            yield f'<circle class="ring" cx="{n(column.x)}" cy="{n(y)}" r="{_RADIUS + 3:g}"/>'


def _legend(show: str, middle: float, y: float) -> str:
    what = "weight × activation" if show == "contributions" else "weight"
    return (
        f'<g class="legend" transform="translate({n(middle)} {n(y)})">'
        f'<g class="less"><path class="line" d="M-150,-4h34" stroke-width="3"/></g>'
        f'<text class="end" x="-158" y="0">negative</text><text class="middle" x="0" y="0">{what}</text>'
        f'<g class="more"><path class="line" d="M116,-4h34" stroke-width="3"/></g>'
        f'<text x="158" y="0">positive</text></g>'
    )


def _brief(value: float) -> str:
    """A number that fits into a neuron.

    >>> [_brief(value) for value in (0.0, -0.0345, 1.25, 123.4, 0.001)]
    ['0', '−0.03', '1.2', '123', '1e-3']
    """
    size = abs(value)
    if not value or not np.isfinite(value):
        text = number(size)
    elif 0.01 <= size < 1000:
        text = f"{size:.2f}" if size < 1 else f"{size:.2g}" if size < 100 else f"{size:.0f}"
    else:
        text = f"{size:.0e}".replace("e+0", "e").replace("e-0", "e-")
    return f"−{text}" if value < 0 else text


_SHAPES = {
    "text": f"font: 12px {FONT}; white-space: pre",
    ".title, .note, .value, .middle": "text-anchor: middle",
    ".end": "text-anchor: end",
    ".value": "font-size: 9px",
    ".chosen": "font-weight: 700; font-size: 14px",
    ".line, .ray, .ring, .axis": "fill: none",
    ".line": "stroke-opacity: 0.75",
    ".less .line": "stroke-dasharray: 5 2",
    ".ray": "stroke-width: 0.8",
    ".ring": "stroke-width: 2",
    ".disc": "stroke-width: 1.2",
    ".silent .disc": "stroke-dasharray: 2 2",
    **{f".shade-{level}": f"fill-opacity: {level / SHADES:g}" for level in range(SHADES + 1)},
}


def _theme(index: int) -> dict[str, str]:
    ground, text, faint, line, less, more, on_strong = (pair[index] for pair in COLOURS)
    return {
        ".ground": f"fill: {ground}",
        "text": f"fill: {text}",
        ".title, .note, .legend text": f"fill: {faint}",
        ".disc, .paper": f"fill: {ground}; stroke: {line}",
        ".ray, .axis": f"stroke: {line}",
        ".ring": f"stroke: {text}",
        ".less .line": f"stroke: {less}",
        ".more .line": f"stroke: {more}",
        ".less .shade, .pixel.less, .bar.less": f"fill: {less}",
        ".more .shade, .pixel.more, .bar.more": f"fill: {more}",
        ".silent .shade": f"fill: {ground}",
        ".input .more": f"fill: {text}",
        ".strong": f"fill: {on_strong}",
    }


_THEMES = (_theme(0), _theme(1))
