"""Normalisations as functions. All but RMS are one formula over different axes.

``y = (x - mean) / √(var + ε) · weight + bias``, with the mean and variance over

=============  ==================================
batch          the batch and the lengths
instance       the lengths
layer          the last axes
group          the lengths and a group of channels
=============  ==================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, lend, network_ops
from autograd.array_ops import Number, plain, shape_of
from autograd.shapes import as_number

from .checks import by_channel, one_or_more


def _by_channel(y: Number, weight: Number, bias: Number) -> Number:
    """Scale and shift each channel, the second axis."""
    lengths = (1,) * (len(shape_of(y)) - 2)
    if weight is not None:
        y = y * (autograd.reshape(weight, (-1, *lengths)) if lengths else weight)
    if bias is not None:
        y = y + (autograd.reshape(bias, (-1, *lengths)) if lengths else bias)
    return y


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel over the batch and the lengths (Ioffe and Szegedy 2015).

    In training the batch's own mean and variance are used, and the running ones move towards them in
    place, ``r ← (1 - momentum) · r + momentum · batch``, the variance with ``n - 1``; otherwise the
    running ones are used. Input (batch, channels, *lengths), the others (channels,).

    Raises
    ------
    ShapeError: the channels do not fit; or, in training, there is only one value a channel.

    >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True).round(3)
    array([[-1.],
           [ 1.]])
    """
    shape = shape_of(input)
    by_channel(
        "batch_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: running_mean and running_var are needed when not training")
        lengths = (1,) * (len(shape) - 2)
        mean, var = (np.reshape(lend(plain(r)), (-1, *lengths)) for r in (running_mean, running_var))
        return _by_channel((input - mean) / np.sqrt(var + eps), weight, bias)
    axes = (0, *range(2, len(shape)))
    count = int(np.prod([shape[axis] for axis in axes]))
    if count < 2:
        raise ShapeError(f"batch_norm: an input of shape {shape} has one value a channel, without a variance")
    if running_mean is not None:
        move(running_mean, np.mean(plain(input), axes), momentum)
    if running_var is not None:
        move(running_var, np.var(plain(input), axes, ddof=1), momentum)
    return _by_channel(network_ops.standardize(input, axis=axes, eps=eps), weight, bias)


def move(running: Any, batch: Any, momentum: float) -> None:
    """``r ← (1 - momentum) · r + momentum · batch``, in place.

    >>> mean = np.zeros(1)
    >>> move(mean, np.ones(1), 0.1)
    >>> mean
    array([0.1])
    """
    running = lend(running)
    running *= 1 - momentum
    running += momentum * batch


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel of each item over its lengths (Ulyanov et al. 2016).

    Input (batch, channels, *lengths); the others (channels,).

    Raises
    ------
    ShapeError: the channels do not fit, or there is only one value a channel.

    >>> instance_norm(np.array([[[1.0, 3.0]]])).round(3)
    array([[[-1.,  1.]]])
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    shape = shape_of(input)
    axes = tuple(range(2, len(shape)))
    by_channel(
        "instance_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not axes or int(np.prod(shape[2:])) < 2:
        raise ShapeError(f"instance_norm: an input of shape {shape} has one value a channel")
    if running_mean is not None:
        move(running_mean, np.mean(plain(input), axes).mean(0), momentum)
    if running_var is not None:
        move(running_var, np.var(plain(input), axes, ddof=1).mean(0), momentum)
    return _by_channel(network_ops.standardize(input, axis=axes, eps=eps), weight, bias)


def layer_norm(
    input: Any,
    normalized_shape: int | tuple[int, ...],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise each item over its last axes (Ba et al. 2016); weight and bias have their shape.

    Raises
    ------
    ShapeError: the input does not end in normalized_shape.

    >>> layer_norm(np.array([1.0, 3.0]), 2).round(3)
    array([-1.,  1.])
    """
    axes = _last_axes("layer_norm", input, normalized_shape, weight, bias)
    y = network_ops.standardize(input, axis=axes, eps=eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(
    input: Any, normalized_shape: int | tuple[int, ...], weight: Any = None, eps: float | None = None
) -> Any:
    """``x / √(mean(x²) + ε) · weight`` over the last axes (Zhang and Sennrich 2019).

    Parameters
    ----------
    eps: by default the smallest step of the dtype above 1.

    >>> rms_norm(np.array([1.0, 7.0]), 2).round(3)
    array([0.2, 1.4])
    """
    input = as_number(input)
    axes = _last_axes("rms_norm", input, normalized_shape, weight)
    if eps is None:
        eps = float(np.finfo(plain(input).dtype).eps)
    y = network_ops.rms_norm(input, axis=axes, eps=eps)
    return y if weight is None else y * weight


def _last_axes(
    name: str, input: Any, normalized_shape: int | tuple[int, ...], *parameters: Any
) -> tuple[int, ...]:
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    shape = shape_of(input)
    if not last or shape[-len(last) :] != last:
        raise ShapeError(f"{name}: the input has shape {shape}, which does not end in {last}")
    for parameter in parameters:
        if parameter is not None and shape_of(parameter) != last:
            raise ShapeError(f"{name}: a parameter has shape {shape_of(parameter)}, not {last}")
    return tuple(range(len(shape) - len(last), len(shape)))


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise each item over its lengths and a group of its channels (Wu and He 2018).

    Input (batch, channels, *lengths); weight and bias (channels,).

    Raises
    ------
    ShapeError: the channels cannot be divided in so many groups.

    >>> group_norm(np.array([[1.0, 3.0]]), 1).round(3)
    array([[-1.,  1.]])
    """
    shape = shape_of(input)
    by_channel("group_norm", input, weight=weight, bias=bias)
    one_or_more("group_norm", num_groups=num_groups)
    if shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: the channels of an input of shape {shape} do not make {num_groups} groups"
        )
    apart = autograd.reshape(input, (shape[0], num_groups, -1))
    y = autograd.reshape(network_ops.standardize(apart, axis=(2,), eps=eps), shape)
    return _by_channel(y, weight, bias)
