"""Plots of training: what is drawn is what was computed, in every format and in both themes."""

import itertools
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import viz
from autograd import ShapeError, Tensor, Value, sigmoid
from viz.plots import Inks
from viz.theme import COLOURS, SERIES

POINTS = np.array([[0.0, 0.2], [1.0, 0.1], [0.2, 1.1], [1.2, 0.9], [0.4, 0.6]])
BINARY, CLASSES = np.array([-1, 1, -1, 1, -1]), np.array([0, 1, 2, 1, 0])
X, Y = Value(3.0, label="x"), Value(-1.0, label="y")
HISTORY = {"loss": [2.0, 1.0, 0.5], "validation_loss": [2.1, 1.3, 1.1], "accuracy": [0.2, 0.5, 0.8]}


# A row for each plot: a small one of every kind, given its options.
PLOTS: dict[str, Callable[..., viz.Plot]] = {
    "curves": lambda **options: viz.curves(HISTORY, **options),
    "boundary": lambda **options: viz.boundary(
        lambda x: x[:, 0] - x[:, 1], (POINTS, BINARY), resolution=15, **options
    ),
    "boundary of classes": lambda **options: viz.boundary(
        nn.Linear(2, 3, rng=0), (POINTS, CLASSES), resolution=15, **options
    ),
    "landscape": lambda **options: viz.landscape(
        X**2 + Y**2, [X, Y], path=[[0.0, 0.0], [1.0, 0.5], [3.0, -1.0]], resolution=9, **options
    ),
    "activations": lambda **options: viz.activations("relu", "tanh", **options),
    "confusion": lambda **options: viz.confusion(np.array([[5, 1], [0, 7]]), **options),
    "weights": lambda **options: viz.weights(np.arange(-25.0, 25.0).reshape(2, 25), **options),
}

every_plot = pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)


def svg(plot: viz.Plot) -> str:
    return plot.content("svg").decode()


# -- every plot -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["curves", "confusion"])
def test_a_plot_is_saved_in_every_format_as_the_same_bytes(name: str, tmp_path: Path) -> None:
    plot, again = PLOTS[name](), PLOTS[name]()
    for suffix, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        content = plot.save(tmp_path / f"plot{suffix}").read_bytes()
        assert content.startswith(start) and content == again.content(suffix[1:])
    assert plot._repr_png_() == (tmp_path / "plot.png").read_bytes()
    plot.figure.axes[0].xaxis.set_major_formatter(lambda x, place: "<tick>")  # nothing can copy it
    assert "&lt;tick&gt;" in svg(plot)
    with pytest.raises(ValueError, match=r"'plot.jpg': end its name in .png, .svg or .pdf"):
        plot.save(tmp_path / "plot.jpg")


@every_plot
def test_an_svg_follows_the_reader_and_leaves_no_colour_behind(draw: Callable[..., Any]) -> None:
    plot = draw()
    document = svg(plot)
    assert document == svg(plot)
    sheet, figure = document.split("</style>", 1)
    light = set(re.findall(r"(?:fill|stroke): (#\w+)", figure))
    assert {Inks.of("light").ground, Inks.of("light").text} <= light
    assert light <= set(re.findall(r'\[style\*="\w+: (#\w+)"\]', sheet))
    dark = svg(draw(theme="dark"))
    assert "prefers-color-scheme" not in dark and f"fill: {Inks.of('dark').ground}" in dark
    assert not {Inks.of("light").ground, Inks.of("light").text} & set(
        re.findall(r"(?:fill|stroke): (#\w+)", dark)
    )
    with pytest.raises(ValueError, match="theme"):
        draw(theme="purple")


@every_plot
def test_without_matplotlib_the_error_names_the_extra(
    draw: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[plot\]'"):
        draw()


def test_nothing_is_shown_and_importing_needs_no_matplotlib() -> None:
    program = (
        "import sys, viz; assert 'matplotlib' not in sys.modules\n"
        "plot = viz.curves([2.0, 1.0]); plot._repr_png_(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Machado, Oliveira and Fernandes 2009, for the severity 1.0: what somebody without one kind of cones sees.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> np.ndarray[Any, Any]:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """CIE 1976 L*a*b*, in which a distance of about 2.3 is just noticed."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ colour
    x, y, z = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", [0, 1])
def test_the_colours_of_lines_are_told_apart_by_every_eye(theme: int) -> None:
    colours = [linear(pair[theme]) for pair in SERIES]
    for name, matrix in VISION.items():
        seen = [lab(np.clip(matrix @ colour, 0, 1)) for colour in colours]
        nearest = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
        assert nearest > 15, name
    ground = linear(COLOURS[0][theme]) @ [0.2126, 0.7152, 0.0722]
    for colour in colours:  # WCAG 2: at least 3 for what is no text
        low, high = sorted([ground, colour @ [0.2126, 0.7152, 0.0722]])
        assert (high + 0.05) / (low + 0.05) >= 3


# -- curves ---------------------------------------------------------------------------------------


def drawn(plot: viz.Plot) -> dict[str, dict[str, tuple[str, list[float]]]]:
    """By title and label: the style and the numbers of each line."""
    return {
        axes.get_title(loc="left"): {
            str(line.get_label()): (str(line.get_linestyle()), np.asarray(line.get_ydata()).tolist())
            for line in axes.get_lines()
        }
        for axes in plot.figure.axes
    }


def fitted() -> nn.History:
    model = nn.Linear(2, 2, rng=0)
    data = POINTS, CLASSES % 2
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    return nn.fit(model, data, nn.cross_entropy, optimizer, epochs=3, validation=data, metrics=[nn.accuracy])


def test_curves_are_the_numbers_of_a_history() -> None:
    history = fitted()
    expected = {
        name: {
            "training": ("-", history[name]),
            "validation": ("--", history[f"validation_{name}"]),
        }
        for name in ("loss", "accuracy")
    }
    assert drawn(viz.curves(history)) == expected
    training = nn.Training(None, nn.SGD([Value(0.0)]), 3)
    training.history = history
    assert drawn(viz.curves(training)) == expected
    assert list(drawn(viz.curves(history, show="lr"))) == ["lr"]
    assert list(drawn(viz.curves(history, show=["accuracy", "lr"]))) == ["accuracy", "lr"]


LOSS = {"loss": [3.0, 1.0]}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({"train_loss": [1.0], "val_loss": [2.0]}, {"loss": {"training": [1.0], "validation": [2.0]}}),
        ({"loss": [1.0], "test_loss": [2.0]}, {"loss": {"training": [1.0], "test": [2.0]}}),
        ([{"loss": 3.0}, {"loss": 1.0}], {"loss": {"training": [3.0, 1.0]}}),
        ([3.0, 1.0], {"": {"": [3.0, 1.0]}}),
        (np.array([3, 1]), {"": {"": [3.0, 1.0]}}),
        ([Value(3.0), Tensor(1.0)], {"": {"": [3.0, 1.0]}}),
        ({"w": [3.0], "b": (1.0,)}, {"": {"w": [3.0], "b": [1.0]}}),
        ({"SGD": LOSS, "Adam": LOSS}, {"loss": {"SGD": [3.0, 1.0], "Adam": [3.0, 1.0]}}),
        ({"SGD": [3.0, 2.0], "Adam": LOSS}, {"": {"SGD": [3.0, 2.0]}, "loss": {"Adam": [3.0, 1.0]}}),
        (
            {"SGD": {"loss": [3.0], "val_loss": [4.0]}, "Adam": LOSS},
            {"loss": {"SGD": [3.0], "SGD, validation": [4.0], "Adam": [3.0, 1.0]}},
        ),
        ({"lr": [0.1, 0.01]}, {"": {"lr": [0.1, 0.01]}}),
    ],
)
def test_curves_of_whatever_makes_sense(history: Any, expected: Any) -> None:
    found = {
        title: {
            (label if not label.startswith("_child") else ""): numbers
            for label, (_, numbers) in lines.items()
        }
        for title, lines in drawn(viz.curves(history)).items()
    }
    assert found == expected


def test_a_search_for_a_rate_is_drawn_by_rate() -> None:
    model = nn.Linear(2, 2, rng=0)
    data = POINTS, CLASSES % 2
    found = nn.find_learning_rate(model, data, nn.cross_entropy, nn.SGD(model.parameters()), rng=0)
    axes = viz.curves(found).figure.axes[0]
    losses, suggestion = axes.get_lines()
    assert np.array_equal(losses.get_xydata(), np.stack([found.rates, found.losses], axis=1))
    assert set(np.asarray(suggestion.get_xdata())) == {found.suggestion}
    assert axes.get_xscale() == "log"


def test_runs_that_are_compared_have_a_colour_each() -> None:
    runs = {f"run {number}": {"loss": [2.0, 1.0], "val_loss": [2.0, 1.5]} for number in range(8)}
    lines = viz.curves(runs).figure.axes[0].get_lines()
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}
    assert len(looks) == len(lines) == 16
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()


# -- activations, confusion, weights --------------------------------------------------------------

DERIVATIVES: dict[Any, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    nn.Sigmoid(): (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    lambda x: x * sigmoid(2 * x): (
        lambda x: x / (1 + np.exp(-2 * x)),
        lambda x: 1 / (1 + np.exp(-2 * x)) + 2 * x * np.exp(-2 * x) / (1 + np.exp(-2 * x)) ** 2,
    ),
}


@pytest.mark.parametrize("function", DERIVATIVES)
def test_functions_are_drawn_with_their_exact_derivatives(function: Any) -> None:
    lines = viz.activations(function, limits=(-3, 2)).figure.axes[0].get_lines()
    for line, expected in zip(lines, DERIVATIVES[function], strict=True):
        x = np.asarray(line.get_xdata())
        np.testing.assert_allclose(np.asarray(line.get_ydata()), expected(x), rtol=1e-12, atol=1e-14)
    assert (x[0], x[-1]) == (-3.0, 2.0)


def test_the_usual_activations_are_drawn_by_default() -> None:
    titles = [axes.get_title(loc="left") for axes in viz.activations().figure.axes]
    assert len(titles) == 12 and {"relu", "gelu", "sigmoid", "leaky_relu"} <= set(titles)


COUNTS = [[1, 1, 0], [0, 1, 0], [0, 0, 2]]


@pytest.mark.parametrize(
    ("arguments", "counts", "labels"),
    [
        (([0, 1, 1, 2, 2], [0, 0, 1, 2, 2]), COUNTS, "012"),
        ((np.eye(3)[[0, 1, 1, 2, 2]], Tensor([0, 0, 1, 2, 2])), COUNTS, "012"),
        ((np.array(["a", "b", "b", "c", "c"]), ["a", "a", "b", "c", "c"]), COUNTS, "abc"),
        ((nn.confusion_matrix(np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, 2, 2])),), COUNTS, "012"),
        (([2, 0], [0, 0]), [[1, 0, 1], [0, 0, 0], [0, 0, 0]], "012"),
        (([-1.0, 1.0], [[1.0], [1.0]]), [[0, 0], [1, 1]], ["-1.0", "1.0"]),
        (([3000, 3000], [70, 3000]), [[0, 1], [0, 1]], ["70", "3000"]),
    ],
)
def test_a_confusion_matrix_counts(arguments: Any, counts: Any, labels: Any) -> None:
    axes = viz.confusion(*arguments).figure.axes[0]
    side = int(math.sqrt(len(axes.texts)))
    assert np.array([int(text.get_text()) for text in axes.texts]).reshape(side, side).tolist() == counts
    assert [text.get_text() for text in axes.get_xticklabels()] == list(labels)
    right, total = np.trace(counts), np.sum(counts)
    assert axes.get_title(loc="left") == f"{right / total:.1%} right ({right} of {total})"


def test_a_cell_is_as_strong_as_its_share_of_the_row() -> None:
    (mesh,) = viz.confusion(np.array([[3, 1], [0, 9]])).figure.axes[0].collections
    opacities = np.asarray(mesh.get_facecolor())[:, 3]
    np.testing.assert_allclose(opacities**2, [0.75, 0.25, 0.0, 1.0])


CONVOLUTION = nn.Conv2d(3, 2, 5, rng=0)
NETWORK = nn.MLP(25, [3, 1], rng=0)


@pytest.mark.parametrize(
    ("model", "options", "title", "first"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(36, 4, rng=0)), {}, "1.weight: 4 images of 6 × 6", (6, 6)),
        (CONVOLUTION, {}, "weight: 2 images of 3 × 5 × 5", (5, 5)),
        (CONVOLUTION.weight, {}, "weight: 2 images of 3 × 5 × 5", (5, 5)),
        (nn.Conv1d(2, 4, 3, rng=0), {}, "weight: 4 images of 2 × 3", (2, 3)),
        (nn.Linear(2, 3, rng=0), {}, "weight: 3 × 2", (3, 2)),
        (nn.Linear(6, 3, rng=0), {"shape": (2, 3)}, "weight: 3 images of 2 × 3", (2, 3)),
        (np.ones((70, 75)), {"shape": (3, 5, 5), "count": 9}, "9 of 70 images of 3 × 5 × 5", (5, 5)),
        (NETWORK, {}, "3 images of 5 × 5", (5, 5)),
        (NETWORK.layers[0], {}, "3 images of 5 × 5", (5, 5)),
        (NETWORK.layers[0].neurons[0], {}, "5 × 5", (5, 5)),
    ],
)
def test_weights_are_shown_as_they_are(model: Any, options: Any, title: str, first: tuple[int, int]) -> None:
    axes = viz.weights(model, **options).figure.axes[0]
    assert axes.get_title(loc="left") == title
    sheet = np.asarray(axes.images[0].get_array())
    frame = axes.patches[0]
    height, width = int(frame.get_height()), int(frame.get_width())  # type: ignore[attr-defined]
    scale = height // first[0]
    assert width == scale * first[1]
    numbers = getattr(model, "plain", model)
    if hasattr(model, "parameters"):
        shown = next((p for p in model.parameters() if len(p.shape) > 1), None)
        numbers = [p.data for p in model.parameters()] if shown is None else shown.plain
    np.testing.assert_array_equal(
        sheet[scale // 2 : height : scale, scale // 2 : width : scale].ravel(),
        np.ravel(numbers)[: math.prod(first)],
    )
    low, high = axes.images[0].get_clim()
    assert high == -low


# -- what cannot be drawn -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: viz.curves({}), ValueError, "no numbers"),
        (lambda: viz.curves(nn.History()), ValueError, "no numbers"),
        (lambda: viz.curves({"loss": []}), ValueError, "no numbers"),
        (lambda: viz.curves("loss"), TypeError, "cannot draw 'loss'"),
        (lambda: viz.curves({"loss": 3.0}), TypeError, "history that fit"),
        (lambda: viz.curves(HISTORY, show="f1"), ValueError, "no 'f1' to show; choose from loss, accuracy"),
        (lambda: viz.activations("rely"), ValueError, "no function 'rely'"),
        (lambda: viz.activations(["relu"]), TypeError, "one by one"),  # type: ignore[arg-type]
        (lambda: viz.activations("softmax"), ValueError, "depends on the others"),
        (lambda: viz.activations("sum"), ShapeError, "work by element"),
        (lambda: viz.activations("relu", limits=(1, 1)), ValueError, r"not \(1, 1\)"),
        (lambda: viz.confusion([0, 1]), ShapeError, r"square matrix of counts, got shape \(2,\)"),
        (lambda: viz.confusion([[0.5, 0.5], [0, 1]]), ValueError, "no counts"),
        (lambda: viz.confusion([[1, -1], [0, 1]]), ValueError, "has -1"),
        (lambda: viz.confusion([0, 1], [0, 1, 1]), ShapeError, r"\(2,\) for targets of shape \(3,\)"),
        (lambda: viz.confusion([0.2, 0.7], [0, 1]), ValueError, "answers are fractions, such as 0.2"),
        (lambda: viz.confusion(np.eye(2), [-1, 1]), ValueError, "a target of -1"),
        (lambda: viz.confusion([0, 1], [0, 1], names=["one"]), ValueError, "2 classes, and 1 names"),
        (lambda: viz.weights(np.ones(3)), ShapeError, r"got shape \(3,\)"),
        (lambda: viz.weights(np.ones((3, 4)), shape=(3, 3)), ShapeError, r"4 inputs .* \(3, 3\)"),
        (lambda: viz.weights(nn.ReLU()), TypeError, "ReLU has no parameter"),
        (lambda: viz.weights("model"), TypeError, "no model with weights"),
    ],
)
def test_what_cannot_be_drawn_says_why(draw: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw()
