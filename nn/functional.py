"""Layers and losses as functions, with PyTorch's names and argument order."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autograd
from autograd import ShapeError, network_ops
from autograd.array_ops import shape_of

Reduction = Literal["mean", "sum", "none"]


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x Wᵀ + b``: x of shape (..., in), weight (out, in), bias (out,).

    >>> linear(np.ones((1, 2)), np.array([[3.0, 4.0]]), np.array([1.0]))
    array([[8.]])
    """
    if bias is None:
        return autograd.matmul(x, autograd.swapaxes(weight, -1, -2))
    return network_ops.linear(x, weight, bias)


def mse_loss(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """``(input - target)²``, averaged.

    Raises
    ------
    ShapeError: input and target differ in shape (broadcasting them would hide a mistake).

    >>> float(mse_loss(np.array([1.0, 3.0]), np.array([0.0, 0.0])))
    5.0
    """
    if shape_of(input) != shape_of(target):
        raise ShapeError(f"mse_loss: input has shape {shape_of(input)}, target {shape_of(target)}")
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
    shape = shape_of(input)
    classes = np.array(target)  # a copy: the graph must not change with the caller's array
    if classes.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: the target holds classes, integers, not {classes.dtype}")
    if len(shape) != 2 or classes.shape != shape[:1]:
        raise ShapeError(f"cross_entropy: logits of shape {shape} and targets of shape {classes.shape}")
    # A negative class is a huge number without its sign.
    if classes.size and np.maximum.reduce(classes.astype(np.uint64)) >= shape[1]:
        raise IndexError(
            f"cross_entropy: classes from {classes.min()} to {classes.max()}, logits for {shape[1]}"
        )
    return reduced(network_ops.cross_entropy(input, classes=classes), reduction)


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
