"""``activations``: activation functions with their derivatives, both from the rule book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, vjp
from viz.plots import Inks, Plot, legend, new_figure, plain, set_title
from viz.theme import Theme

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]

USUAL = (
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "silu", "gelu", "mish", "softsign",
    "logsigmoid",
)  # fmt: skip
_COLUMNS = 4
_POINTS = 801


def activations(
    *functions: str | Function, limits: tuple[float, float] = (-4.0, 4.0), theme: Theme = "auto"
) -> Plot:
    """Draw functions of one number, each with its derivative, dashed.

    The derivatives are those that a backward pass computes, not differences. At a kink that is the one
    value that the rule book has chosen, such as 0 for relu.

    Parameters
    ----------
    functions: names of activation functions of ``autograd``, such as ``"relu"``; functions of a Tensor
        that work element by element; or modules, such as ``nn.GELU()``. By default the usual ones.
    limits: the least and the greatest number to which they are applied.
    theme: ``"light"``, ``"dark"``, or ``"auto"``: light, and an SVG follows the reader.

    Raises
    ------
    ValueError: there is no function of that name, the limits are no interval, or a function does not
        work element by element.
    TypeError: something is neither a name nor a function.
    ImportError: matplotlib is not installed.

    >>> plot = activations("relu", "tanh", lambda x: x * autograd.sigmoid(1.702 * x))
    >>> [axes.get_title(loc="left") for axes in plot.figure.axes]
    ['relu', 'tanh', '<lambda>']
    """
    low, high = limits
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"activations: the limits are a least and a greatest number, not {limits}")
    drawn = [_named(function) for function in functions or USUAL]
    inks = Inks.of(theme)
    columns = min(_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    figure, all_axes = new_figure(rows, columns, max(2.7 * columns, 4.0), 2.4 * rows, theme)
    x = np.linspace(low, high, _POINTS)
    for axes, (name, function) in zip(all_axes.flat, drawn, strict=False):
        y, slope = _with_slope(name, function, x)
        axes.plot(x, y, color=inks.negative, linewidth=1.8, label="f(x)")
        axes.plot(x, slope, "--", color=inks.positive, linewidth=1.8, label="f′(x)")
        set_title(axes, plain(name), theme)
        axes.set_xlim(low, high)
    for axes in all_axes.flat[len(drawn) :]:
        axes.remove()
    legend(all_axes[0, 0], theme)
    return Plot(figure, theme)


def _named(function: str | Function) -> tuple[str, Function]:
    if isinstance(function, str):
        found = getattr(autograd, function, None)
        if function.startswith("_") or not callable(found):
            raise ValueError(
                f"activations: autograd has no function {function!r}; some are {', '.join(USUAL)}"
            )
        return function, found
    if not callable(function):
        raise TypeError(
            f"activations: {function!r:.60} ({type(function).__name__}) is neither a name nor a function; "
            "several are given one by one, such as activations('relu', 'tanh')"
        )
    return getattr(function, "__name__", type(function).__name__), function


def _with_slope(name: str, function: Function, x: Array) -> tuple[Array, Array]:
    """The function of an array, and its derivative at each element."""
    y, pull = vjp(function, x)
    y = np.asarray(y)
    if y.shape != x.shape:
        raise ShapeError(f"activations: {name} made shape {y.shape} of {x.shape}; it has to work by element")
    some = slice(None, None, 7)
    if not np.allclose(np.asarray(vjp(function, x[some])[0]), y[some], equal_nan=True):
        raise ValueError(
            f"activations: what {name} makes of a number depends on the others, so it has no derivative of "
            "one number"
        )
    return y, np.asarray(pull(np.ones_like(x))[0])
