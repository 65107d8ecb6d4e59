"""``boundary``: what a classifier of points in the plane answers, where, and how sure it is."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import ShapeError, no_grad
from viz.plots import Inks, Plot, colour_bar, legend_above, new_figure, plain, shade
from viz.theme import Theme

Array = np.ndarray[Any, Any]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STRONGEST = 0.6  # the opacity where a model is surest; the points have to stay visible
_STEPS = 8  # of shading, from the boundary to where the model is surest
_MARGIN = 0.15


def boundary(
    model: Any,
    data: tuple[Any, Any],
    *,
    threshold: float | None = None,
    resolution: int = 121,
    theme: Theme = "auto",
) -> Plot:
    """Draw the regions in which a model gives each answer, over the points it has seen.

    The stronger a colour, the surer the model; points have the colour and the shape of their class.

    ======================  ====================================================================
    what the model computes how it is read
    ======================  ====================================================================
    one score a point       its sign; if all scores are in [0, 1], a probability, and ½ the limit
    a score for each class  the highest one; probabilities are taken as they are, other scores by
                            their softmax; with more than two classes the strength of a colour is
                            the probability's lead over that of the next class
    ======================  ====================================================================

    Parameters
    ----------
    model: called with points (samples, 2), or, if it cannot do that, with one point as a list of two
        floats; a module is in evaluation mode meanwhile. Values, Tensors, arrays and lists of them are
        understood.
    data: points (samples, 2) and labels (samples,): -1 and 1 or 0 and 1 for one score, else 0, 1, 2, …
    threshold: where one score changes sides.
    resolution: how many points along each side the model is asked for.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    ShapeError: the points are not in a plane, there is not one label a point, or the model does not
        compute one row of scores a point.
    ValueError: labels are not those of the model's classes, or no score is finite.
    ImportError: matplotlib is not installed.

    >>> points = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [1.0, 2.0]])
    >>> plot = boundary(lambda x: x[:, 0] - x[:, 1], (points, np.array([-1, 1, 1, -1])))
    >>> plot.save("boundary.png").name
    'boundary.png'
    """
    points, labels = _checked(data)
    if resolution < 2:
        raise ValueError(f"boundary: a resolution of {resolution} points a side draws nothing")
    low, high = points.min(axis=0), points.max(axis=0)
    wide = np.where(high > low, high - low, 1.0) * _MARGIN
    xs, ys = (np.linspace(*ends, resolution) for ends in zip(low - wide, high + wide, strict=True))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    scores = _scores(model, grid.reshape(-1, 2))
    if not np.isfinite(scores).any():
        raise ValueError("boundary: the model computed no finite score at all")
    figure, all_axes = new_figure(1, 1, 5.6, 4.4, theme)
    axes = all_axes[0, 0]
    axes.grid(False)
    if scores.shape[1] > 2:
        classes = list(range(scores.shape[1]))
        colours = _colours(len(classes), theme)
        _regions(axes, xs, ys, _probabilities(scores).reshape(*grid.shape[:2], -1), colours, theme)
    else:
        sides = _sides(scores, threshold)
        classes = _two_classes(labels, one_score=scores.shape[1] == 1)
        colours = _colours(2, theme)
        label = f"{sides.what} of class {classes[1]}" if sides.probability else sides.what
        drawn = _shading(axes, xs, ys, sides, grid.shape[:2], colours, theme)
        colour_bar(figure, axes, drawn, label, theme)
    _points(axes, points, labels, classes, colours, theme)
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), xlabel="x1", ylabel="x2")
    return Plot(figure, theme)


# -- what is asked, and what is answered ----------------------------------------------------------


def _checked(data: Any) -> tuple[Array, Array]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(
            f"boundary: the data are a tuple of points and labels, not {type(data).__name__} {data!r:.60}"
        )
    points, labels = (np.asarray(getattr(part, "plain", part)) for part in data)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"boundary draws points (samples, 2) in the plane, got shape {points.shape}")
    if labels.shape != points.shape[:1]:
        raise ShapeError(
            f"boundary needs one label a point, got labels of shape {labels.shape} for points {points.shape}"
        )
    return points.astype(float), labels


def _scores(model: Any, points: Array) -> Array:
    """What a model makes of points, as an array (samples, scores)."""
    with no_grad(), getattr(model, "in_mode", _as_it_is)(training=False):
        try:
            scores = _numbers(model(points))
            if scores.shape != points.shape[:1] and (scores.ndim != 2 or len(scores) != len(points)):
                raise ShapeError(
                    f"boundary: the model computed an output of shape {scores.shape} for {len(points)} "
                    f"points; it has to be one score a point, ({len(points)},), or one for each class, "
                    f"({len(points)}, classes)"
                )
        except Exception:
            # A function of two numbers, such as ``lambda x: x[0] * w + x[1]``, takes one point at a time.
            with contextlib.suppress(Exception):
                return np.stack([_one_row(_numbers(model(point))) for point in points.tolist()])
            raise
    return scores.reshape(len(points), -1)


def _one_row(scores: Array) -> Array:
    """The scores (scores,) of one point."""
    if scores.ndim > 2 or (scores.ndim == 2 and len(scores) != 1):
        raise ShapeError(f"boundary: the model computed an output of shape {scores.shape} for one point")
    return scores.reshape(-1)


def _as_it_is(training: bool) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


def _numbers(output: Any) -> Array:
    """The output of a model as an array."""
    if isinstance(output, (list, tuple)):  # one array, or one number, for each class
        return np.stack([_numbers(each) for each in output], axis=-1)
    return np.asarray(getattr(output, "plain", output), float)


def _probabilities(scores: Array) -> Array:
    """Scores (samples, classes) as probabilities: as they are, or their softmax."""
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1.0, atol=1e-4):
        return scores
    with np.errstate(all="ignore"):
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class _Sides:
    """One number a point, and the limit between the two sides."""

    numbers: Array
    limit: float
    probability: bool

    @property
    def what(self) -> str:
        return "probability" if self.probability else "score"


def _sides(scores: Array, threshold: float | None) -> _Sides:
    if scores.shape[1] == 2:
        return _Sides(_probabilities(scores)[:, 1], 0.5 if threshold is None else threshold, True)
    numbers = scores[:, 0]
    probability = bool(((numbers >= 0) & (numbers <= 1)).all()) and threshold is None
    limit = (0.5 if probability else 0.0) if threshold is None else threshold
    return _Sides(numbers, limit, probability)


def _two_classes(labels: Array, one_score: bool) -> list[Any]:
    """The labels of the two sides: -1 or 0, and 1."""
    found = np.unique(labels).tolist()
    classes = [-1, 1] if one_score and -1 in found else [0, 1]
    if not set(found) <= set(classes):
        score = "one score a point" if one_score else "two scores a point"
        allowed = "-1 and 1, or 0 and 1" if one_score else "0 and 1"
        raise ValueError(f"boundary: a model of {score} has labels {allowed}, got {found}")
    return classes


# -- drawing --------------------------------------------------------------------------------------


def _colours(count: int, theme: Theme) -> list[str]:
    series = Inks.of(theme).series
    return [series[index % len(series)] for index in range(count)]


def _shading(
    axes: Any, xs: Array, ys: Array, sides: _Sides, shape: tuple[int, ...], colours: list[str], theme: Theme
) -> Any:
    """Two sides: the further from the limit, the stronger their colours."""
    numbers = np.ma.masked_invalid(sides.numbers.reshape(shape))
    reach = 0.5 if sides.probability else float(abs(numbers - sides.limit).max()) or 1.0
    strengths = [_STRONGEST * (step + 1) / _STEPS for step in range(_STEPS)]
    shades = [shade(colours[0], strength) for strength in reversed(strengths)]
    shades += [shade(colours[1], strength) for strength in strengths]
    levels = sides.limit + reach * np.linspace(-1, 1, 2 * _STEPS + 1)
    drawn = axes.contourf(xs, ys, numbers, levels=levels, colors=shades)
    axes.contour(xs, ys, numbers, levels=[sides.limit], colors=[Inks.of(theme).text], linewidths=1.4)
    return drawn


def _regions(axes: Any, xs: Array, ys: Array, probabilities: Array, colours: list[str], theme: Theme) -> None:
    """Several classes: where each is ahead of all others, the stronger the further."""
    levels = np.linspace(0, 1, _STEPS + 1)
    for index, colour in enumerate(colours):
        others = np.delete(probabilities, index, axis=-1).max(axis=-1)
        lead = probabilities[..., index] - others
        shades = [shade(colour, _STRONGEST * (step + 1) / _STEPS) for step in range(_STEPS)]
        if (lead > 0).any():
            axes.contourf(xs, ys, lead, levels=levels, colors=shades)
            if (lead < 0).any():
                axes.contour(xs, ys, lead, levels=[0.0], colors=[Inks.of(theme).text], linewidths=0.7)


def _points(
    axes: Any, points: Array, labels: Array, classes: list[Any], colours: list[str], theme: Theme
) -> None:
    strangers = sorted(set(labels.tolist()) - set(classes))
    if strangers:
        raise ValueError(
            f"boundary: the model has {len(classes)} classes, with labels 0 to {len(classes) - 1}, and the "
            f"data have labels {strangers}"
        )
    inks = Inks.of(theme)
    for index, label in enumerate(classes):
        chosen = points[labels == label]
        axes.scatter(
            *chosen.T,
            s=34,
            color=colours[index],
            marker=MARKERS[index % len(MARKERS)],
            edgecolors=inks.ground,
            linewidths=0.8,
            label=plain(str(label)),
            zorder=3,
        )
    legend_above(axes, theme)
