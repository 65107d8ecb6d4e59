"""Losses of one class out of several."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, network_ops
from autograd.array_ops import plain, shape_of
from autograd.operation import StandIn, as_array, beside
from autograd.shapes import as_number

from .reduction import REDUCTIONS, Reduction, reduced


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """``-Σ_c q_c log softmax(x)_c``: logits (batch, classes, ...), the target as one of (Bridle 1990)

    - integer classes (batch, ...): q is 1 at the class,
    - probabilities (batch, classes, ...): q itself.

    Parameters
    ----------
    weight: a factor for each class (classes,); the mean is then the weighted one.
    ignore_index: a class whose items do not count; not for probabilities.
    label_smoothing: q becomes ``(1 - ε) q + ε / classes`` (Szegedy et al. 2016).

    Raises
    ------
    ShapeError: the shapes do not fit.
    TypeError: the target holds neither classes nor probabilities.
    IndexError: a class is out of range.
    ValueError: label_smoothing is not between 0 and 1, or an ignore_index was given with probabilities.

    >>> round(float(cross_entropy(np.array([[0.0, 0.0]]), np.array([1]))), 6)
    0.693147
    """
    if (
        weight is None
        and not label_smoothing
        and ignore_index < 0
        and reduction in REDUCTIONS
        and _plainly(input, target)
    ):
        classes = target if isinstance(target, StandIn) else target.copy()
        return network_ops.cross_entropy(input, classes=classes, reduction=reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is between 0 and 1, got {label_smoothing}")
    input = as_number(input)
    shape = shape_of(input)
    if shape and shape_of(target) == shape:
        if ignore_index >= 0:
            raise ValueError(f"cross_entropy: probabilities have no class to ignore, got {ignore_index}")
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if len(shape_of(target)) == len(shape) > 0 and plain(target).dtype.kind == "f":
        raise ShapeError(
            f"cross_entropy: logits of shape {shape} and probabilities of shape {shape_of(target)}"
        )
    classes = _classes("cross_entropy", shape, target, ignore_index)
    scores = autograd.log_softmax(input, axis=_class_axis(shape))
    sharp = nll_loss(scores, target, weight, ignore_index, "none")
    share = _shares(classes, shape, weight, ignore_index, plain(input).dtype)
    losses = sharp
    if label_smoothing:
        by_class = scores if weight is None else scores * _along_classes(weight, shape)
        smooth = -autograd.sum(by_class, axis=_class_axis(shape)) * (classes != ignore_index)
        losses = (1 - label_smoothing) * sharp + label_smoothing / shape[_class_axis(shape)] * smooth
    return (
        autograd.div(autograd.sum(losses), share.sum()) if reduction == "mean" else reduced(losses, reduction)
    )


def _plainly(input: Any, target: Any) -> bool:
    """Whether this is the common case, which one operation computes; anything else is looked at closely.

    A small network spends more time on checks than on the loss, so there is one look at the classes:
    seen as unsigned, negative ones are the largest.
    """
    if (
        not isinstance(target, (np.ndarray, StandIn))
        or target.dtype != np.int64
        or target.ndim != 1
        or not target.size
    ):
        return False
    shape: tuple[int, ...] = getattr(input, "shape", ())
    if len(shape) != 2 or shape[0] != len(target):
        return False
    return bool(np.maximum.reduce(target.view(np.uint64)) < shape[1])


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Any:
    """``-x[class]`` for log-probabilities (batch, classes, ...) and classes (batch, ...) (Fisher 1922).

    The arguments are those of :func:`cross_entropy`, which is this loss of ``log_softmax``.

    >>> float(nll_loss(np.array([[-1.0, -2.0]]), np.array([1])))
    2.0
    """
    input = as_number(input)
    shape = shape_of(input)
    classes = _classes("nll_loss", shape, target, ignore_index)
    counted = classes != ignore_index
    places = list(np.indices(classes.shape))
    places.insert(_class_axis(shape), np.where(counted, classes, 0))
    picked = autograd.getitem(input, tuple(places))
    share = _shares(classes, shape, weight, ignore_index, plain(input).dtype)
    losses = autograd.where(counted, -picked * share, 0.0)
    return (
        autograd.div(autograd.sum(losses), share.sum()) if reduction == "mean" else reduced(losses, reduction)
    )


def _soft_cross_entropy(
    input: Any, target: Any, weight: Any, reduction: Reduction, label_smoothing: float
) -> Any:
    if plain(target).dtype.kind != "f":
        raise TypeError(
            f"cross_entropy: a target of the input's shape {shape_of(input)} holds probabilities, not "
            f"{plain(target).dtype}"
        )
    shape = shape_of(input)
    axis = _class_axis(shape)
    if label_smoothing:
        target = (1 - label_smoothing) * target + label_smoothing / shape[axis]
    if weight is not None:
        target = target * _along_classes(weight, shape)
    losses = -autograd.sum(target * autograd.log_softmax(input, axis=axis), axis=axis)
    if reduction == "mean":  # an item is a row of probabilities, whatever its weights
        return autograd.sum(losses) / max(int(np.prod(shape)) // shape[axis], 1)
    return reduced(losses, reduction)


def _class_axis(shape: tuple[int, ...]) -> int:
    return 1 if len(shape) > 1 else 0


def _along_classes(weight: Any, shape: tuple[int, ...]) -> Any:
    if shape_of(weight) != shape[_class_axis(shape) :][:1]:
        raise ShapeError(f"the weight of the classes has shape {shape_of(weight)}, the input {shape}")
    return np.reshape(plain(weight), (-1, *(1 for _ in shape[2:])))


def _shares(classes: Any, shape: tuple[int, ...], weight: Any, ignore_index: int, dtype: Any) -> Any:
    """What each item counts in a mean: the weight of its class, 0 for an ignored one."""
    counted = classes != ignore_index
    if weight is None:
        return as_array(counted, dtype)
    by_class = np.ravel(_along_classes(weight, shape))
    shares = beside(by_class, (classes,))[np.where(counted, classes, 0)]
    return as_array(np.where(counted, shares, 0), dtype)


def _classes(name: str, shape: tuple[int, ...], target: Any, ignore_index: int) -> Any:
    """The target as classes that fit logits of this shape."""
    classes = as_array(plain(target))
    axis = _class_axis(shape)
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: the target of shape {classes.shape} for an input of shape {shape} holds classes, "
            f"integers, not {classes.dtype}"
        )
    if not shape or classes.shape != (*shape[:axis], *shape[axis + 1 :]):
        raise ShapeError(f"{name}: logits of shape {shape} and targets of shape {classes.shape}")
    if classes.size and not 0 <= classes.min() <= classes.max() < shape[axis]:
        wrong = classes[((classes < 0) | (classes >= shape[axis])) & (classes != ignore_index)]
        if wrong.size:
            hint = "; for labels -1 and 1 pass (y > 0).astype(int)" if wrong[0] == -1 else ""
            raise IndexError(
                f"{name}: the target holds class {wrong[0]}, the input has {shape[axis]} classes, 0 to "
                f"{shape[axis] - 1}{hint}"
            )
    return classes
