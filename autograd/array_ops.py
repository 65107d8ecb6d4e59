"""The rule book, part two: the operations on arrays with their derivatives.

A row gives how NumPy computes the operation and one rule ``rule(g, y, *inputs, **static)`` an
input. Shapes, axes and indices are static: they have no derivative. Rules may return a gradient
of the broadcast shape; the reverse walk sums it back (:func:`unbroadcast`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .operation import Operation, StandIn, as_array, beside, row
from .ops import exp, scale, where

Number = Any  # a float, an array, a node or a formula: rules do not care
Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None


# -- what rules ask of their inputs -----------------------------------------------------------


def shape_of(x: Number) -> Shape:
    """The shape of a number of any kind; ``()`` for floats and scalar nodes."""
    try:
        return x.shape  # type: ignore[no-any-return]
    except AttributeError:
        return np.shape(x)


def plain(x: Number) -> Any:
    """The float or array behind a node or a formula: for choices, which have no derivative."""
    return getattr(x, "plain", x)


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple([operator.index(a) % ndim for a in (axis if isinstance(axis, tuple) else (axis,))])


def _spread(g: Number, x: Number, axis: Axis) -> Number:
    """Give a reduced number its reduced axes back, with length 1, so that it broadcasts to x."""
    if shape_of(g) == ():
        return g
    shape = shape_of(x)
    reduced = axes_of(axis, len(shape))
    kept = tuple(1 if i in reduced else n for i, n in enumerate(shape))
    return g if shape_of(g) == kept else reshape(g, kept)


def newaxis(x: Number, axis: int) -> Number:
    """Insert an axis of length 1, counted from the end of the result."""
    shape = shape_of(x)
    at = len(shape) + 1 + axis
    return reshape(x, (*shape[:at], 1, *shape[at:]))


def unbroadcast(g: Number, shape: Shape) -> Number:
    """Sum a gradient over the axes along which an input of this shape was broadcast."""
    full = shape_of(g)
    extra = len(full) - len(shape)
    stretched = [i + extra for i, n in enumerate(shape) if n == 1 and full[i + extra] != 1]
    summed = sum(g, axis=(*range(extra), *stretched))
    return summed if shape_of(summed) == shape else reshape(summed, shape)


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    """The axes that undo a transposition."""
    return None if axes is None else tuple(np.argsort(axes_of(tuple(axes), len(axes))).tolist())


# -- shape ------------------------------------------------------------------------------------

identity: Operation = row("identity", lambda x: +x, lambda g, y, x: g, kind="linear", scalar=lambda x: x,
               slopes=[lambda y, x: 1.0], doc="x, as a node of its own.")  # fmt: skip
astype: Operation = row(
    "astype",
    lambda x, dtype: as_array(x).astype(dtype),
    lambda g, y, x, dtype: astype(g, plain(x).dtype),
    kind="linear",
    doc="The same numbers in another dtype.",
)
reshape: Operation = row(
    "reshape",
    lambda x, shape: as_array(x).reshape(shape),
    lambda g, y, x, shape: reshape(g, shape_of(x)),
    kind="linear",
    doc="The same elements in another shape, in which one length may be -1: what is left.",
    example={"shape": (4,)},
)
transpose: Operation = row(
    "transpose",
    lambda x, axes=None: as_array(x).transpose(axes),
    lambda g, y, x, axes=None: transpose(
        g, None if axes is None else tuple(np.argsort(axes_of(tuple(axes), len(axes))).tolist())
    ),
    kind="linear",
    doc="The axes in another order, reversed by default.",
)
swapaxes: Operation = row(
    "swapaxes",
    lambda x, axis1, axis2: x.swapaxes(axis1, axis2),
    lambda g, y, x, axis1, axis2: swapaxes(g, axis1, axis2),
    kind="linear",
    doc="Two axes in each other's place.",
    example={"axis1": 0, "axis2": 1},
)


def _broadcast_to(x: Any, shape: Shape) -> Any:
    if np.ndim(x) > len(shape):
        raise ValueError(f"shape {np.shape(x)} has more axes than {shape}")
    # NumPy's own broadcast_to is a slow way to a read-only view; gradients are added to right away.
    result = np.empty_like(x, np.result_type(x), shape=shape)
    result[...] = x
    return result


broadcast_to: Operation = row(
    "broadcast_to",
    _broadcast_to,
    lambda g, y, x, shape: g,
    kind="linear",
    doc="x repeated to a larger shape, as NumPy broadcasts; its gradient is summed back to the shape of x.",
    example={"shape": (3, 2, 2)},
)
roll: Operation = row(
    "roll",
    lambda x, shift, axis=None: np.roll(x, shift, axis),
    lambda g, y, x, shift, axis=None: roll(
        g, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis
    ),
    kind="linear",
    doc="The elements moved on by shift places along an axis, round the end; by default of the flattened x.",
    example={"shift": 1},
)


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _repeats(index: Any) -> bool:
    """Whether an index may name an element twice: only arrays of integers can."""
    parts = _parts(index)
    return any(
        isinstance(part, (np.ndarray, StandIn, list)) and as_array(part).dtype != bool for part in parts
    )


def _scatter(x: Any, index: Any, shape: Shape) -> Any:
    x = beside(as_array(x), _parts(index))
    result = np.zeros_like(x, shape=shape, order="C")
    rows = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    if isinstance(rows, (np.ndarray, StandIn)) and rows.dtype.kind in "iu" and len(shape) > 1:
        # Whole rows, as an embedding takes them: NumPy adds to one axis 3 to 5 times as fast.
        width = math.prod(shape[1:])
        rows = as_array(rows) % shape[0]
        places = rows.reshape(-1, 1) * width + np.arange(width)
        np.add.at(result.reshape(-1), places.reshape(-1), np.reshape(x, -1))
    elif _repeats(index):
        np.add.at(result, index, x)
    else:
        result[index] = x
    return result


getitem: Operation = row(
    "getitem",
    lambda x, index: beside(x, _parts(index))[index],
    lambda g, y, x, index: scatter(g, index, shape_of(x)),
    kind="linear",
    doc="The elements at an index, see ``shapes.getitem``.",
)
scatter: Operation = row("scatter", _scatter, lambda g, y, x, index, shape: getitem(g, index), kind="linear",
    doc="Zeros of the given shape, with x added at the index: the transpose of getitem.")  # fmt: skip


def _concatenate_joint(g: Number, y: Number, *inputs: Number, axis: int) -> list[Number]:
    before = (slice(None),) * (axis % len(shape_of(y)))
    ends = np.cumsum([shape_of(x)[axis] for x in inputs]).tolist()
    return [getitem(g, (*before, slice(a, b))) for a, b in zip([0, *ends], ends, strict=False)]


concatenate_all: Operation = row(
    "concatenate_all",
    lambda *inputs, axis: np.concatenate(inputs, axis),
    joint=_concatenate_joint,
    kind="linear",
    symbol="concatenate",
    doc="Arrays joined along an axis they already have, see ``shapes.concatenate``.",
)

# -- sums, products, extrema ------------------------------------------------------------------

sum: Operation = row(
    "sum",
    lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims),
    lambda g, y, x, axis=None, keepdims=False: broadcast_to(_spread(g, x, axis), shape_of(x)),
    kind="linear",
    doc="The sum over an axis or several, by default over all.",
)


def count_of(x: Number, axis: Axis) -> int:
    """How many elements a reduction over ``axis`` takes together."""
    shape = shape_of(x)
    return math.prod(shape if axis is None else [shape[a] for a in axes_of(axis, len(shape))])


mean: Operation = row(
    "mean",
    lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims) / count_of(x, axis),
    lambda g, y, x, axis=None, keepdims=False: broadcast_to(
        _spread(g, x, axis) / count_of(x, axis), shape_of(x)
    ),
    kind="linear",
    doc="The mean over an axis or several, by default over all.",
)


def _extremum_rule(g: Number, y: Number, x: Number, axis: Axis = None, keepdims: bool = False) -> Number:
    hits = plain(x) == _spread(plain(y), x, axis)
    share = hits / np.maximum(np.add.reduce(hits, axis=axes_of(axis, hits.ndim), keepdims=True), 1)
    return where(hits, _spread(g, x, axis) * share.astype(plain(x).dtype), 0.0)


amax: Operation = row(
    "amax",
    lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims),
    _extremum_rule,
    doc="The largest element over an axis or several, by default over all; the gradient goes to it, and a "
    "tie shares it evenly.",
)
amin: Operation = row(
    "amin",
    lambda x, axis=None, keepdims=False: np.min(x, axis, keepdims=keepdims),
    _extremum_rule,
    doc="The smallest element over an axis or several, by default over all; the gradient goes to it, and a "
    "tie shares it evenly.",
)


def _cumulate_others(x: Number, axis: int) -> Number:
    """The product of all elements but each one along an axis: of those before times those after."""
    ndim = len(shape_of(x))
    axis %= ndim

    def cut(start: int | None, stop: int | None, step: int | None = None) -> tuple[slice, ...]:
        return (slice(None),) * axis + (slice(start, stop, step),)

    def before(z: Number) -> Number:
        ones = np.ones_like(plain(z)[cut(0, 1)])
        return concatenate_all(ones, cumprod_along(getitem(z, cut(None, -1)), axis), axis=axis)

    backwards = cut(None, None, -1)
    return before(x) * getitem(before(getitem(x, backwards)), backwards)


def _prod_rule(g: Number, y: Number, x: Number, axis: Axis = None, keepdims: bool = False) -> Number:
    shape = shape_of(x)
    reduced = axes_of(axis, len(shape))
    kept = tuple(i for i in range(len(shape)) if i not in reduced)
    front = transpose(x, (*kept, *reduced))
    if plain(x).size == 0:
        return x * 0.0
    flat = reshape(front, (*(shape[i] for i in kept), -1))
    others = reshape(_cumulate_others(flat, -1), shape_of(front))
    return _spread(g, x, axis) * transpose(others, _inverse((*kept, *reduced)))


prod: Operation = row(
    "prod",
    lambda x, axis=None, keepdims=False: np.prod(x, axis, keepdims=keepdims),
    _prod_rule,
    doc="The product over an axis or several, by default over all; the slope of a factor is the product of "
    "the others, also where some are 0.",
)

cumsum_along: Operation = row(
    "cumsum_along",
    lambda x, axis: np.cumsum(x, axis),
    lambda g, y, x, axis: _reverse(cumsum_along(_reverse(g, axis), axis), axis),
    kind="linear",
    symbol="cumsum",
    doc="The running sum along an axis, see ``functions.cumsum``.",
)


def _reverse(x: Number, axis: int) -> Number:
    return getitem(x, (slice(None),) * (axis % len(shape_of(x))) + (slice(None, None, -1),))


def _cumprod_rule(g: Number, y: Number, x: Number, axis: int) -> Number:
    if not (plain(y) == 0).any():
        return _reverse(cumsum_along(_reverse(g * y, axis), axis), axis) / x
    # With a zero on the way, each partial product is spelled out with one factor left out.
    ndim = len(shape_of(x))
    n = shape_of(x)[axis]
    lines = swapaxes(x, axis, -1)
    square = (*shape_of(lines)[:-1], n, n)
    without = where(np.eye(n, dtype=bool), 1.0, broadcast_to(newaxis(lines, -2), square))
    partial = where(np.tri(n, dtype=bool).T, cumprod_along(without, ndim), 0.0)
    return swapaxes(sum(partial * newaxis(swapaxes(g, axis, -1), -2), axis=-1), axis, -1)


cumprod_along: Operation = row(
    "cumprod_along",
    lambda x, axis: np.cumprod(x, axis),
    _cumprod_rule,
    symbol="cumprod",
    doc="The running product along an axis, see ``functions.cumprod``.",
)


def _sort_rule(g: Number, y: Number, x: Number, axis: int = -1) -> Number:
    places = np.argsort(np.argsort(plain(x), axis, kind="stable"), axis, kind="stable")
    index = list(np.ogrid[tuple(slice(n) for n in places.shape)])
    index[axis] = places
    return getitem(g, tuple(index))


sort: Operation = row(
    "sort",
    lambda x, axis=-1: np.sort(x, axis, kind="stable"),
    _sort_rule,
    doc="The elements in rising order along an axis; each gradient goes back to where its element came from.",
)


def _norm(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    largest = np.max(np.abs(x), axis, keepdims=True, initial=0)
    scaling = np.where((largest == 0) | ~np.isfinite(largest), 1, largest)
    length = scaling * np.sqrt(np.add.reduce(np.square(x / scaling), axis=axis, keepdims=True))
    return length if keepdims else np.squeeze(length, axes_of(axis, np.ndim(x)))


def _norm_rule(g: Number, y: Number, x: Number, axis: Axis = None, keepdims: bool = False) -> Number:
    length = _spread(y, x, axis)
    return where(length == 0, 0.0, scale(_spread(g, x, axis), x / length))


euclidean_norm: Operation = row("euclidean_norm", _norm, _norm_rule, symbol="norm",
    doc="√(Σ x²) over an axis or several, without overflow; its gradient at 0 is 0.")  # fmt: skip

# -- exponentials, normalised -----------------------------------------------------------------


def _logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    largest = np.maximum.reduce(x, axis, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0)
    result = np.log(np.add.reduce(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return result if keepdims else np.squeeze(result, axes_of(axis, np.ndim(x)))


def _log_softmax(x: Any, axis: int = -1) -> Any:
    shifted = x - np.maximum.reduce(x, axis, keepdims=True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


def _softmax(x: Any, axis: int = -1) -> Any:
    powers = np.exp(x - np.maximum.reduce(x, axis, keepdims=True))
    return powers / np.add.reduce(powers, axis=axis, keepdims=True)


def _logsumexp_rule(g: Number, y: Number, x: Number, axis: Axis = None, keepdims: bool = False) -> Number:
    shares = exp(x - _spread(y, x, axis))
    # y is rounded to its own size, which may be large; made to add up to 1, the shares are not.
    return scale(_spread(g, x, axis), shares / sum(shares, axis=axis, keepdims=True))


logsumexp: Operation = row(
    "logsumexp",
    _logsumexp,
    _logsumexp_rule,
    doc="ln Σ exp(x) over an axis or several, by default over all, without overflow.",
)
softmax: Operation = row(
    "softmax",
    _softmax,
    lambda g, y, x, axis=-1: y * (g - sum(g * y, axis=axis, keepdims=True)),
    doc="exp(x) / Σ exp(x) along an axis, without overflow: positive numbers that add up to 1 (Bridle 1990).",
)
log_softmax: Operation = row(
    "log_softmax",
    _log_softmax,
    lambda g, y, x, axis=-1: g - exp(y) * sum(g, axis=axis, keepdims=True),
    doc="x - ln Σ exp(x) along an axis: the logarithm of softmax, without overflow.",
)
