"""Losses as functions, with PyTorch's names and arguments.

``reduction`` is "mean", "sum" or "none" everywhere. Integer targets may be plain arrays. The equations are
those of one element, with x for the input and y for the target.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

import autograd
from autograd import ShapeError, network_ops
from autograd.array_ops import plain, shape_of
from autograd.operation import StandIn, as_array, beside
from autograd.shapes import as_number

from .functional.checks import axis_of, broadcasts, same_shape

Reduction = Literal["mean", "sum", "none"]
_REDUCTIONS = get_args(Reduction)


def reduced(losses: Any, reduction: Reduction) -> Any:
    """The mean or the sum of losses, or the losses themselves.

    >>> float(reduced(np.array([1.0, 3.0]), "mean"))
    2.0
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if reduction == "none":
        return losses
    return autograd.mean(losses) if reduction == "mean" else autograd.sum(losses)


def _pair(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    input, target = as_number(input), as_number(target)
    same_shape(name, input, target)
    return input, target


def _weighted(name: str, losses: Any, weight: Any, reduction: Reduction) -> Any:
    """Losses with a weight for each, and their weighted mean."""
    if weight is None:
        return reduced(losses, reduction)
    weight = as_number(weight)
    same_shape(name, losses, weight, "weight")
    total = reduced(losses * weight, "sum" if reduction == "mean" else reduction)
    return total / autograd.sum(weight) if reduction == "mean" else total


# -- numbers ----------------------------------------------------------------------------------


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
    input, target = _pair("mse_loss", input, target)
    return _weighted("mse_loss", autograd.square(input - target), weight, reduction)


def l1_loss(input: Any, target: Any, reduction: Reduction = "mean", weight: Any = None) -> Any:
    """``|x - y|`` (Laplace 1774); the arguments are those of :func:`mse_loss`.

    >>> float(l1_loss(np.array([1.0, -3.0]), np.array([0.0, 0.0])))
    2.0
    """
    input, target = _pair("l1_loss", input, target)
    return _weighted("l1_loss", autograd.abs(input - target), weight, reduction)


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
    input, target = _pair("huber_loss", input, target)
    distance = autograd.abs(input - target)
    near = autograd.minimum(distance, delta)
    # The two pieces in one: with near = min(d, δ), near · (d - near/2).
    losses = near * (distance - 0.5 * near)
    if weight is None or reduction != "mean":
        return _weighted("huber_loss", losses, weight, reduction)
    return reduced(_weighted("huber_loss", losses, weight, "none"), "mean")


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
    input, target = _pair("hinge_loss", input, target)
    return reduced(autograd.relu(1 - target * input), reduction)


# -- probabilities ----------------------------------------------------------------------------


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
    input, target = _pair("binary_cross_entropy", input, target)
    values = plain(input)
    if type(values) is np.ndarray and values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"binary_cross_entropy: probabilities are between 0 and 1, the input holds {values.min()} to "
            f"{values.max()}; of logits, take binary_cross_entropy_with_logits"
        )
    yes = autograd.maximum(autograd.log(input), -100.0)
    no = autograd.maximum(autograd.log1p(-input), -100.0)
    losses = -(target * yes + (1 - target) * no)
    return reduced(_scaled("binary_cross_entropy", losses, weight), reduction)


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
    input, target = _pair("binary_cross_entropy_with_logits", input, target)
    # log σ(x) = -softplus(-x) and log(1 - σ(x)) = -softplus(x) = -x - softplus(-x).
    name = "binary_cross_entropy_with_logits"
    likely = 1 if pos_weight is None else 1 + _scaled(name, target, as_number(pos_weight) - 1)
    losses = (1 - target) * input + likely * autograd.softplus(-input)
    return reduced(_scaled(name, losses, weight), reduction)


def _scaled(name: str, losses: Any, weight: Any) -> Any:
    """Losses times a weight that is broadcast to their shape, and does not make more of them."""
    if weight is None:
        return losses
    weight, shape = as_number(weight), shape_of(losses)
    if not broadcasts(shape_of(weight), to=shape):
        raise ShapeError(f"{name}: a weight has shape {shape_of(weight)}, the input {shape}")
    return losses * weight


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
        and reduction in _REDUCTIONS
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
            raise IndexError(
                f"{name}: the target holds class {wrong[0]}, the input has {shape[axis]} classes"
            )
    return classes


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
    input, target = _pair("kl_div", input, target)
    if log_target:
        losses = autograd.exp(target) * (target - input)
    else:  # y log y is 0 at 0, and nan below
        positive = autograd.where(plain(target) == 0, 1.0, target)
        losses = target * autograd.log(positive) - target * input
    if reduction == "batchmean":
        return autograd.sum(losses) / shape_of(input)[0]
    return reduced(losses, reduction)


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
