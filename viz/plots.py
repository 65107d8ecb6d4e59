"""A plot: a matplotlib figure that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from viz.saving import write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIGHT, DARK = ("#ffffff", "#1f2328", "#d0d7de"), ("#0d1117", "#f0f6fc", "#30363d")  # ground, text, grid


def ink(theme: str) -> str:
    """The colour of text."""
    return (DARK if theme == "dark" else LIGHT)[1]


def new_figure(
    rows: int, columns: int, width: float, height: float, theme: str = "light"
) -> tuple[Figure, Any]:
    """A figure of so many inches and its axes, in the colours of a theme; no window opens.

    Raises
    ------
    ImportError: matplotlib is not installed; the message says what to install.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "this plot is drawn with matplotlib, which is not installed: pip install 'chainrule[plot]'"
        ) from error
    ground, text, grid = DARK if theme == "dark" else LIGHT
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=ground)
    axes = figure.subplots(rows, columns, squeeze=False)
    for each in axes.flat:
        each.set_facecolor(ground)
        each.tick_params(colors=text, which="both")
        each.grid(color=grid, linewidth=0.6)
        each.set_axisbelow(True)
        for side, spine in each.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(text)
        each.xaxis.label.set_color(text)
        each.yaxis.label.set_color(text)
    return figure, axes


class Plot:
    """A matplotlib figure; ``.figure`` is there to be changed before it is saved."""

    formats: ClassVar[tuple[str, ...]] = (".png", ".svg", ".pdf")

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

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

        # Without these a file holds the time and random names.
        metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        with matplotlib.rc_context({"svg.hashsalt": "chainrule"}), io.BytesIO() as file:
            self.figure.savefig(
                file, format=form, metadata=metadata, dpi=160, facecolor=self.figure.get_facecolor()
            )
            return file.getvalue()

    def _repr_png_(self) -> bytes:
        return self.content("png")
