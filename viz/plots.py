"""A plot: a matplotlib figure that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from viz.drawing import check
from viz.saving import write
from viz.text import shortened, visible
from viz.theme import COLOURS, EITHER, SERIES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_GRID = ("#d0d7de", "#30363d")

# No date: the same figure gives the same bytes.
_METADATA = {"svg": dict.fromkeys(("Creator", "Date", "Format", "Type")), "pdf": {"CreationDate": None}}
_SETTINGS: Any = {
    "svg.hashsalt": "chainrule",
    "svg.fonttype": "none",  # text stays text: it can be searched, and takes the reader's font
}


@dataclass(frozen=True)
class Inks:
    """The colours of a plot: of the ground and text, of negative and positive, of lines and classes."""

    ground: str
    text: str
    faint: str
    line: str
    negative: str
    positive: str
    grid: str
    series: tuple[str, ...]

    @classmethod
    def of(cls, theme: Theme) -> Inks:
        """The colours of a theme; "auto" begins as light.

        >>> Inks.of("dark").ground, Inks.of("auto") == Inks.of("light")
        ('#0d1117', True)
        """
        place = int(theme == "dark")
        ground, text, faint, line, negative, positive, _ = (pair[place] for pair in COLOURS)
        series = tuple(pair[place] for pair in SERIES)
        return cls(ground, text, faint, line, negative, positive, _GRID[place], series)


def new_figure(
    rows: int, columns: int, width: float, height: float, theme: Theme = "auto"
) -> tuple[Figure, Any]:
    """A figure of so many inches and its axes, in the colours of a theme; no window opens.

    Raises
    ------
    ImportError: matplotlib is not installed; the message says what to install.
    ValueError: there is no such theme.
    """
    check("theme", theme, get_args(Theme))
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "this plot is drawn with matplotlib, which is not installed: pip install 'chainrule[plot]'"
        ) from error
    inks = Inks.of(theme)
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=inks.ground)
    axes = figure.subplots(rows, columns, squeeze=False)
    for each in axes.flat:
        each.set_facecolor(inks.ground)
        each.tick_params(colors=inks.text, which="both")
        each.grid(color=inks.grid, linewidth=0.6)
        each.set_axisbelow(True)
        for side, spine in each.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(inks.text)
        each.xaxis.label.set_color(inks.text)
        each.yaxis.label.set_color(inks.text)
    return figure, axes


def set_title(axes: Axes, title: str, theme: Theme) -> None:
    """A title above the left end of the axes."""
    axes.set_title(title, loc="left", fontsize=11, color=Inks.of(theme).text)


def legend(axes: Axes, theme: Theme, **options: Any) -> None:
    """What the lines stand for, without a frame."""
    axes.legend(fontsize=9, frameon=False, labelcolor=Inks.of(theme).text, **options)


def legend_above(axes: Axes, theme: Theme) -> None:
    """What the marks stand for, in rows above axes whose every place is taken."""
    legend(axes, theme, loc="lower left", bbox_to_anchor=(-0.03, 1.0), ncols=6, columnspacing=1.2)


def colour_bar(figure: Figure, axes: Axes, drawn: Any, label: str, theme: Theme) -> None:
    """What the colours of a picture stand for, as a bar beside it."""
    inks = Inks.of(theme)
    bar = figure.colorbar(drawn, ax=axes, format="%.3g")
    bar.ax.set_facecolor(inks.ground)
    bar.ax.tick_params(colors=inks.text)
    bar.ax.grid(False)
    bar.set_label(label, color=inks.text)
    bar.outline.set_visible(False)


def outline(axes: Axes, places: Iterable[tuple[float, float, float, float]], theme: Theme) -> None:
    """Thin frames around parts of a picture: left, top, width and height in its pixels."""
    from matplotlib.patches import Rectangle

    for left, top, width, height in places:
        corner = left - 0.5, top - 0.5  # a pixel lies around its number
        axes.add_patch(
            Rectangle(corner, width, height, fill=False, edgecolor=Inks.of(theme).grid, linewidth=0.8)
        )


def shade(colour: Any, opacity: float) -> tuple[float, float, float, float]:
    """A colour through which the ground is seen, so that it suits light and dark.

    >>> shade("#ff0000", 0.5)
    (1.0, 0.0, 0.0, 0.5)
    """
    from matplotlib.colors import to_rgba

    return to_rgba(colour, opacity)


def diverging(theme: Theme) -> Colormap:
    """From negative over nothing, where the ground is seen, to positive."""
    from matplotlib.colors import LinearSegmentedColormap

    inks = Inks.of(theme)
    ends = [[part / 255 for part in end] for end in EITHER] if theme == "auto" else None
    negative, positive = ends or (inks.negative, inks.positive)
    stops = [shade(negative, 0.95), shade(negative, 0.0), shade(positive, 0.0), shade(positive, 0.95)]
    return LinearSegmentedColormap.from_list("diverging", list(zip((0.0, 0.5, 0.5, 1.0), stops, strict=True)))


def plain(name: str) -> str:
    """A name as matplotlib shows it whole: ``$`` would be mathematics, and a first _ would hide it.

    >>> plain("_a$")
    ' _a\\\\$'
    """
    text = shortened(visible(name), 40).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


class Plot:
    """A matplotlib figure; ``.figure`` is there to be changed before it is saved.

    Parameters
    ----------
    theme: with "auto", an SVG is dark where the reader's system prefers that.
    pairs: colours of this figure that are others in the dark, beyond those of :class:`Inks`.
    """

    formats: ClassVar[tuple[str, ...]] = (".png", ".svg", ".pdf")

    def __init__(
        self, figure: Figure, theme: Theme = "light", *, pairs: Mapping[str, str] | None = None
    ) -> None:
        self.figure, self.theme = figure, theme
        self._pairs = {**dict([*COLOURS, *SERIES, _GRID]), **(pairs or {})}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the figure to a file, whole or not at all; the suffix picks the format.

        Raises
        ------
        ValueError: for a suffix that is none of ``formats``.
        OSError: when the file cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in self.formats:
            *others, last = self.formats
            what = f"{', '.join(others)} or {last}"
            raise ValueError(f"cannot save a plot as {path.name!r}: end its name in {what}")
        write(path, self.content(suffix[1:]))
        return path

    def content(self, form: str) -> bytes:
        """The figure as "png", "svg" or "pdf"; the same figure gives the same bytes."""
        import matplotlib

        metadata: dict[str, Any] = _METADATA.get(form, {})
        figure = _copy(self.figure)  # each layout moves the axes a bit further
        with matplotlib.rc_context(_SETTINGS), io.BytesIO() as file:
            figure.savefig(file, format=form, metadata=metadata, dpi=160, facecolor=figure.get_facecolor())
            content = file.getvalue()
        return self._following(content) if form == "svg" and self.theme == "auto" else content

    def _following(self, svg: bytes) -> bytes:
        """Matplotlib's SVG with rules that exchange its colours where the reader prefers dark."""
        # No ancestor in the selectors: what <use> shows is in a tree of its own, without it.
        rules = "\n".join(
            f'[style*="{part}: {light}"] {{ {part}: {dark} !important }}'
            for light, dark in self._pairs.items()
            for part in ("fill", "stroke")
        )
        sheet = f"<style>\n@media (prefers-color-scheme: dark) {{\n{rules}\n}}\n</style>\n"
        return svg.replace(b"<defs>", f"{sheet}<defs>".encode(), 1)

    def _repr_png_(self) -> bytes:
        return self.content("png")

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        return f"<{type(self).__name__}: {width:.1f} × {height:.1f} inches>"


def _copy(figure: Figure) -> Figure:
    """The figure once more; the figure itself if somebody hung something into it that cannot be copied."""
    try:
        copy: Figure = pickle.loads(pickle.dumps(figure))
    except (AttributeError, TypeError, pickle.PicklingError):
        return figure
    return copy
