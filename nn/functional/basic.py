"""Linear maps, embeddings and dropout as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, network_ops, random_numbers
from autograd.array_ops import plain, shape_of
from autograd.operation import as_array

from ..module import Random, generator
from .checks import axis_of, probability


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``x Wᵀ + b``: x of shape (..., in), weight (out, in), bias (out,).

    Raises
    ------
    ShapeError: the last axis of x is not the last of the weight, or the bias not its first.

    >>> linear(np.ones((1, 2)), np.array([[3.0, 4.0]]), np.array([1.0]))
    array([[8.]])
    """
    shape, weight_shape = shape_of(input), shape_of(weight)
    if len(weight_shape) != 2 or not shape or shape[-1] != weight_shape[1]:
        raise ShapeError(
            f"linear: the input has shape {shape}, the weight {weight_shape}; the weight is (out, in), and "
            "the input's last axis is in"
        )
    if bias is None:
        return autograd.matmul(input, autograd.swapaxes(weight, 0, 1))
    if shape_of(bias) != weight_shape[:1]:
        raise ShapeError(f"linear: the bias has shape {shape_of(bias)}, the weight {weight_shape}")
    return network_ops.linear(input, weight, bias)


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows ``weight[input]``: integers (...) and a weight (count, width) give (..., width).

    Parameters
    ----------
    padding_idx: a row that gets no gradient.

    Raises
    ------
    TypeError: the input does not hold integers.
    IndexError: an integer is out of range.
    ShapeError: the weight does not have two axes.

    >>> embedding(np.array([1, 1]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [3., 4.]])
    """
    indices = as_array(plain(input))
    if len(shape_of(weight)) != 2:
        raise ShapeError(
            f"embedding: the weight has shape {shape_of(weight)}, not (count, width); the input has shape "
            f"{indices.shape}"
        )
    count = shape_of(weight)[0]
    if indices.dtype.kind not in "iu":
        raise TypeError(f"embedding: the input holds integers, not {indices.dtype}")
    if indices.size and not 0 <= indices.min() <= indices.max() < count:
        raise IndexError(
            f"embedding: indices from {indices.min()} to {indices.max()} into a weight of shape "
            f"{shape_of(weight)}"
        )
    rows = autograd.getitem(weight, indices)
    if padding_idx is None:
        return rows
    padded = np.expand_dims(indices == padding_idx % count, -1)
    return autograd.where(padded, plain(rows), rows)


def dropout(input: Any, p: float = 0.5, training: bool = True, *, rng: Random = None) -> Any:
    """Zero each element with probability p and divide the rest by 1 - p (Srivastava et al. 2014).

    ``y = x · m / (1 - p)`` with m drawn anew at every call, so that the mean of y is x.

    Parameters
    ----------
    rng: a random generator or its seed.

    >>> dropout(np.ones(4), 0.5, rng=1)
    array([2., 2., 0., 2.])
    """
    probability("dropout", p)
    if not training or p == 0:
        return input
    dtype = getattr(input, "dtype", None) or np.dtype(float)
    kept = random_numbers(generator(rng), shape_of(input)) >= p
    return input * (kept / dtype.type(1 - p if p < 1 else 1))


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Make one axis of the axes from start_dim to end_dim.

    Raises
    ------
    ShapeError: there are no such axes, or none from the one to the other.

    >>> flatten(np.ones((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = shape_of(input)
    first, last = axis_of("flatten", input, start_dim), axis_of("flatten", input, end_dim)
    if first > last:
        raise ShapeError(f"flatten: of shape {shape}, axis {start_dim} comes after axis {end_dim}")
    middle = int(np.prod(shape[first : last + 1]))
    return autograd.reshape(input, (*shape[:first], middle, *shape[last + 1 :]))
