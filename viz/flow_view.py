"""``flow``: where a gradient goes, on the graph of one backward pass or over a whole training."""

from __future__ import annotations

import csv
import html
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, get_args, overload

from autograd.graph import Node
from viz.drawing import Drawing, check
from viz.flow_recorder import FlowRecorder
from viz.formatting import MISSING, number
from viz.gradient_flow import backward_overlay
from viz.layout import Direction
from viz.picture import FOLDS, lower
from viz.plots import Plot, legend, new_figure, plain, set_title
from viz.theme import Theme

_STYLES = ("-", "--", "-.", ":")
_USUAL_UPDATE = 1e-3  # the rule of thumb for a rate that is neither too low nor too high


@overload
def flow(
    subject: Node,
    *,
    vanishing: float = ...,
    exploding: float = ...,
    fold: str = ...,
    unfold: str | Node | Sequence[str | Node] = ...,
    max_nodes: int = ...,
    direction: Direction = ...,
    theme: Theme = ...,
) -> Drawing: ...
@overload
def flow(subject: FlowRecorder, *, theme: Theme = ...) -> FlowPlot: ...
def flow(
    subject: Node | FlowRecorder,
    *,
    vanishing: float = 1e-5,
    exploding: float = 1e3,
    fold: str = "auto",
    unfold: str | Node | Sequence[str | Node] = (),
    max_nodes: int = 150,
    direction: Direction = "LR",
    theme: Theme = "auto",
) -> Drawing | FlowPlot:
    """Show where the gradient goes: on the graph of a loss, or layer by layer over a training.

    Of a loss, an edge is as wide as what the backward pass sends over it is large, in powers of
    ten; orange is positive, blue and dashed negative, dotted nothing. Of an array that is the root
    of the sum of squares, with the sign of the sum. Boxes say where a ``relu`` is dead (zero, so
    that nothing passes) and where a gradient vanishes or explodes. No ``.grad`` is touched.

    Of a :class:`viz.FlowRecorder`, a plot with a table: the norm of the gradient, the ratio of the
    update to the weights, and the fraction of dead units, of each layer in each step.

    Parameters
    ----------
    subject: a loss, or what a recorder saw of a training.
    vanishing, exploding: gradients that are smaller, or larger, are marked.
    fold, unfold, max_nodes, direction, theme: as for :func:`viz.draw`.

    Raises
    ------
    TypeError: for anything else.
    ImportError: for a training, when matplotlib is not installed.

    >>> from autograd import Value, relu
    >>> x = Value(2.0, label="x")
    >>> drawing = flow(relu(x * -1.0) + x * 0.5)
    >>> [box.badges for box in drawing.picture.boxes if box.badges]
    [('dead',)]
    """
    check("theme", theme, get_args(Theme))
    if isinstance(subject, FlowRecorder):
        return _plot(subject, theme)
    if not isinstance(subject, Node):
        raise TypeError(
            f"flow cannot show {subject!r:.60} ({type(subject).__name__}); pass the loss, a Value or "
            "Tensor, or a FlowRecorder that observed a training"
        )
    check("direction", direction, get_args(Direction))
    check("fold", fold, FOLDS)
    picture = lower(
        [subject],
        fold=fold,
        unfold=[unfold] if isinstance(unfold, (str, Node)) else unfold,
        max_nodes=max_nodes,
        overlay=backward_overlay(subject, vanishing, exploding),
    )
    return Drawing(replace(picture, title="Gradient flow"), direction=direction, theme=theme)


class FlowPlot(Plot):
    """The flow of a training: a ``.figure``, and a ``.table`` with a row for each layer."""

    formats: ClassVar[tuple[str, ...]] = (".png", ".svg", ".pdf", ".csv", ".html")

    def __init__(
        self, figure: Any, table: list[dict[str, Any]], theme: Theme, pairs: Mapping[str, str]
    ) -> None:
        super().__init__(figure, theme, pairs=pairs)
        self.table = table

    def content(self, form: str) -> bytes:
        """The figure as "png", "svg" or "pdf", the table as "csv", or both as "html"."""
        if form == "csv":
            return self._csv().encode()
        if form == "html":
            figure = super().content("svg").decode()
            schemes = "light dark" if self.theme == "auto" else self.theme
            return (
                '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
                f'<meta name="color-scheme" content="{schemes}"><title>Gradient flow</title>'
                f"</head>\n<body>\n{figure[figure.index('<svg') :]}{self._table_html()}\n</body>\n</html>\n"
            ).encode()
        return super().content(form)

    def _csv(self) -> str:
        file = io.StringIO(newline="")
        writer = csv.DictWriter(file, list(self.table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.table)
        return file.getvalue()

    def _table_html(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.table[0])
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(value))}</td>" for value in row.values()) + "</tr>"
            for row in self.table
        )
        return f"<table><caption>Gradient flow by layer</caption><tr>{head}</tr>{rows}</table>"

    def __str__(self) -> str:
        lines = [list(self.table[0]), *([_cell(value) for value in row.values()] for row in self.table)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(wide) if index else cell.ljust(wide)
                for index, (cell, wide) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    return number(value) if isinstance(value, float) else str(value)


def _plot(recorder: FlowRecorder, theme: Theme) -> FlowPlot:
    if not recorder.steps:
        raise ValueError("the FlowRecorder saw no step: call its observe() after each backward()")
    panels = [
        ("norm of the gradient", recorder.gradients, 0),
        ("update / weight", recorder.updates, 1),
        ("fraction of dead units", recorder.dead, 0),
    ]
    panels = [panel for panel in panels if any(panel[1].values())]
    figure, axes = new_figure(1, len(panels), 4.4 * len(panels), 3.6, theme)
    pairs: dict[str, str] = {}
    for each, (title, series, start) in zip(axes.flat, panels, strict=True):
        pairs |= _draw_lines(each, series, start, theme)
        set_title(each, title, theme)
        each.set_xlabel("step")
        if "dead" in title:
            each.set_ylim(-0.03, 1.03)
        elif any(value > 0 and math.isfinite(value) for column in series.values() for value in column):
            each.set_yscale("log", nonpositive="mask")
        if title.startswith("update"):
            each.axhline(_USUAL_UPDATE, color="#8a63b0", linewidth=1, linestyle=(0, (2, 2)))
    return FlowPlot(figure, recorder.table(), theme, pairs)


def _draw_lines(axes: Any, series: dict[str, list[float]], start: int, theme: Theme) -> dict[str, str]:
    """A line a layer, from dark to light in the order of the layers, told apart by their dashes too.

    Returns the colours of the lines, and for each the one that it has in the dark.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    names, pairs = list(series), {}
    for index, name in enumerate(names):
        share = 0.1 + 0.75 * index / max(len(names) - 1, 1)
        light, dark = (to_hex(colormaps["viridis"](each)) for each in (share, 1.05 - share))
        pairs[light] = dark
        steps = range(start, start + len(series[name]))
        axes.plot(
            steps,
            series[name],
            color=dark if theme == "dark" else light,
            linestyle=_STYLES[index % 4],
            linewidth=1.6,
            label=plain(name),
        )
    legend(axes, theme)
    return pairs
