"""``landscape``: the loss over a plane through the present parameters, with the path that led there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from autograd import ShapeError, no_grad, order
from autograd.graph import Node
from viz.descent_path import PathRecorder, moving, parts
from viz.loss_plane import Plane, plane_of
from viz.parameters import named_parameters
from viz.plots import Inks, Plot, colour_bar, legend_above, new_figure, plain, shade
from viz.replay import replayed
from viz.theme import Theme

Array = np.ndarray[Any, Any]

_LEVELS = 14
_LOWEST = 0.02  # the share of the plane inside the innermost contour
_MARGIN = 0.25  # of the path's extent
_MANY = 60  # a longer path is a line without points


def landscape(
    loss: Callable[[], Any] | Node,
    params: Any,
    *,
    path: PathRecorder | Sequence[Any] | None = None,
    directions: Literal["random", "path"] | None = None,
    span: float | None = None,
    resolution: int = 41,
    rng: np.random.Generator | int = 0,
    theme: Theme = "auto",
) -> Plot:
    """Draw the contours of a loss over a plane of parameters, with the path of a descent on it.

    Of two numbers, the plane is theirs. Of more, it goes through the present parameters θ in two
    directions d and e, and what is drawn is ``loss(θ + a d + b e)``:

    - "random": normally distributed, and scaled filter by filter to the length of the weights, ``d ←
      d / ‖d‖ · ‖θ‖``; biases and the factors of norms stay (Li et al. 2018, *Visualizing the loss
      landscape of neural nets*). A filter is what makes one unit: a row of weights, or what the labels of
      Values have in common before the last dot.
    - "path": those in which the path extends most, its principal directions seen from θ.

    Afterwards the parameters are as they were, to the last bit.

    Parameters
    ----------
    loss: a function without arguments, which computes the loss of the parameters as they are when it is
        called; or a loss that was recorded: choices made in Python and random numbers stay as they were.
    params: a model, which is in evaluation mode when the function is called; or its parameters, in a list
        or by name.
    path: a :class:`viz.PathRecorder`; or the parameters at each moment: all numbers in a row, a list of
        arrays, or a ``state_dict()``.
    directions: by default "path" if there is one, else "random".
    span: how far to each side of the present parameters: in their own units, or in random directions in
        lengths of the weights. By default 1; with a path as far as that goes.
    resolution: how many losses along each side are computed.
    rng: a random generator or its seed, for the random directions.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    TypeError: the loss is neither a function nor a node, or params are no parameters.
    ShapeError: the loss is not one number, or the path is not of these parameters.
    ValueError: there is one number only, the loss does not depend on it, the path stands still, or no loss
        is finite.
    StaleGraphError: a parameter was changed after the loss was recorded.
    ImportError: matplotlib is not installed.

    >>> from autograd import Value
    >>> from viz import PathRecorder
    >>> x, y = Value(-1.5, label="x"), Value(1.0, label="y")
    >>> rosenbrock = lambda: (1 - x) ** 2 + 5 * (y - x**2) ** 2
    >>> path = PathRecorder([x, y])
    >>> for _ in range(30):
    ...     rosenbrock().backward()
    ...     for number in (x, y):
    ...         number.data -= 0.02 * number.grad
    ...         number.zero_grad()
    ...     path.observe()
    >>> plot = landscape(rosenbrock, [x, y], path=path)
    >>> plot.figure.axes[0].get_xlabel(), plot.save("rosenbrock.png").name
    ('x', 'rosenbrock.png')
    """
    if not callable(loss) and not isinstance(loss, Node):
        raise TypeError(
            "landscape: the loss is computed again for other parameters, so pass a function, such as lambda: "
            f"mse_loss(model(x), y), or the node it computed, not {type(loss).__name__} {loss!r:.60}"
        )
    named = named_parameters(params, "landscape")
    points = None if path is None else _points(path, named)
    plane = plane_of(named, points, directions, np.random.default_rng(rng))
    walked = None if points is None else plane.coordinates(points)
    across, along = (_ticks(plane, axis, walked, span, resolution) for axis in (0, 1))
    losses = _losses(loss, params, plane, [node for _, node in named], across, along)
    figure, all_axes = new_figure(1, 1, 5.8, 4.4, theme)
    axes = all_axes[0, 0]
    axes.grid(False)
    drawn = _contours(axes, across, along, losses, theme)
    colour_bar(figure, axes, drawn, "loss", theme)
    _draw_path(axes, plane.here[None] if walked is None else walked, theme)
    axes.set(xlim=(across[0], across[-1]), ylim=(along[0], along[-1]))
    axes.set_xlabel(plain(plane.labels[0]))
    axes.set_ylabel(plain(plane.labels[1]))
    return Plot(figure, theme)


# -- the path and the losses ----------------------------------------------------------------------


def _points(path: Any, named: Sequence[tuple[str, Node]]) -> Array:
    """The path as an array (moments, numbers)."""
    moments = path.points if isinstance(path, PathRecorder) else list(path)
    size = sum(int(np.prod(node.shape)) for _, node in named)
    rows = []
    for moment in moments:
        if isinstance(moment, Mapping):
            missing = [name for name, _ in named if name not in moment]
            if missing:
                raise ValueError(f"landscape: the path has no {missing[0]!r}, but {list(moment)!r:.80}")
            moment = [moment[name] for name, _ in named]
        parts = moment if isinstance(moment, (list, tuple)) else [moment]
        row = np.concatenate([np.asarray(getattr(part, "plain", part), float).ravel() for part in parts])
        if row.size != size:
            raise ShapeError(f"landscape: the path has {row.size} numbers a moment, the parameters {size}")
        rows.append(row)
    if not rows or not np.isfinite(rows).all():
        raise ValueError("landscape: the path is empty, or has numbers that are not finite")
    return np.stack(rows)


def _ticks(plane: Plane, axis: int, walked: Array | None, span: float | None, resolution: int) -> Array:
    """Where on an axis the loss is computed."""
    if resolution < 3 or (span is not None and not span > 0):
        raise ValueError(f"landscape: a resolution of {resolution} and a span of {span} draw nothing")
    here = plane.here[axis]
    low = high = here
    if span is None and walked is not None:
        low, high = (each(here, *walked[:, axis]) for each in (min, max))
    # Both axes reach at least a bit to every side, also where the path goes along one of them.
    widest = 0.0 if walked is None else float(np.ptp(walked, axis=0).max())
    beyond = span or (_MARGIN * max(high - low, widest / 2) if widest else 1.0)
    return np.linspace(low - beyond, high + beyond, resolution)


def _losses(loss: Any, model: Any, plane: Plane, nodes: Sequence[Node], across: Array, along: Array) -> Array:
    """The loss at every point of the plane, (along, across)."""
    losses = np.empty((len(along), len(across)))
    with np.errstate(all="ignore"), _computing(loss, model, nodes) as compute:
        for row, b in enumerate(along):
            for column, a in enumerate(across):
                found = compute(plane.point(a, b))
                number = np.asarray(getattr(found, "plain", found), float)
                if number.size != 1:
                    raise ShapeError(
                        f"landscape: a loss is one number, and this one has shape {number.shape}"
                    )
                losses[row, column] = number.reshape(())
    if not np.isfinite(losses).any():
        raise ValueError("landscape: no loss on the plane is finite; a smaller span may help")
    return losses


@contextlib.contextmanager
def _computing(loss: Any, model: Any, nodes: Sequence[Node]) -> Iterator[Callable[[Array], Any]]:
    """A function from all numbers of the parameters to the loss."""
    if isinstance(loss, Node):
        graph = order(loss)
        if not set(nodes) & set(graph):
            raise ValueError("landscape: the loss was computed from none of the parameters")
        yield lambda numbers: replayed(graph, parts(nodes, numbers))[loss]
        return
    evaluation = model.in_mode(training=False) if hasattr(model, "in_mode") else contextlib.nullcontext()
    with no_grad(), evaluation, moving(nodes) as move:

        def compute(numbers: Array) -> Any:
            move(numbers)
            return loss()

        yield compute


# -- drawing --------------------------------------------------------------------------------------


def _contours(axes: Any, across: Array, along: Array, losses: Array, theme: Theme) -> Any:
    """Contours that lie closer where the loss is low; the stronger, the higher."""
    inks = Inks.of(theme)
    found = losses[np.isfinite(losses)]
    low, high = float(found.min()), float(found.max())
    if high - low <= 1e-12 * abs(low):
        levels = low + np.linspace(-0.5, 0.5, _LEVELS)  # the same everywhere
    else:
        first = max(float(np.quantile(found, _LOWEST)) - low, 1e-9 * (high - low))
        levels = np.concatenate([[low], low + np.geomspace(first, high - low, _LEVELS)])
    shades = [shade(inks.negative, 0.75 * step / (len(levels) - 2)) for step in range(len(levels) - 1)]
    heights = np.ma.masked_invalid(losses)
    drawn = axes.contourf(across, along, heights, levels=levels, colors=shades)
    axes.contour(across, along, heights, levels=levels[1:-1], colors=[inks.line], linewidths=0.7)
    return drawn


def _draw_path(axes: Any, walked: Array, theme: Theme) -> None:
    inks = Inks.of(theme)
    if len(walked) > 1:
        marker = "." if len(walked) <= _MANY else ""
        axes.plot(*walked.T, "-", marker=marker, color=inks.positive, linewidth=1.6, label="path")
        axes.plot(
            *walked[0], "o", color=inks.positive, markeredgecolor=inks.ground, markersize=8, label="start"
        )
    end = "end" if len(walked) > 1 else "the present parameters"
    axes.plot(*walked[-1], "*", color=inks.text, markeredgecolor=inks.ground, markersize=14, label=end)
    legend_above(axes, theme)
