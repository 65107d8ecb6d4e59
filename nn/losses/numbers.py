"""How far numbers are from other numbers, and vectors from other vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import ShapeError
from autograd.array_ops import shape_of
from autograd.shapes import as_number

from ..functional.checks import axis_of
from .reduction import Reduction, pair, reduced, weighted


def mse_loss(input: Any, target: Any, reduction: Reduction = "mean", weight: Any = None) -> Any:
    """``(x - y)²`` (Gauss 1809).

    Parameters
    ----------
    weight: a factor for each element; the mean is then the weighted one.

    Raises
    ------
    ShapeError: input and target differ in shape (broadcasting them would hide a mistake).

    >>> float(mse_loss(np.array([1.0, 3.0]), np.array([0.0, 0.0])))
    5.0
    """
    input, target = pair("mse_loss", input, target)
    return weighted("mse_loss", autograd.square(input - target), weight, reduction)


def l1_loss(input: Any, target: Any, reduction: Reduction = "mean", weight: Any = None) -> Any:
    """``|x - y|`` (Laplace 1774); the arguments are those of :func:`mse_loss`.

    >>> float(l1_loss(np.array([1.0, -3.0]), np.array([0.0, 0.0])))
    2.0
    """
    input, target = pair("l1_loss", input, target)
    return weighted("l1_loss", autograd.abs(input - target), weight, reduction)


def huber_loss(
    input: Any, target: Any, reduction: Reduction = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """``d²/2`` where ``d = |x - y| ≤ δ``, else ``δ (d - δ/2)`` (Huber 1964).

    Parameters
    ----------
    weight: a factor for each element; the mean is that of the weighted losses, as in PyTorch.

    >>> float(huber_loss(np.array([3.0]), np.array([0.0])))
    2.5
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    input, target = pair("huber_loss", input, target)
    distance = autograd.abs(input - target)
    near = autograd.minimum(distance, delta)
    # The two pieces in one: with near = min(d, δ), near · (d - near/2).
    losses = near * (distance - 0.5 * near)
    if weight is None or reduction != "mean":
        return weighted("huber_loss", losses, weight, reduction)
    return reduced(weighted("huber_loss", losses, weight, "none"), "mean")


def smooth_l1_loss(input: Any, target: Any, reduction: Reduction = "mean", beta: float = 1.0) -> Any:
    """``d²/(2β)`` where ``d = |x - y| < β``, else ``d - β/2`` (Girshick 2015): huber divided by β.

    >>> float(smooth_l1_loss(np.array([3.0]), np.array([0.0])))
    2.5
    """
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    return huber_loss(input, target, reduction, delta=beta) / beta


def hinge_loss(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """``max(0, 1 - y x)`` for targets -1 and 1 (Cortes and Vapnik 1995).

    >>> float(hinge_loss(np.array([0.5, -2.0]), np.array([1, 1])))
    1.75
    """
    input, target = pair("hinge_loss", input, target)
    return reduced(autograd.relu(1 - target * input), reduction)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """``x₁ · x₂ / (max(|x₁|, ε) max(|x₂|, ε))`` along an axis (Salton et al. 1975).

    A similarity, not a loss. Below ε its slope is that of the formula, which PyTorch's is not.

    >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(4)
    array([0.7071])
    """
    given = as_number(x1), as_number(x2)
    try:
        shape = np.broadcast_shapes(*map(shape_of, given))
    except ValueError:
        raise ShapeError(
            f"cosine_similarity: {shape_of(given[0])} and {shape_of(given[1])} do not broadcast"
        ) from None
    x1, x2 = (x if shape_of(x) == shape else autograd.broadcast_to(x, shape) for x in given)
    dim = axis_of("cosine_similarity", x1, dim)
    lengths = [autograd.maximum(autograd.norm(x, axis=dim), eps) for x in (x1, x2)]
    return autograd.sum(x1 * x2, axis=dim) / (lengths[0] * lengths[1])
