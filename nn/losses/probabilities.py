"""Losses of probabilities, one for each element: yes or no, and one distribution from another."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autograd
from autograd.array_ops import plain, shape_of
from autograd.shapes import as_number

from .reduction import Reduction, pair, reduced, scaled


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: Reduction = "mean") -> Any:
    """``-(y log x + (1 - y) log(1 - x))`` for probabilities x; logarithms no lower than -100 (Cox 1958).

    With logits, :func:`binary_cross_entropy_with_logits` is exact where this one overflows.

    Parameters
    ----------
    weight: a factor for each element, of a shape that can be broadcast.

    Raises
    ------
    ValueError: the input is not between 0 and 1.

    >>> round(float(binary_cross_entropy(np.array([0.5]), np.array([1.0]))), 6)
    0.693147
    """
    input, target = pair("binary_cross_entropy", input, target)
    values = plain(input)
    if type(values) is np.ndarray and values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"binary_cross_entropy: probabilities are between 0 and 1, the input holds {values.min()} to "
            f"{values.max()}; of logits, take binary_cross_entropy_with_logits"
        )
    yes = autograd.maximum(autograd.log(input), -100.0)
    no = autograd.maximum(autograd.log1p(-input), -100.0)
    losses = -(target * yes + (1 - target) * no)
    return reduced(scaled("binary_cross_entropy", losses, weight), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: Reduction = "mean", pos_weight: Any = None
) -> Any:
    """``-(w y log σ(x) + (1 - y) log(1 - σ(x)))`` for logits x, with ``w = pos_weight``, no overflow.

    The cross-entropy of logistic regression (Cox 1958).

    Parameters
    ----------
    weight, pos_weight: factors, for each element and for the ones, of shapes that can be broadcast.

    >>> float(binary_cross_entropy_with_logits(np.array([1000.0]), np.array([0.0])))
    1000.0
    """
    input, target = pair("binary_cross_entropy_with_logits", input, target)
    # log σ(x) = -softplus(-x) and log(1 - σ(x)) = -softplus(x) = -x - softplus(-x).
    name = "binary_cross_entropy_with_logits"
    likely = 1 if pos_weight is None else 1 + scaled(name, target, as_number(pos_weight) - 1)
    losses = (1 - target) * input + likely * autograd.softplus(-input)
    return reduced(scaled(name, losses, weight), reduction)


def kl_div(
    input: Any,
    target: Any,
    reduction: Literal["mean", "sum", "none", "batchmean"] = "mean",
    log_target: bool = False,
) -> Any:
    """``y (log y - x)`` for log-probabilities x and probabilities y (Kullback and Leibler 1951).

    Parameters
    ----------
    reduction: "batchmean" divides by the batch only, which is the divergence of distributions.
    log_target: whether the target holds logarithms too.

    >>> float(kl_div(np.log([0.5, 0.5]), np.array([0.5, 0.5])))
    0.0
    """
    input, target = pair("kl_div", input, target)
    if log_target:
        losses = autograd.exp(target) * (target - input)
    else:  # y log y is 0 at 0, and nan below
        positive = autograd.where(plain(target) == 0, 1.0, target)
        losses = target * autograd.log(positive) - target * input
    if reduction == "batchmean":
        return autograd.sum(losses) / shape_of(input)[0]
    return reduced(losses, reduction)
