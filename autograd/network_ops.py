"""The rule book, part three: what networks do so often that one row pays.

Each of these could be composed of other rows; each is a row because that was measured to be
slower: a training step of a small network spends most of its time between the array operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_ops import Number, count_of, mean, reshape, softmax
from .operation import Operation, row
from .ops import rsqrt, square


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    product = np.dot(_rows(x), weight.T)  # for NumPy only a product of two matrices is one product
    product += bias
    return product if x.ndim == 2 else product.reshape((*x.shape[:-1], *product.shape[1:]))


def _rows(x: Number) -> Number:
    """All leading axes as one: a matrix with the last axis of x."""
    shape = x.shape
    return x if len(shape) == 2 else reshape(x, (-1, shape[-1]))


linear: Operation = row(
    "linear",
    _linear,
    lambda g, y, x, weight, bias: g @ weight,
    lambda g, y, x, weight, bias: _rows(g).T @ _rows(x),
    lambda g, y, x, weight, bias: _rows(g).sum(axis=0),
    definition=lambda x, weight, bias: x @ weight.T + bias,
    doc="``x Wᵀ + b``: x of shape (..., in), weight (out, in), bias (out,).",
)


def _cross_entropy(logits: Any, classes: Any, reduction: str = "none") -> Any:
    shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    picked = shifted[np.arange(len(classes)), classes]
    sums = np.add.reduce(np.exp(shifted), axis=1, keepdims=True)
    losses = np.log(sums)[:, 0] - picked
    if reduction == "none":
        return losses
    total = np.add.reduce(losses)
    return total / len(classes) if reduction == "mean" else total


def _cross_entropy_rule(
    g: Number, y: Number, logits: Number, classes: Any, reduction: str = "none"
) -> Number:
    hits = classes.reshape(-1, 1) == np.arange(logits.shape[1])
    share = reshape(g, (-1, 1)) if reduction == "none" else g / len(classes) if reduction == "mean" else g
    return (softmax(logits, axis=1) - hits) * share


cross_entropy: Operation = row(
    "cross_entropy",
    _cross_entropy,
    _cross_entropy_rule,
    doc="``-log softmax(logits)[classes]``: logits (batch, classes), integers (batch,); one loss a row, or "
    'with the reduction "mean" or "sum" one in all.',
)


def _moments(x: Number, axis: tuple[int, ...], eps: float) -> tuple[Number, Number]:
    """The distance of x to its mean, and one over its standard deviation."""
    distance = x - mean(x, axis=axis, keepdims=True)
    return distance, rsqrt(mean(square(distance), axis=axis, keepdims=True) + eps)


def _standardize(x: Any, axis: tuple[int, ...], eps: float) -> Any:
    distance, scaling = _moments(x, axis, eps)
    return distance * scaling


def _standardize_rule(g: Number, y: Number, x: Number, axis: tuple[int, ...], eps: float) -> Number:
    scaling = _moments(x, axis, eps)[1]
    along = mean(g, axis=axis, keepdims=True) + y * mean(g * y, axis=axis, keepdims=True)
    return scaling * (g - along)


standardize: Operation = row(
    "standardize",
    _standardize,
    _standardize_rule,
    doc="``(x - mean) / √(var + eps)`` over the given axes: what batch, layer and group norm share.",
)


def _rms_norm(x: Any, axis: tuple[int, ...], eps: float) -> Any:
    return x / np.sqrt(np.add.reduce(x * x, axis, keepdims=True) / count_of(x, axis) + eps)


def _rms_norm_rule(g: Number, y: Number, x: Number, axis: tuple[int, ...], eps: float) -> Number:
    # In operators and methods, which arrays have too: most of this row's time was calls of operations.
    count = count_of(x, axis)
    scaling = ((x * x).sum(axis=axis, keepdims=True) / count + eps) ** -0.5
    return scaling * (g - y * ((g * y).sum(axis=axis, keepdims=True) / count))


rms_norm: Operation = row(
    "rms_norm",
    _rms_norm,
    _rms_norm_rule,
    doc="``x / √(mean(x²) + eps)`` over the given axes.",
)
