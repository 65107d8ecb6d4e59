"""Boundaries and landscapes: contours lie where the numbers say, and a model is afterwards as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import viz
from autograd import ShapeError, Tensor, Value, softmax, stack, tanh
from viz.loss_plane import plane_of

POINTS = np.array([[0.0, 0.2], [1.0, 0.1], [0.2, 1.1], [1.2, 0.9], [0.4, 0.6]])
BINARY, CLASSES = np.array([-1, 1, -1, 1, -1]), np.array([0, 1, 2, 1, 0])


def bowl() -> tuple[Callable[[], Any], list[Value]]:
    x, y = Value(3.0, label="x"), Value(-1.0, label="y")
    return lambda: (x - 1.0) ** 2 + (y - 2.0) ** 2, [x, y]


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
    model = nn.Sequential(
        nn.Linear(2, 8, rng=0), nn.BatchNorm1d(8), nn.Dropout(0.5, rng=0), nn.Linear(8, 1, rng=1)
    )
    before = model.state_dict()
    model[2].eval()
    first, second = (line_between(viz.boundary(model, (POINTS, BINARY), resolution=9)) for _ in range(2))
    assert len(first) and np.array_equal(first, second)
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


# -- what cannot be drawn -------------------------------------------------------------------------

X, Y = Value(1.0, label="x"), Value(2.0, label="y")
STILL = [[1.0, 2.0]] * 3


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
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
    ],
)
def test_what_cannot_be_drawn_says_why(draw: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw()
