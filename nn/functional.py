"""Layers and losses as functions, with PyTorch's names and argument order."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autograd
from autograd import ShapeError

Reduction = Literal["mean", "sum", "none"]


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x Wᵀ + b``: x of shape (..., in), weight (out, in), bias (out,).

    >>> linear(np.ones((1, 2)), np.array([[3.0, 4.0]]), np.array([1.0]))
    array([[8.]])
    """
    product = autograd.matmul(x, autograd.swapaxes(weight, -1, -2))
    return product if bias is None else product + bias


def mse_loss(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """``(input - target)²``, averaged.

    Raises
    ------
    ShapeError: input and target differ in shape (broadcasting them would hide a mistake).

    >>> float(mse_loss(np.array([1.0, 3.0]), np.array([0.0, 0.0])))
    5.0
    """
    if np.shape(input) != np.shape(target):
        raise ShapeError(f"mse_loss: input has shape {np.shape(input)}, target {np.shape(target)}")
    return reduced(autograd.square(input - target), reduction)


def cross_entropy(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """``-log softmax(input)[target]``: logits of shape (batch, classes), integer classes (batch,).

    Raises
    ------
    ShapeError: the shapes are not (batch, classes) and (batch,).
    TypeError: the target does not hold integers.
    IndexError: a class is out of range.

    >>> round(float(cross_entropy(np.array([[0.0, 0.0]]), np.array([1]))), 6)
    0.693147
    """
    shape = np.shape(input)
    classes = np.asarray(target)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: the target holds classes, integers, not {classes.dtype}")
    if len(shape) != 2 or classes.shape != shape[:1]:
        raise ShapeError(f"cross_entropy: logits of shape {shape} and targets of shape {classes.shape}")
    if classes.size and not 0 <= classes.min() <= classes.max() < shape[1]:
        raise IndexError(
            f"cross_entropy: classes from {classes.min()} to {classes.max()}, logits for {shape[1]}"
        )
    scores = autograd.log_softmax(input, axis=-1)
    return reduced(-autograd.getitem(scores, (np.arange(shape[0]), classes)), reduction)


def reduced(losses: Any, reduction: Reduction) -> Any:
    """The mean or the sum of losses, or the losses themselves.

    >>> float(reduced(np.array([1.0, 3.0]), "mean"))
    2.0
    """
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    return autograd.mean(losses) if reduction == "mean" else autograd.sum(losses)
