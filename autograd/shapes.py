"""Functions that move, repeat, join and pick elements: compositions of rows."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .array_ops import (
    Axis,
    Number,
    axes_of,
    broadcast_to,
    concatenate_all,
    plain,
    reshape,
    scatter,
    shape_of,
    transpose,
)  # fmt: skip
from .array_ops import getitem as _getitem
from .operation import StandIn
from .ops import where

# -- numbers ----------------------------------------------------------------------------------


def as_number(x: Number) -> Number:
    """A number of any kind that has a shape: lists become arrays, or a node if they hold nodes.

    >>> as_number([1.0, 2.0])
    array([1., 2.])
    """
    if isinstance(x, (list, tuple)):
        return as_node(x) if _holds_nodes(x) else np.asarray(x, dtype=float)
    return np.float64(x) if isinstance(x, (int, float)) and not isinstance(x, StandIn) else x


def as_node(items: Sequence[Any]) -> Number:
    """A nested list with nodes in it as one array node."""
    return stack([as_node(x) if isinstance(x, (list, tuple)) else x for x in items])


def _holds_nodes(items: Sequence[Any]) -> bool:
    return any(
        _holds_nodes(x) if isinstance(x, (list, tuple)) else getattr(type(x), "rank", 0) for x in items
    )


# -- shape ------------------------------------------------------------------------------------


def moveaxis(x: Number, source: int | Sequence[int], destination: int | Sequence[int]) -> Number:
    """Move axes to new places; the others keep their order.

    >>> shape_of(moveaxis(np.ones((2, 3, 4)), 0, -1))
    (3, 4, 2)
    """
    ndim = len(shape_of(as_number(x)))
    sources = axes_of(source if isinstance(source, int) else tuple(source), ndim)
    destinations = axes_of(destination if isinstance(destination, int) else tuple(destination), ndim)
    axes = [i for i in range(ndim) if i not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        axes.insert(place, axis)
    return transpose(x, tuple(axes))


def expand_dims(x: Number, axis: int | tuple[int, ...]) -> Number:
    """Insert axes of length 1 at the given places of the result.

    >>> shape_of(expand_dims(np.ones(3), 0))
    (1, 3)
    """
    x = as_number(x)
    shape = shape_of(x)
    ndim = len(shape) + (len(axis) if isinstance(axis, tuple) else 1)
    new = axes_of(axis, ndim)
    old = iter(shape)
    return reshape(x, tuple(1 if i in new else next(old) for i in range(ndim)))


def squeeze(x: Number, axis: Axis = None) -> Number:
    """Drop axes of length 1: the given ones, or all.

    >>> shape_of(squeeze(np.ones((1, 3, 1))))
    (3,)
    """
    x = as_number(x)
    shape = shape_of(x)
    dropped = axes_of(axis, len(shape)) if axis is not None else [i for i, n in enumerate(shape) if n == 1]
    if any(shape[i] != 1 for i in dropped):
        raise ValueError(f"squeeze: axis {axis} of shape {shape} is not of length 1")
    return reshape(x, tuple(n for i, n in enumerate(shape) if i not in dropped))


def flip(x: Number, axis: Axis = None) -> Number:
    """Reverse the order of the elements along the given axes, all by default.

    >>> flip([1.0, 2.0])
    array([2., 1.])
    """
    x = as_number(x)
    ndim = len(shape_of(x))
    reversed_axes = axes_of(axis, ndim)
    return _getitem(
        x, index=tuple(slice(None, None, -1 if i in reversed_axes else None) for i in range(ndim))
    )


def tile(x: Number, reps: int | tuple[int, ...]) -> Number:
    """Repeat the whole array ``reps`` times along each axis.

    >>> tile([1.0, 2.0], 2)
    array([1., 2., 1., 2.])
    """
    x = as_number(x)
    counts = reps if isinstance(reps, tuple) else (reps,)
    ndim = max(len(counts), len(shape_of(x)))
    shape = (1,) * (ndim - len(shape_of(x))) + shape_of(x)
    counts = (1,) * (ndim - len(counts)) + counts
    apart = reshape(x, tuple(n for size in shape for n in (1, size)))
    wide = broadcast_to(apart, tuple(n for pair in zip(counts, shape, strict=True) for n in pair))
    return reshape(wide, tuple(c * n for c, n in zip(counts, shape, strict=True)))


def repeat(x: Number, n: Any, axis: int | None = None) -> Number:
    """Repeat each element ``n`` times along ``axis``; of the flattened array by default.

    >>> repeat([1.0, 2.0], 2)
    array([1., 1., 2., 2.])
    """
    x = as_number(x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return take(x, np.repeat(np.arange(shape_of(x)[axis]), n), axis)


def pad(x: Number, pad_width: Any, value: float = 0.0) -> Number:
    """Surround an array with a constant: ``pad(x, ((before, after), ...), value=0)``.

    >>> pad([1.0], ((1, 2),))
    array([0., 1., 0., 0.])
    """
    x = as_number(x)
    shape = shape_of(x)
    widths = [(int(a), int(b)) for a, b in np.broadcast_to(np.asarray(pad_width), (len(shape), 2))]
    if any(width < 0 for pair in widths for width in pair):
        raise ValueError(f"pad: widths must not be negative, got {pad_width}")
    inside = tuple(slice(a, a + n) for (a, _), n in zip(widths, shape, strict=True))
    padded = scatter(x, index=inside, shape=tuple(a + n + b for (a, b), n in zip(widths, shape, strict=True)))
    if value == 0:
        return padded
    outside = np.ones(shape_of(padded), dtype=bool)
    outside[inside] = False
    return where(outside, value, padded)


def concatenate(arrays: Sequence[Number], axis: int = 0) -> Number:
    """Join arrays along an axis they already have.

    >>> concatenate([[1.0], [2.0, 3.0]])
    array([1., 2., 3.])
    """
    if not len(arrays):
        raise ValueError("concatenate needs at least one array")
    return concatenate_all(*[as_number(x) for x in arrays], axis=axis)


def stack(arrays: Sequence[Number], axis: int = 0) -> Number:
    """Join arrays of one shape along a new axis.

    >>> stack([1.0, 2.0])
    array([1., 2.])
    """
    if not len(arrays):
        raise ValueError("stack needs at least one array")
    arrays = [as_number(x) for x in arrays]
    shapes = {shape_of(x) for x in arrays}
    if len(shapes) > 1:
        raise ValueError(f"stack needs arrays of one shape, got {sorted(shapes)}")
    return concatenate_all(*[expand_dims(x, axis) for x in arrays], axis=axis)


def take(x: Number, indices: Any, axis: int | None = None) -> Number:
    """The elements at the given indices along ``axis``; of the flattened array by default.

    >>> take([5.0, 6.0], [1, 1, 0])
    array([6., 6., 5.])
    """
    x = as_number(x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis %= len(shape_of(x))
    return _getitem(x, index=(slice(None),) * axis + (_static_index(indices),))


def getitem(x: Number, index: Any) -> Number:
    """``x[index]`` with slices, integers, None, Ellipsis, arrays of integers or booleans.

    >>> float(getitem([5.0, 6.0], -1))
    6.0
    """
    parts = index if isinstance(index, tuple) else (index,)
    return _getitem(as_number(x), index=tuple(map(_static_index, parts)))


def _static_index(part: Any) -> Any:
    """An index is no input of the graph; lists and tensors of integers become arrays, copied."""
    if part is None or part is Ellipsis or (isinstance(part, (int, slice)) and not isinstance(part, bool)):
        return part
    if isinstance(plain(part), StandIn):
        return plain(part)
    array = np.array(plain(part))
    if array.dtype.kind not in "iub" and array.size:
        raise IndexError(f"an index holds integers or booleans, got {array.dtype}")
    return array if array.dtype.kind in "iub" else array.astype(int)


# -- diagonals and triangles ------------------------------------------------------------------


def diag(x: Number, k: int = 0) -> Number:
    """The k-th diagonal of a matrix, or the matrix with this k-th diagonal.

    >>> diag([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]])
    """
    x = as_number(x)
    shape = shape_of(x)
    if len(shape) == 1:
        n = shape[0] + operator.index(k if k > 0 else -k)
        steps = np.arange(shape[0])
        return scatter(x, index=(steps + max(-k, 0), steps + max(k, 0)), shape=(n, n))
    if len(shape) != 2:
        raise ValueError(f"diag takes a vector or a matrix, got shape {shape}")
    steps = np.arange(max(min(shape[0] - max(-k, 0), shape[1] - max(k, 0)), 0))
    return _getitem(x, index=(steps + max(-k, 0), steps + max(k, 0)))


def tril(x: Number, k: int = 0) -> Number:
    """The lower triangle of the last two axes, zeros above the k-th diagonal.

    >>> tril([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 0.],
           [3., 4.]])
    """
    x = as_number(x)
    return where(_triangle(x, k), x, 0.0)


def triu(x: Number, k: int = 0) -> Number:
    """The upper triangle of the last two axes, zeros below the k-th diagonal.

    >>> triu([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [0., 4.]])
    """
    x = as_number(x)
    return where(_triangle(x, k - 1), 0.0, x)


def _triangle(x: Number, k: int) -> Any:
    rows, columns = shape_of(x)[-2:]
    return np.tri(rows, columns, k, dtype=bool)
