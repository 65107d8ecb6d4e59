"""Attention as a function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import ShapeError
from autograd.array_ops import plain, shape_of

from ..module import Random
from .basic import dropout
from .checks import broadcasts


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: Random = None,
) -> Any:
    """``softmax(Q Kᵀ / √width) V`` (Vaswani et al. 2017).

    Query (..., to, width), key (..., from, width), value (..., from, out); gives (..., to, out).

    Parameters
    ----------
    attn_mask: (..., to, from); booleans that say who may look at whom, or numbers added to the scores.
    is_causal: let each place look at itself and at those before it only.
    scale: what the scores are multiplied by, 1/√width by default.

    Raises
    ------
    ShapeError: the shapes do not fit.

    >>> q = np.zeros((1, 2))
    >>> scaled_dot_product_attention(q, np.zeros((2, 2)), np.array([[1.0], [3.0]]))
    array([[2.]])
    """
    shapes = shape_of(query), shape_of(key), shape_of(value)
    if min(map(len, shapes)) < 2 or not _fit(*shapes):
        raise ShapeError(
            f"attention: query {shapes[0]}, key {shapes[1]} and value {shapes[2]} do not fit; query and key "
            "share the last axis, key and value the last but one, and the axes before broadcast"
        )
    to, width = shapes[0][-2:]
    source = shapes[1][-2]
    if is_causal and attn_mask is not None:
        raise ValueError("attention: pass attn_mask or is_causal, not both")
    if is_causal:
        attn_mask = np.tri(to, source, dtype=bool)
    factor = 1 / math.sqrt(width) if scale is None else scale
    scores = autograd.matmul(query * factor, autograd.swapaxes(key, -1, -2))  # (..., to, from)
    if attn_mask is not None and not broadcasts(shape_of(attn_mask), to=shape_of(scores)):
        raise ShapeError(
            f"attention: the mask has shape {shape_of(attn_mask)}, the scores {shape_of(scores)}"
        )
    if attn_mask is None:
        weights = autograd.softmax(scores, axis=-1)
    elif plain(attn_mask).dtype == bool:
        allowed = np.asarray(plain(attn_mask))
        lowest = float(np.finfo(plain(scores).dtype).min)
        weights = autograd.softmax(autograd.where(allowed, scores, lowest), axis=-1)
        if not allowed.any(-1).all():  # who may look at nobody gets zeros
            weights = autograd.where(allowed, weights, 0.0)
    else:
        weights = autograd.softmax(scores + attn_mask, axis=-1)
    return autograd.matmul(dropout(weights, dropout_p, rng=rng), value)


def _fit(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> bool:
    if query[-1] != key[-1] or key[-2] != value[-2]:
        return False
    if query[:-2] == key[:-2] == value[:-2]:
        return True
    try:
        np.broadcast_shapes(query[:-2], key[:-2], value[:-2])
    except ValueError:
        return False
    return True
