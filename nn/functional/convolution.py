"""Convolutions and their transposes as functions."""

from __future__ import annotations

from typing import Any, Literal

import autograd
from autograd import ShapeError, window_ops
from autograd.array_ops import shape_of

from .checks import Size, batched, one_or_more, per_axis, unbatched

Padding = Size | Literal["valid", "same"]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """``y[n, o, i] = b[o] + Σ_{c, k} w[o, c, k] · x[n, c, s·i + d·k - p]``.

    Input (batch, channels, length) or (channels, length), weight (out, channels / groups, size),
    bias (out,); padding may also be "same", which keeps the length, or "valid".

    Raises
    ------
    ShapeError: the channels or the lengths do not fit.

    >>> import numpy as np
    >>> conv1d(np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 2)))
    array([[[1., 3., 5.]]])
    """
    return _convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """``y[n, o, i, j] = b[o] + Σ_{c, k, l} w[o, c, k, l] · x[n, c, s·i + d·k - p, s·j + d·l - p]``.

    Input (batch, channels, height, width) or without the batch, weight (out, channels / groups,
    height, width), bias (out,); padding may also be "same", which keeps the lengths, or "valid".

    Raises
    ------
    ShapeError: the channels or the lengths do not fit.

    >>> import numpy as np
    >>> conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))
    array([[[[4., 4.],
             [4., 4.]]]])
    """
    return _convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def _convolution(
    name: str,
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Padding,
    dilation: Size,
    groups: int,
) -> Any:
    x, single = batched(input, axes, name)
    shape, kernel = shape_of(x), shape_of(weight)
    _check_channels(name, shape, kernel, kernel[1] * groups if len(kernel) == axes + 2 else -1, groups)
    steps, gaps = per_axis(stride, axes, "stride"), per_axis(dilation, axes, "dilation")
    size = kernel[2:]
    padding = checked_padding(name, padding, steps)
    if padding == "same":
        x, margins = _same(x, size, gaps)
    else:
        margins = per_axis(0 if isinstance(padding, str) else padding, axes, "padding", 0)
    counts = window_ops.places(shape_of(x)[2:], size, steps, margins, gaps)
    if min(counts) < 1:
        raise ShapeError(f"{name}: the input {shape} is smaller than the kernel {kernel}")
    y = window_ops.convolve(x, weight, stride=steps, padding=margins, dilation=gaps, groups=groups)
    return unbatched(_with_bias(name, y, bias), single)


def checked_padding(name: str, padding: Padding, stride: tuple[int, ...]) -> Padding:
    """The padding, numbers or one of the two words; "same" is for a stride of 1.

    Raises
    ------
    ValueError: it is another word, or does not go with the stride.
    """
    if isinstance(padding, str) and padding not in ("valid", "same"):
        raise ValueError(f"{name}: padding is a number, several, 'valid' or 'same', not {padding!r}")
    if padding == "same" and any(s != 1 for s in stride):
        raise ValueError(f"{name}: padding='same' needs a stride of 1, got {stride}")
    return padding


def checked_output_padding(
    name: str, output_padding: Size, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    """The output_padding along every axis: it chooses among the lengths that the stride makes one of.

    Raises
    ------
    ValueError: it is not smaller than the stride or the dilation.
    """
    extra = per_axis(output_padding, len(stride), "output_padding", 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ValueError(
            f"{name}: output_padding {extra} must be smaller than stride {stride} or dilation {dilation}"
        )
    return extra


def _same(x: Any, size: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """The padding that keeps the lengths; where it is odd, there is one more at the end."""
    total = [d * (k - 1) for d, k in zip(dilation, size, strict=True)]
    if any(t % 2 for t in total):
        x = autograd.pad(x, ((0, 0), (0, 0), *((0, t % 2) for t in total)))
    return x, tuple(t // 2 for t in total)


def _with_bias(name: str, y: Any, bias: Any) -> Any:
    if bias is None:
        return y
    shape = shape_of(y)
    if shape_of(bias) != shape[1:2]:
        raise ShapeError(f"{name}: the bias has shape {shape_of(bias)}, the output {shape}")
    return y + autograd.reshape(bias, (-1, *(1 for _ in shape[2:])))


def _check_channels(
    name: str, shape: tuple[int, ...], kernel: tuple[int, ...], channels: int, groups: int
) -> None:
    one_or_more(name, groups=groups)
    if shape[1] != channels or kernel[0] % groups:
        raise ShapeError(
            f"{name}: an input of shape {shape} and a weight of shape {kernel} do not fit in {groups} "
            "groups; channels are the second axis of the input"
        )


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """The transpose of :func:`conv1d`: weight (channels, out / groups, size).

    >>> import numpy as np
    >>> conv_transpose1d(np.ones((1, 1, 2)), np.ones((1, 1, 2)), stride=2)
    array([[[1., 1., 1., 1.]]])
    """
    return _transposed(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """The transpose of :func:`conv2d`: ``y[n, o, s·i + d·k - p, …] += w[c, o, k, …] · x[n, c, i, …]``.

    Input (batch, channels, height, width), weight (channels, out / groups, height, width); each length
    becomes ``(n - 1) s - 2p + d (k - 1) + output_padding + 1``.

    Raises
    ------
    ShapeError: the channels do not fit.

    >>> import numpy as np
    >>> conv_transpose2d(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)))
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    return _transposed(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def _transposed(
    name: str,
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Any:
    x, single = batched(input, axes, name)
    shape, kernel = shape_of(x), shape_of(weight)
    _check_channels(name, shape, kernel, kernel[0] if len(kernel) == axes + 2 else -1, groups)
    steps, margins = per_axis(stride, axes, "stride"), per_axis(padding, axes, "padding", 0)
    gaps = per_axis(dilation, axes, "dilation")
    extra = checked_output_padding(name, output_padding, steps, gaps)
    settings = zip(shape[2:], kernel[2:], steps, margins, gaps, extra, strict=True)
    lengths = tuple((n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, k, s, p, d, e in settings)
    if min(lengths) < 1:
        raise ShapeError(f"{name}: an input of shape {shape} and a padding of {margins} leave {lengths}")
    if any(
        e >= s for e, s in zip(extra, steps, strict=True)
    ):  # as many lengths as one more place of x, a zero
        x = autograd.pad(x, ((0, 0), (0, 0), *((0, e // s) for e, s in zip(extra, steps, strict=True))))
    y = window_ops.convolve_input(
        x, weight, lengths=lengths, stride=steps, padding=margins, dilation=gaps, groups=groups
    )
    return unbatched(_with_bias(name, y, bias), single)
