"""Operations that are compositions of rows, and the public forms of rows with friendlier arguments.

Nothing here has a derivative of its own: the rule book has them all.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .array_ops import (
    Axis,
    Number,
    amax,
    amin,
    axes_of,
    broadcast_to,
    concatenate_all,
    count_of,
    cumprod_along,
    cumsum_along,
    det,
    einsum_all,
    euclidean_norm,
    inv,
    log_softmax,
    logsumexp,
    matmul,
    mean,
    plain,
    prod,
    reshape,
    roll,
    scatter,
    shape_of,
    softmax,
    solve,
    sort,
    sum,
    swapaxes,
    transpose,
)
from .array_ops import getitem as _getitem
from .operation import TABLE
from .ops import abs, erfc, expm1, power, sigmoid, softplus, square, tanh, where
from .ops import clip as _clip

# -- activations ------------------------------------------------------------------------------


def leaky_relu(x: Number, negative_slope: float = 0.01) -> Number:
    """``x`` where x > 0, else ``negative_slope * x`` (Maas et al. 2013).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return where(x > 0, x, negative_slope * x)


def elu(x: Number, alpha: float = 1.0) -> Number:
    """``x`` where x > 0, else ``alpha * (exp(x) - 1)`` (Clevert et al. 2015).

    >>> elu(1.5)
    1.5
    """
    return where(x > 0, x, alpha * expm1(x))


def selu(x: Number) -> Number:
    """A scaled elu that keeps mean 0 and variance 1 (Klambauer et al. 2017).

    >>> round(selu(1.0), 6)
    1.050701
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def silu(x: Number) -> Number:
    """``x * sigmoid(x)``, also called swish (Elfwing et al. 2017).

    >>> silu(0.0)
    0.0
    """
    return x * sigmoid(x)


def mish(x: Number) -> Number:
    """``x * tanh(softplus(x))`` (Misra 2019).

    >>> mish(0.0)
    0.0
    """
    return x * tanh(softplus(x))


def gelu(x: Number) -> Number:
    """``x * Φ(x)`` with the normal distribution function Φ (Hendrycks and Gimpel 2016).

    >>> round(gelu(1.0), 6)
    0.841345
    """
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


def gelu_tanh(x: Number) -> Number:
    """The approximation of gelu by tanh (Hendrycks and Gimpel 2016).

    >>> round(gelu_tanh(1.0), 6)
    0.841192
    """
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def softsign(x: Number) -> Number:
    """``x / (1 + |x|)``.

    >>> softsign(1.0)
    0.5
    """
    return x / (1 + abs(x))


def logsigmoid(x: Number) -> Number:
    """``log(sigmoid(x))``, without overflow.

    >>> logsigmoid(-1000.0)
    -1000.0
    """
    return -softplus(-x)


def clip(x: Number, low: Number | None = None, high: Number | None = None) -> Number:
    """``x`` kept between low and high, each of which may be None; an edge has slope 1.

    >>> clip(3.0, 0.0, 1.0)
    1.0
    """
    return _clip(x, -math.inf if low is None else low, math.inf if high is None else high)


# -- statistics -------------------------------------------------------------------------------


def var(x: Number, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Number:
    """The variance: the mean of the squared distance to the mean, in two passes for stability.

    >>> float(var([1.0, 3.0]))
    1.0
    """
    x = as_number(x)
    distance = x - mean(x, axis=axis, keepdims=True)
    return sum(square(distance), axis=axis, keepdims=keepdims) / (count_of(x, axis) - ddof)


def std(x: Number, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Number:
    """The standard deviation; its gradient where all elements are equal is 0.

    >>> float(std([1.0, 3.0]))
    1.0
    """
    x = as_number(x)
    distance = x - mean(x, axis=axis, keepdims=True)
    return euclidean_norm(distance, axis=axis, keepdims=keepdims) / math.sqrt(count_of(x, axis) - ddof)


def norm(x: Number, ord: float | None = None, axis: Axis = None, keepdims: bool = False) -> Number:
    """The vector norm of order ``ord``, 2 by default, over ``axis``, all axes by default.

    The gradient of every norm at 0 is 0, its subgradient of least length.

    >>> float(norm([3.0, 4.0]))
    5.0
    """
    x = as_number(x)
    if ord is None or ord == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return amax(abs(x), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(abs(x), axis=axis, keepdims=keepdims)
    if ord <= 0:
        raise ValueError(f"norm: ord must be positive, got {ord}")
    total = sum(power(abs(x), ord), axis=axis, keepdims=keepdims)
    return where(total == 0, 0.0, power(where(total == 0, 1.0, total), 1 / ord))


def cumsum(x: Number, axis: int | None = None) -> Number:
    """The running sum along ``axis``; of the flattened array by default.

    >>> cumsum([1.0, 2.0, 3.0])
    array([1., 3., 6.])
    """
    return cumsum_along(reshape(x, (-1,)), axis=0) if axis is None else cumsum_along(x, axis=axis)


def cumprod(x: Number, axis: int | None = None) -> Number:
    """The running product along ``axis``; of the flattened array by default.

    >>> cumprod([1.0, 2.0, 3.0])
    array([1., 2., 6.])
    """
    return cumprod_along(reshape(x, (-1,)), axis=0) if axis is None else cumprod_along(x, axis=axis)


# -- linear algebra ---------------------------------------------------------------------------


def dot(a: Number, b: Number) -> Number:
    """NumPy's dot product: over the last axis of a and the last but one of b.

    >>> float(dot([1.0, 2.0], [3.0, 4.0]))
    11.0
    """
    a, b = as_number(a), as_number(b)
    if not shape_of(a) or not shape_of(b):
        return a * b
    if len(shape_of(b)) <= 2:
        return matmul(a, b)
    return tensordot(a, b, axes=([-1], [-2]))


def outer(a: Number, b: Number) -> Number:
    """``a[i] * b[j]`` for all pairs, of the flattened arrays.

    >>> outer([1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]])
    """
    return reshape(a, (-1, 1)) * reshape(b, (1, -1))


def einsum(subscripts: str, *operands: Number) -> Number:
    """A sum of products in Einstein's notation, as NumPy reads it; ellipsis and ``ii`` included.

    >>> float(einsum("i,i->", [1.0, 2.0], [3.0, 4.0]))
    11.0
    """
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    operands = tuple(as_number(x) for x in operands)
    if len(terms) != len(operands):
        raise ValueError(f"einsum {subscripts!r} names {len(terms)} operands, got {len(operands)}")
    unused = iter(sorted(set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(text)))
    widths = [
        len(shape_of(x)) - len(term.replace("...", "")) if "..." in term else 0
        for term, x in zip(terms, operands, strict=True)
    ]
    dots = [next(unused) for _ in range(max(widths))]
    terms = [t.replace("...", "".join(dots[len(dots) - w :])) for t, w in zip(terms, widths, strict=True)]
    if not arrow:
        letters = "".join(terms)
        right = "".join(dots) + "".join(
            sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots)
        )
    right = right.replace("...", "".join(dots))
    terms, operands = map(list, zip(*map(_diagonals, terms, operands), strict=True))  # type: ignore[assignment]
    return einsum_all(*operands, subscripts=f"{','.join(terms)}->{right}")


def _diagonals(term: str, x: Number) -> tuple[str, Number]:
    """Read ``ii`` as the diagonal: afterwards no letter stands twice."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = moveaxis(x, (first, second), (-2, -1))
            steps = np.arange(shape_of(x)[-1])
            x = _getitem(x, index=(..., steps, steps))
            term = "".join(c for i, c in enumerate(term) if i not in (first, second)) + letter
    return term, x


def tensordot(a: Number, b: Number, axes: Any = 2) -> Number:
    """The sum of products over the given axes of a and b, as in NumPy.

    >>> float(tensordot([1.0, 2.0], [3.0, 4.0], axes=1))
    11.0
    """
    a, b = as_number(a), as_number(b)
    ndim_a, ndim_b = len(shape_of(a)), len(shape_of(b))
    if isinstance(axes, int):
        axes = (range(ndim_a - axes, ndim_a), range(axes))
    over_a, over_b = (
        axes_of(tuple(part) if isinstance(part, Sequence) else part, ndim)
        for part, ndim in zip(axes, (ndim_a, ndim_b), strict=True)
    )
    keep_a = tuple(i for i in range(ndim_a) if i not in over_a)
    keep_b = tuple(i for i in range(ndim_b) if i not in over_b)
    inner = math.prod(shape_of(a)[i] for i in over_a)
    left = reshape(transpose(a, (*keep_a, *over_a)), (-1, inner))
    right = reshape(transpose(b, (*over_b, *keep_b)), (inner, -1))
    kept = (*(shape_of(a)[i] for i in keep_a), *(shape_of(b)[i] for i in keep_b))
    return reshape(matmul(left, right), kept)


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


def trace(x: Number) -> Number:
    """The sum of the diagonal of a matrix.

    >>> float(trace([[1.0, 2.0], [3.0, 4.0]]))
    5.0
    """
    return sum(diag(x))


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
    array = np.array(plain(part))
    if array.dtype.kind not in "iub" and array.size:
        raise IndexError(f"an index holds integers or booleans, got {array.dtype}")
    return array if array.dtype.kind in "iub" else array.astype(int)


# -- numbers ----------------------------------------------------------------------------------


def as_number(x: Number) -> Number:
    """A number of any kind that has a shape: lists become arrays, or a node if they hold nodes.

    >>> as_number([1.0, 2.0])
    array([1., 2.])
    """
    if isinstance(x, (list, tuple)):
        return as_node(x) if _holds_nodes(x) else np.asarray(x, dtype=float)
    return np.float64(x) if isinstance(x, (int, float)) else x


def as_node(items: Sequence[Any]) -> Number:
    """A nested list with nodes in it as one array node."""
    return stack([as_node(x) if isinstance(x, (list, tuple)) else x for x in items])


def _holds_nodes(items: Sequence[Any]) -> bool:
    return any(
        _holds_nodes(x) if isinstance(x, (list, tuple)) else getattr(type(x), "rank", 0) for x in items
    )


# -- methods ----------------------------------------------------------------------------------

SCALAR_METHODS: tuple[Any, ...] = (
    *(row for row in TABLE.values() if len(row.slopes) == 1 and row.kind == "elementwise"),
    leaky_relu, elu, selu, silu, mish, gelu, gelu_tanh, softsign, logsigmoid, clip,
)  # fmt: skip
"""What every node has as a method: ``x.tanh()`` is ``tanh(x)``."""

ARRAY_METHODS: tuple[Any, ...] = (
    sum, mean, var, std, prod, amax, amin, norm, cumsum, cumprod, sort, logsumexp, softmax, log_softmax,
    transpose, swapaxes, moveaxis, expand_dims, squeeze, broadcast_to, flip, roll, tile, repeat, pad, tril,
    triu, diag, trace, take, dot, outer, matmul, inv, det, solve,
)  # fmt: skip
"""What only an array has as a method."""
