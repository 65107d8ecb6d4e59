"""The rule book, part four: convolution and pooling, operations on sliding windows.

Arrays are (batch, channels, *lengths) with any number of spatial axes. A window of ``size``
elements, ``dilation`` apart, moves by ``stride`` over the input with ``padding`` on both sides;
it has ``places(...)`` positions on each axis. All four are tuples with one integer an axis.

Convolution is one trilinear form ``Σ g · (x ∗ w)`` of input, kernel and output, read in three
ways: what remains when g, x or w is left out. Each is the derivative of the two others, so the
three rows close under differentiation to any order.

Inside, the batch is the last axis in memory. NumPy's innermost loop then runs over whole lines of
images at once instead of over one short line of one image, and a convolution is one matrix product;
elementwise operations keep the order of memory, so it lasts from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .array_ops import Number, plain, reshape, shape_of
from .operation import Operation, StandIn, row

Axes = tuple[int, ...]


def places(lengths: Axes, size: Axes, stride: Axes, padding: Axes, dilation: Axes) -> Axes:
    """How many positions the window has on each axis: ``(n + 2p - d(k - 1) - 1) // s + 1``.

    >>> places((5,), (3,), (2,), (1,), (1,))
    (3,)
    """
    settings = zip(lengths, size, stride, padding, dilation, strict=True)
    return tuple([(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in settings])


def _batch_last(x: Any) -> Any:
    """(N, C, *rest) as (C, *rest, N), contiguous."""
    turned = x.transpose(*range(1, x.ndim), 0)
    return turned.contiguous() if isinstance(turned, StandIn) else np.ascontiguousarray(turned)


def _batch_first(x: Any) -> Any:
    """(C, *rest, N) as (N, C, *rest), without a copy."""
    return x.transpose(-1, *range(x.ndim - 1))


def _padded(x: Any, padding: Axes, value: float = 0.0) -> Any:
    """(N, C, *lengths) as (C, *lengths + 2 · padding, N)."""
    if not any(padding):
        return _batch_last(x)
    wide = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    result = np.full_like(x, value, shape=(x.shape[1], *wide, len(x)), order="C")
    result[_inside(x.shape[2:], padding)] = x.transpose(*range(1, x.ndim), 0)
    return result


def _inside(lengths: Axes, padding: Axes) -> tuple[slice, ...]:
    return slice(None), *[slice(p, p + n) for n, p in zip(lengths, padding, strict=True)]


def _offsets(
    size: Axes, stride: Axes, dilation: Axes, counts: Axes
) -> Iterator[tuple[tuple[Any, ...], tuple[slice, ...]]]:
    """For each element of the window: its index in the window, and where it is in the padded input."""
    channels = slice(None)
    spans = [
        [slice(o * d, o * d + s * (m - 1) + 1, s) for o in range(k)]
        for k, s, d, m in zip(size, stride, dilation, counts, strict=True)
    ]
    for offset in np.ndindex(size):
        yield (channels, *offset), (channels, *[span[o] for span, o in zip(spans, offset, strict=True)])


def _spread(x: Any, size: Axes, stride: Axes, padding: Axes, dilation: Axes) -> Any:
    """The window at every place, batch last: (C, *size, *places, N)."""
    counts = places(x.shape[2:], size, stride, padding, dilation)
    wide = _padded(x, padding)
    result = np.empty_like(x, shape=(x.shape[1], *size, *counts, len(x)), order="C")
    for element, at in _offsets(size, stride, dilation, counts):
        result[element] = wide[at]
    return result


def _gathered(spread: Any, lengths: Axes, stride: Axes, padding: Axes, dilation: Axes) -> Any:
    """Windows (C, *size, *places, N) added up where they overlap: (N, C, *lengths)."""
    axes = len(lengths)
    size, counts = spread.shape[1 : 1 + axes], spread.shape[1 + axes : -1]
    wide = [n + 2 * p for n, p in zip(lengths, padding, strict=True)]
    result = np.zeros_like(spread, shape=(len(spread), *wide, spread.shape[-1]), order="C")
    for element, at in _offsets(size, stride, dilation, counts):
        result[at] += spread[element]
    return _batch_first(result[_inside(lengths, padding)])


windows: Operation = row(
    "windows",
    lambda x, size, stride, padding, dilation: _batch_first(_spread(x, size, stride, padding, dilation)),
    lambda g, y, x, size, stride, padding, dilation: overlap(
        g, lengths=shape_of(x)[2:], stride=stride, padding=padding, dilation=dilation
    ),
    kind="linear",
    doc="The window at every place: (N, C, *lengths) to (N, C, *size, *places), zeros in the padding.",
)


def _overlap_rule(
    g: Number, y: Number, x: Number, lengths: Axes, stride: Axes, padding: Axes, dilation: Axes
) -> Number:
    size = shape_of(x)[2 : 2 + len(lengths)]
    return windows(g, size=size, stride=stride, padding=padding, dilation=dilation)


overlap: Operation = row(
    "overlap",
    lambda x, lengths, stride, padding, dilation: _gathered(
        _batch_last(x), lengths, stride, padding, dilation
    ),
    _overlap_rule,
    kind="linear",
    doc="Windows added up where they overlap: the transpose of ``windows``.",
)

# -- pooling ----------------------------------------------------------------------------------


def _max_pool(x: Any, size: Axes, stride: Axes, padding: Axes, dilation: Axes) -> Any:
    counts = places(x.shape[2:], size, stride, padding, dilation)
    wide = _padded(x, padding, -math.inf)
    (_, first), *others = _offsets(size, stride, dilation, counts)
    result = wide[first].copy()
    for _, at in others:
        np.maximum(result, wide[at], out=result)
    return _batch_first(result)


def _max_pool_rule(
    g: Number, y: Number, x: Number, size: Axes, stride: Axes, padding: Axes, dilation: Axes
) -> Number:
    data, largest = plain(x), _batch_last(plain(y))
    counts = largest.shape[1:-1]
    wide = _padded(data, padding, -math.inf)
    # (C, *size, *places, N)
    hits = np.empty_like(largest, bool, order="C", shape=(len(largest), *size, *largest.shape[1:]))
    for element, at in _offsets(size, stride, dilation, counts):
        np.equal(wide[at], largest, out=hits[element])
    counter = np.min_scalar_type(math.prod(size))  # small, for speed, but as many as may tie fit
    ties = np.add.reduce(hits.view(np.uint8), axis=tuple(range(1, 1 + len(size))), dtype=counter)
    share = g / _batch_first(np.maximum(ties, 1))  # no element is the largest where that is NaN
    share = reshape(share, (*shape_of(g)[:2], *(1 for _ in size), *counts))
    shares = share * _batch_first(hits.astype(data.dtype))  # NumPy is slow where booleans meet floats
    return overlap(shares, lengths=data.shape[2:], stride=stride, padding=padding, dilation=dilation)


max_pool: Operation = row(
    "max_pool",
    _max_pool,
    _max_pool_rule,
    doc="The largest element of each window; a tie shares the gradient evenly.",
)

# -- convolution ------------------------------------------------------------------------------


def _matrix(weight: Any, groups: int) -> Any:
    """(O, C/G, *size) as one matrix a group: (G, O/G, C/G · ∏size)."""
    return weight.reshape(groups, len(weight) // groups, -1)


def _flat(y: Any, groups: int) -> Any:
    """(N, O, *places) as one matrix a group: (G, O/G, ∏places · N)."""
    return _batch_last(y).reshape(groups, y.shape[1] // groups, -1)


def _columns(x: Any, groups: int, size: Axes, stride: Axes, padding: Axes, dilation: Axes) -> Any:
    """The windows as columns, one matrix a group: (G, C/G · ∏size, ∏places · N)."""
    rows = x.shape[1] // groups * math.prod(size)
    return _spread(x, size, stride, padding, dilation).reshape(groups, rows, -1)


def _convolve(x: Any, weight: Any, stride: Axes, padding: Axes, dilation: Axes, groups: int) -> Any:
    size = weight.shape[2:]
    counts = places(x.shape[2:], size, stride, padding, dilation)
    product = np.matmul(_matrix(weight, groups), _columns(x, groups, size, stride, padding, dilation))
    return _batch_first(product.reshape(len(weight), *counts, len(x)))


def _convolve_input(
    y: Any, weight: Any, lengths: Axes, stride: Axes, padding: Axes, dilation: Axes, groups: int
) -> Any:
    columns = np.matmul(_matrix(weight, groups).swapaxes(1, 2), _flat(y, groups))
    spread = columns.reshape(groups * weight.shape[1], *weight.shape[2:], *y.shape[2:], len(y))
    return _gathered(spread, lengths, stride, padding, dilation)


def _convolve_weight(
    x: Any, y: Any, size: Axes, stride: Axes, padding: Axes, dilation: Axes, groups: int
) -> Any:
    columns = _columns(x, groups, size, stride, padding, dilation)
    product = np.matmul(_flat(y, groups), columns.swapaxes(1, 2))  # (G, O/G, C/G · ∏size)
    return product.reshape(y.shape[1], x.shape[1] // groups, *size)


convolve: Operation = row(
    "convolve",
    _convolve,
    lambda g, y, x, weight, **window: convolve_input(g, weight, lengths=shape_of(x)[2:], **window),
    lambda g, y, x, weight, **window: convolve_weight(x, g, size=shape_of(weight)[2:], **window),
    kind="multilinear",
    symbol="∗",
    doc="``x ∗ w``: input (N, C, *lengths), kernel (O, C/groups, *size), output (N, O, *places).",
)
convolve_input: Operation = row(
    "convolve_input",
    _convolve_input,
    lambda g, y, z, weight, lengths, **window: convolve(g, weight, **window),
    lambda g, y, z, weight, lengths, **window: convolve_weight(g, z, size=shape_of(weight)[2:], **window),
    kind="multilinear",
    doc="The transpose of ``convolve`` in its input: (N, O, *places) to (N, C, *lengths).",
)
convolve_weight: Operation = row(
    "convolve_weight",
    _convolve_weight,
    lambda g, y, x, z, size, **window: convolve_input(z, g, lengths=shape_of(x)[2:], **window),
    lambda g, y, x, z, size, **window: convolve(x, g, **window),
    kind="multilinear",
    doc="The transpose of ``convolve`` in its kernel: input and output to (O, C/groups, *size).",
)
