"""The rule book, part three: what networks do so often that one row pays.

Each of these could be composed of other rows; each is a row because that was measured to be
slower: a training step of a small network spends most of its time between the array operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_ops import Number, reshape, shape_of, softmax
from .operation import Operation, row


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    product = np.dot(x, weight.T)
    product += bias
    return product


def _rows(x: Number) -> Number:
    """All leading axes as one: a matrix with the last axis of x."""
    shape = shape_of(x)
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


def _cross_entropy(logits: Any, classes: Any) -> Any:
    shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    picked = shifted[np.arange(len(classes)), classes]
    return np.log(np.add.reduce(np.exp(shifted), axis=1)) - picked


def _cross_entropy_rule(g: Number, y: Number, logits: Number, classes: Any) -> Number:
    hits = np.equal.outer(classes, np.arange(shape_of(logits)[1]))
    return (softmax(logits, axis=1) - hits) * reshape(g, (-1, 1))


cross_entropy: Operation = row(
    "cross_entropy",
    _cross_entropy,
    _cross_entropy_rule,
    doc="``-log softmax(logits)[classes]``: logits (batch, classes), integers (batch,); one loss a row.",
)
