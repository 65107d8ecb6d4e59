"""What losses share: the check of their arguments, weights, and the mean or the sum at the end."""

from __future__ import annotations

from typing import Any, Literal, get_args

import autograd
from autograd import ShapeError
from autograd.array_ops import shape_of
from autograd.shapes import as_number

from ..functional.checks import broadcasts, same_shape

Reduction = Literal["mean", "sum", "none"]
REDUCTIONS = get_args(Reduction)


def reduced(losses: Any, reduction: Reduction) -> Any:
    """The mean or the sum of losses, or the losses themselves.

    >>> import numpy as np
    >>> float(reduced(np.array([1.0, 3.0]), "mean"))
    2.0
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if reduction == "none":
        return losses
    return autograd.mean(losses) if reduction == "mean" else autograd.sum(losses)


def pair(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    input, target = as_number(input), as_number(target)
    same_shape(name, input, target)
    return input, target


def weighted(name: str, losses: Any, weight: Any, reduction: Reduction) -> Any:
    """Losses with a weight for each, and their weighted mean."""
    if weight is None:
        return reduced(losses, reduction)
    weight = as_number(weight)
    same_shape(name, losses, weight, "weight")
    total = reduced(losses * weight, "sum" if reduction == "mean" else reduction)
    return total / autograd.sum(weight) if reduction == "mean" else total


def scaled(name: str, losses: Any, weight: Any) -> Any:
    """Losses times a weight that is broadcast to their shape, and does not make more of them."""
    if weight is None:
        return losses
    weight, shape = as_number(weight), shape_of(losses)
    if not broadcasts(shape_of(weight), to=shape):
        raise ShapeError(f"{name}: a weight has shape {shape_of(weight)}, the input {shape}")
    return losses * weight
