"""Operations that are compositions of rows, and the public forms of rows with friendlier arguments.

Nothing here has a derivative of its own: the rule book has them all.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import activations, shapes
from .activations import clip, elu, gelu, gelu_tanh, leaky_relu, logsigmoid, mish, selu, silu, softsign
from .array_ops import (
    Axis,
    Number,
    amax,
    amin,
    axes_of,
    broadcast_to,
    count_of,
    cumprod_along,
    cumsum_along,
    euclidean_norm,
    log_softmax,
    logsumexp,
    mean,
    prod,
    reshape,
    roll,
    shape_of,
    softmax,
    sort,
    sum,
    swapaxes,
    transpose,
)  # fmt: skip
from .array_ops import getitem as _getitem
from .linalg_ops import det, einsum_all, inv, matmul, solve
from .operation import TABLE
from .ops import abs, power, square, where
from .shapes import (
    as_number,
    diag,
    expand_dims,
    flip,
    moveaxis,
    pad,
    repeat,
    squeeze,
    take,
    tile,
    tril,
    triu,
)  # fmt: skip

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


def trace(x: Number) -> Number:
    """The sum of the diagonal of a matrix.

    >>> float(trace([[1.0, 2.0], [3.0, 4.0]]))
    5.0
    """
    return sum(diag(x))


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

COMPOSITIONS = {
    name: function
    for module in (activations, shapes, sys.modules[__name__])
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
}
"""Every public composition by its name."""
