"""The rule book, part six: attention of several heads as one row.

It is a dozen operations on small arrays; one row, because with a node for each of them a step of a
small transformer was measured to spend a fifth of its time between them. The rule is written in
operators and methods that arrays and nodes share.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_ops import Number, plain, shape_of, softmax
from .operation import Operation, row


def _apart(x: Number, heads: int) -> Number:
    """(..., places, heads · size) to (..., heads, places, size)."""
    *batch, places, width = shape_of(x)
    return x.reshape((*batch, places, heads, width // heads)).swapaxes(-2, -3)


def _together(x: Number) -> Number:
    """(..., heads, places, size) to (..., places, heads · size)."""
    *batch, heads, places, size = shape_of(x)
    return x.swapaxes(-2, -3).reshape((*batch, places, heads * size))


def _attention(query: Any, key: Any, value: Any, heads: int, scale: float, mask: Any) -> Any:
    weights = _weights(_apart(query, heads), _apart(key, heads), scale, mask)
    return _together(weights @ _apart(value, heads))


def _weights(query: Number, key: Number, scale: float, mask: Any) -> Number:
    """How much each place looks at each other, (..., heads, to, from)."""
    scores = query @ key.swapaxes(-1, -2) * scale
    return softmax(scores + np.asarray(mask, plain(scores).dtype), axis=-1)


def _attention_joint(
    gradient: Number,
    y: Number,
    query: Number,
    key: Number,
    value: Number,
    heads: int,
    scale: float,
    mask: Any,
) -> list[Number]:
    q, k, v, g = (_apart(x, heads) for x in (query, key, value, gradient))
    weights = _weights(q, k, scale, mask)
    to_weights = g @ v.swapaxes(-1, -2)
    along = (to_weights * weights).sum(axis=-1, keepdims=True)
    to_scores = weights * (to_weights - along) * scale
    to_query, to_key, to_value = to_scores @ k, to_scores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ g
    return [_together(to_query), _together(to_key), _together(to_value)]


attention: Operation = row(
    "attention",
    _attention,
    joint=_attention_joint,
    doc="``softmax(Q Kᵀ · scale + mask) V`` for each head: query (..., to, heads · size), key and value "
    "(..., from, heads · size); the mask (..., to, from) is added to the scores of every head.",
)
