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
from autograd import ShapeError, Tensor, Value, sigmoid, softmax, stack, tanh
from viz.loss_plane import plane_of
from viz.plots import Inks
from viz.theme import COLOURS, SERIES

POINTS = np.array([[0.0, 0.2], [1.0, 0.1], [0.2, 1.1], [1.2, 0.9], [0.4, 0.6]])
BINARY, CLASSES = np.array([-1, 1, -1, 1, -1]), np.array([0, 1, 2, 1, 0])
HISTORY = {"loss": [2.0, 1.0, 0.5], "validation_loss": [2.1, 1.3, 1.1], "accuracy": [0.2, 0.5, 0.8]}


def bowl() -> tuple[Callable[[], Any], list[Value]]:
    x, y = Value(3.0, label="x"), Value(-1.0, label="y")
    return lambda: (x - 1.0) ** 2 + (y - 2.0) ** 2, [x, y]


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
        *bowl(), path=[[0.0, 0.0], [1.0, 0.5], [3.0, -1.0]], resolution=9, **options
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


# -- boundary -------------------------------------------------------------------------------------


def contours(plot: viz.Plot) -> list[Any]:
    """The contour lines, without the areas between them."""
    return [each for each in plot.figure.axes[0].collections if getattr(each, "filled", True) is False]


def line_between(plot: viz.Plot) -> np.ndarray[Any, Any]:
    """The points of the line between two sides."""
    (contour,) = contours(plot)
    return np.concatenate([path.vertices for path in contour.get_paths()])


def separating_linear() -> nn.Linear:
    """A score of 2 x1 - x2 - 0.3."""
    model = nn.Linear(2, 1, rng=0)
    model.load_state_dict({"weight": np.array([[2.0, -1.0]]), "bias": np.array([-0.3])})
    return model


def separating_values() -> nn.MLP:
    model = nn.MLP(2, [1], rng=0)
    for parameter, number in zip(model.parameters(), (2.0, -1.0, -0.3), strict=True):
        parameter.data = number
    return model


W = [Value(2.0), Value(-1.0), Value(-0.3)]


def two_scores(x: Any) -> Any:
    score = 2.0 * x[:, 0] - x[:, 1] - 0.3
    return stack([Tensor(-score), Tensor(score)], axis=1)


# All of them change sides at 2 x1 - x2 = 0.3.
SEPARATING: dict[str, tuple[Any, np.ndarray[Any, Any]]] = {
    "module": (separating_linear(), BINARY),
    "network of Values": (separating_values(), BINARY),
    "one point at a time": (lambda x: tanh(W[0] * x[0] + W[1] * x[1] + W[2]), BINARY),
    "with a branch": (lambda x: 1.0 if 2 * x[0] - x[1] > 0.3 else -1.0, BINARY),
    "array": (lambda x: 2.0 * x[:, 0] - x[:, 1] - 0.3, BINARY > 0),
    "probability": (nn.Sequential(separating_linear(), nn.Sigmoid()), (BINARY > 0)[:, None]),
    "two scores": (two_scores, np.maximum(BINARY, 0)),
    "two probabilities": (lambda x: softmax(two_scores(x)), np.maximum(BINARY, 0)),
    "a list of two": (lambda x: [0.3 + x[:, 1], 2.0 * x[:, 0]], np.maximum(BINARY, 0)),
}


@pytest.mark.parametrize(("model", "labels"), SEPARATING.values(), ids=SEPARATING)
def test_the_line_lies_where_the_answer_changes(model: Any, labels: Any) -> None:
    resolution = 41
    plot = viz.boundary(model, (POINTS, labels), resolution=resolution)
    x1, x2 = line_between(plot).T
    step = np.ptp(plot.figure.axes[0].get_xlim()) / (resolution - 1)
    assert len(x1) > 10 and np.abs(2 * x1 - x2 - 0.3).max() < 2 * step


def test_a_threshold_moves_the_line_and_labels_stay_as_they_are() -> None:
    plot = viz.boundary(separating_linear(), (POINTS, BINARY), threshold=0.5)
    x1, x2 = line_between(plot).T
    np.testing.assert_allclose(2 * x1 - x2, 0.8, atol=1e-6)
    assert [text.get_text() for text in plot.figure.axes[0].get_legend().get_texts()] == ["-1", "1"]
    offsets = [c.get_offsets() for c in plot.figure.axes[0].collections if hasattr(c, "get_sizes")]
    assert [len(each) for each in offsets if len(each) < 5] == [3, 2]


def test_regions_of_classes_are_where_each_is_ahead() -> None:
    def model(x: Any) -> Any:
        return np.stack([0.6 - x[:, 0], x[:, 0] - 0.6, np.full(len(x), 0.2)], axis=1)

    plot = viz.boundary(model, (POINTS, CLASSES), resolution=81)
    lines = contours(plot)
    x1 = np.concatenate([path.vertices[:, 0] for c in lines for path in c.get_paths()])
    assert len(lines) == 3 and np.abs(np.abs(x1 - 0.6) - 0.2).max() < 0.02


def test_a_module_is_evaluated_and_goes_back_to_training() -> None:
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.BatchNorm1d(8), nn.Dropout(0.5, rng=0), nn.Linear(8, 1))
    before = model.state_dict()
    model[2].eval()
    first, second = (svg(viz.boundary(model, (POINTS, BINARY), resolution=9)) for _ in range(2))
    assert first == second
    assert [module.training for module in model] == [True, True, False, True]
    assert all(np.array_equal(before[name], array) for name, array in model.state_dict().items())


# -- landscape ------------------------------------------------------------------------------------


def test_the_contours_are_those_of_the_loss() -> None:
    plot = viz.landscape(*bowl(), span=2.0, resolution=61)
    (lines,) = contours(plot)
    checked = 0
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        if len(path.vertices):
            checked += 1
            x, y = path.vertices.T
            np.testing.assert_allclose((x - 1) ** 2 + (y - 2) ** 2, level, atol=0.02)
    assert checked > 8
    axes = plot.figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")
    assert axes.get_xlim() == (1.0, 5.0) and axes.get_ylim() == (-3.0, 1.0)


def test_a_recorded_loss_is_computed_again_and_no_number_moves() -> None:
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, 3, rng=1))
    numbers = [parameter.number for parameter in model.parameters()]
    recorded = nn.cross_entropy(model(POINTS), CLASSES)
    first = viz.landscape(recorded, model, resolution=5)
    second = viz.landscape(lambda: nn.cross_entropy(model(POINTS), CLASSES), model, resolution=5)
    for one, other in zip(contours(first), contours(second), strict=True):
        for a, b in zip(one.get_paths(), other.get_paths(), strict=True):
            np.testing.assert_allclose(a.vertices, b.vertices, rtol=1e-9)
    assert [parameter.number for parameter in model.parameters()] == numbers


def network() -> tuple[nn.Module, Callable[[], Any]]:
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3, rng=1))
    return model, lambda: nn.cross_entropy(model(POINTS), CLASSES)


@pytest.mark.parametrize("directions", ["random", "path"])
def test_parameters_are_restored_to_the_last_bit_and_graphs_stay_good(directions: Any) -> None:
    def trained(look: bool) -> tuple[dict[str, Any], list[Any]]:
        model, loss = network()
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        path = viz.PathRecorder(model)
        lent = model.parameters()[0].data
        for step in range(4):
            recorded = loss()
            if look and step == 3:
                before = model.state_dict()
                viz.landscape(loss, model, path=path, directions=directions, resolution=5)
                assert all(np.array_equal(before[k], v) for k, v in model.state_dict().items())
                assert model.training
            optimizer.zero_grad()
            recorded.backward()  # not stale
            optimizer.step()
            path.observe()
        assert lent.shape == (4, 2)
        return model.state_dict(), [p.grad for p in model.parameters()]

    (looked, gradients), (alone, expected) = trained(True), trained(False)
    assert all(np.array_equal(looked[name], alone[name]) for name in alone)
    assert all(map(np.array_equal, gradients, expected))


def test_parameters_are_restored_when_the_loss_fails() -> None:
    loss, (x, y) = bowl()
    recorded = loss()

    def failing() -> Any:
        if x.data > 3.5:
            raise RuntimeError("too far")
        return loss()

    with pytest.raises(RuntimeError, match="too far"):
        viz.landscape(failing, [x, y])
    assert (x.data, y.data) == (3.0, -1.0)
    recorded.backward()
    assert (x.grad, y.grad) == (4.0, -6.0)


def test_a_path_lies_where_it_went() -> None:
    loss, (x, y) = bowl()
    path = viz.PathRecorder({"x": x, "y": y})
    for _ in range(5):
        x.zero_grad(), y.zero_grad()
        loss().backward()
        x.data -= 0.1 * x.grad
        y.data -= 0.1 * y.grad
        path.observe()
    axes = viz.landscape(loss, [x, y], path=path, resolution=5).figure.axes[0]
    line = axes.get_lines()[0]
    np.testing.assert_array_equal(line.get_xydata(), path.points)
    assert axes.get_xlim()[0] < x.data < 3.0 < axes.get_xlim()[1]


def test_the_path_may_be_given_as_one_likes() -> None:
    model, loss = network()
    flat = np.concatenate([parameter.plain.ravel() for parameter in model.parameters()])
    arrays = [parameter.plain + 0.1 for parameter in model.parameters()]
    state = {name: array - 0.2 for name, array in model.state_dict().items()}
    plot = viz.landscape(loss, model, path=[flat, arrays, state], resolution=5)
    found = plot.figure.axes[0].get_lines()[0].get_xydata()
    steps = np.full(flat.size, 0.1), np.full(flat.size, -0.2)
    lengths = [
        0.0,
        *(np.linalg.norm(step) for step in steps),
    ]  # they lie on one line, which is the first axis
    np.testing.assert_allclose(np.abs(found[:, 0]), lengths, rtol=1e-5)  # type: ignore[index]
    assert plot.figure.axes[0].get_xlabel() == "first direction of the path (100% of it)"


def test_principal_directions_recover_a_plane() -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    points = rng.normal(size=(9, 2)) * [5.0, 1.0] @ basis
    named = [("w", Tensor(points[-1], requires_grad=True))]
    plane = plane_of(named, points, None, rng)
    there = plane.coordinates(points)
    np.testing.assert_allclose(plane.origin + there @ plane.directions, points, atol=1e-12)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(there[-1], 0, atol=1e-12)


def test_random_directions_have_the_lengths_of_the_filters() -> None:
    layer = nn.Conv2d(2, 3, 3, rng=0)
    plane = plane_of(list(layer.named_parameters()), None, None, np.random.default_rng(0))
    own = np.linalg.norm(layer.weight.plain.reshape(3, -1), axis=1)
    for direction in plane.directions:
        np.testing.assert_allclose(np.linalg.norm(direction[:54].reshape(3, -1), axis=1), own)
        assert not direction[54:].any()  # the bias stays
    neurons = nn.Layer(2, 3, rng=0)
    numbers = np.array([[value.data for value in neuron.parameters()] for neuron in neurons.neurons])
    named = [(value.label, value) for value in neurons.parameters()]
    plane = plane_of(named, None, "random", np.random.default_rng(0))
    lengths = np.linalg.norm(plane.directions[0].reshape(3, 3), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(numbers, axis=1))


def test_a_loss_that_is_not_finite_everywhere_is_drawn_where_it_is() -> None:
    x, y = Value(1.0), Value(1.0)
    axes = viz.landscape(lambda: (x * y).log(), [x, y], span=2.0, resolution=21).figure.axes[0]
    shown = np.concatenate([path.vertices for c in axes.collections for path in c.get_paths()])
    shown = shown[np.isfinite(shown).all(axis=1)]
    assert len(shown) and (shown.prod(axis=1) > -0.05).all()


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

X, Y = Value(1.0, label="x"), Value(2.0, label="y")
STILL = [[1.0, 2.0]] * 3


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: viz.curves({}), ValueError, "no numbers"),
        (lambda: viz.curves(nn.History()), ValueError, "no numbers"),
        (lambda: viz.curves({"loss": []}), ValueError, "no numbers"),
        (lambda: viz.curves("loss"), TypeError, "cannot draw 'loss'"),
        (lambda: viz.curves({"loss": 3.0}), TypeError, "history that fit"),
        (lambda: viz.curves(HISTORY, show="f1"), ValueError, "no 'f1' to show; choose from loss, accuracy"),
        (lambda: viz.boundary(len, POINTS), TypeError, "tuple of points and labels"),
        (lambda: viz.boundary(len, (POINTS[:, :1], BINARY)), ShapeError, r"got shape \(5, 1\)"),
        (lambda: viz.boundary(len, (POINTS, BINARY[:3])), ShapeError, r"shape \(3,\) for points \(5, 2\)"),
        (lambda: viz.boundary(nn.Linear(3, 1), (POINTS, BINARY)), ShapeError, r"linear: .*\(1, 3\)"),
        (
            lambda: viz.boundary(lambda x: np.ones((3, 3)), (POINTS, BINARY)),
            ShapeError,
            r"\(3, 3\) for 14641 ",
        ),
        (lambda: viz.boundary(nn.Linear(2, 1), (POINTS, CLASSES)), ValueError, r"got \[0, 1, 2\]"),
        (
            lambda: viz.boundary(nn.Linear(2, 2), (POINTS, BINARY)),
            ValueError,
            r"labels 0 and 1, got \[-1, 1\]",
        ),
        (lambda: viz.boundary(nn.Linear(2, 3), (POINTS, CLASSES + 1)), ValueError, r"have labels \[3\]"),
        (lambda: viz.boundary(lambda x: x[:, 0] * np.nan, (POINTS, BINARY)), ValueError, "no finite score"),
        (lambda: viz.boundary(len, (POINTS, BINARY), resolution=1), ValueError, "resolution of 1"),
        (lambda: viz.landscape(1.0, [X, Y]), TypeError, "pass a function"),  # type: ignore[arg-type]
        (lambda: viz.landscape(X * 2.0, [Y, Value(1.0)]), ValueError, "from none of the parameters"),
        (lambda: viz.landscape(lambda: X, []), ValueError, "no parameters"),
        (lambda: viz.landscape(lambda: X, [1.0, 2.0]), TypeError, "got float"),
        (lambda: viz.landscape(lambda: X, X), ValueError, "one number has no plane"),
        (lambda: viz.landscape(lambda: np.ones(2), [X, Y]), ShapeError, r"shape \(2,\)"),
        (lambda: viz.landscape(lambda: X * np.nan, [X, Y]), ValueError, "no loss on the plane is finite"),
        (lambda: viz.landscape(lambda: X, [X, Y], path=[[1.0]]), ShapeError, "1 numbers a moment"),
        (lambda: viz.landscape(lambda: X, [X, Y], path=[]), ValueError, "path is empty"),
        (lambda: viz.landscape(lambda: X, [X, Y], path=[{"x": 1.0}]), ValueError, "no 'y'"),
        (
            lambda: viz.landscape(lambda: X, [X, Y], path=STILL, directions="path"),
            ValueError,
            "stands still",
        ),
        (lambda: viz.landscape(lambda: X, [X, Y], directions="path"), ValueError, "needs a path"),
        (
            lambda: viz.landscape(lambda: X, [X, Y], directions="both"),  # type: ignore[arg-type]
            ValueError,
            "not 'both'",
        ),
        (lambda: viz.landscape(lambda: X, [X, Y], span=-1.0), ValueError, "draw nothing"),
        (lambda: viz.landscape(lambda: X, np.zeros((3, 3))), TypeError, "got ndarray"),
        (
            lambda: viz.landscape(lambda: X, Tensor(np.zeros((3, 3)), requires_grad=True)),
            ValueError,
            "all weights are zero",
        ),
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
