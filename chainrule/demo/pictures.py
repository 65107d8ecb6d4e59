"""What the demo draws: a neuron and a network as graphs, and how the losses fell."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from autograd import Value, tanh
from nn import MLP
from viz import Drawing, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .digits import Epoch

_SILENT = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # no date: the same losses, the same bytes

# What a colour of the light figure becomes where the reader prefers dark: the colours of viz's drawings.
_GROUND, _INK, _QUIET, _LINE = "#ffffff", "#1f2328", "#59636e", "#dfe3e8"
_BLUE, _ORANGE = "#0072b2", "#d55e00"
_IN_THE_DARK = {
    _GROUND: "#0d1117",
    _INK: "#f0f6fc",
    _QUIET: "#9198a1",
    _LINE: "#30363d",
    _BLUE: "#56b4e9",
    _ORANGE: "#ff8c3b",
}


def neuron() -> Drawing:
    """One neuron ``y = tanh(w₁x₁ + w₂x₂ + b)``, every multiplication and addition a box of its own.

    >>> neuron()
    <Drawing: 10 nodes, 9 edges>
    """
    x1, x2 = Value(1.5, label="x1"), Value(-2.0, label="x2")
    w1, w2, b = Value(0.8, label="w1"), Value(0.5, label="w2"), Value(-0.3, label="b")
    y = tanh(w1 * x1 + w2 * x2 + b)
    y.label = "y"
    y.backward()
    return draw(y)


def network() -> Drawing:
    """An ``MLP`` with two inputs, two hidden neurons and one output, up to the loss of one example.

    >>> network()
    <Drawing: 20 nodes, 21 edges>
    """
    model = MLP(2, [2, 1], "tanh", rng=0)
    y = model([Value(1.5, label="x1"), Value(-2.0, label="x2")])
    y.label = "y"
    loss = (y + 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    return draw(loss)


def loss_curve(history: Sequence[Epoch], moons: Sequence[float]) -> str:
    """The losses of both trainings as an SVG document, light or dark as the reader's system prefers.

    Raises
    ------
    ImportError: Matplotlib, the extra ``plot``, is not installed.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none",  # text stays text: it can be searched, and takes the reader's font
        "svg.hashsalt": "chainrule",  # the same numbers give the same bytes
        "font.family": "sans-serif",
        "font.size": 11,
        "text.color": _INK,
        "axes.labelcolor": _QUIET,
        "axes.edgecolor": _LINE,
        "xtick.color": _QUIET,
        "ytick.color": _QUIET,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(9.6, 3.8), facecolor=_GROUND)
        figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        left, right = figure.subplots(1, 2)
        epochs = range(1, len(history) + 1)
        _axes(left, "Digits: cross-entropy", "epoch")
        _curve(left, epochs, [epoch.loss for epoch in history], _BLUE, "training")
        _curve(left, epochs, [epoch.held_out_loss for epoch in history], _ORANGE, "held out", "--")
        left.legend(facecolor=_GROUND, edgecolor="none", framealpha=1.0)
        _axes(right, "Moons: hinge loss", "step")
        _curve(right, range(1, len(moons) + 1), moons, _BLUE, "training")
        for axes in (left, right):
            axes.set_ylim(bottom=0)
        document = StringIO()
        figure.savefig(document, format="svg", metadata=_SILENT)
    return follow_the_reader(document.getvalue())


def _axes(axes: Axes, title: str, below: str) -> None:
    axes.set_facecolor(_GROUND)
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold")
    axes.set_xlabel(below)
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _curve(axes: Axes, x: Any, y: Any, colour: str, label: str, style: str = "-") -> None:
    axes.plot(x, y, style, color=colour, linewidth=2, label=label, solid_capstyle="round")


def follow_the_reader(document: str) -> str:
    """Add a style sheet to Matplotlib's SVG that exchanges its colours where the reader prefers dark.

    >>> "prefers-color-scheme: dark" in follow_the_reader("<svg><defs></defs></svg>")
    True
    """
    rules = "\n".join(
        f'[style*="{part}: {light}"] {{ {part}: {dark} !important }}'
        for light, dark in _IN_THE_DARK.items()
        for part in ("fill", "stroke")
    )
    sheet = f"<style>\n@media (prefers-color-scheme: dark) {{\n{rules}\n}}\n</style>\n"
    return document.replace("<defs>", f"{sheet}<defs>", 1)
