"""Pooling as functions: the largest element or the mean of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, window_ops
from autograd.array_ops import shape_of

from .checks import Size, batched, per_axis, unbatched


def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Any:
    """``y[n, c, i] = max_k x[n, c, s·i + d·k - p]``; the stride is the kernel's size by default.

    >>> max_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[3., 2.]]])
    """
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Any:
    """``y[n, c, i, j] = max_{k, l} x[n, c, s·i + d·k - p, s·j + d·l - p]``.

    Input (batch, channels, height, width); the stride is the kernel's size by default. A tie shares
    the gradient evenly, where PyTorch gives all of it to the first.

    Raises
    ------
    ShapeError: the input is smaller than the window.

    >>> max_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 2)
    array([[[[3.]]]])
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """``y[n, c, i] = mean_k x[n, c, s·i + k - p]``; the stride is the kernel's size by default.

    >>> avg_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[2., 1.]]])
    """
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """``y[n, c, i, j] = mean_{k, l} x[n, c, s·i + k - p, s·j + l - p]``.

    Parameters
    ----------
    count_include_pad: whether the zeros of the padding count in the mean.

    >>> avg_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 2)
    array([[[[1.5]]]])
    """
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def _max_pool(
    name: str,
    axes: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
) -> Any:
    x, single = batched(input, axes, name)
    size, steps, margins, gaps = window(name, axes, kernel_size, stride, padding, dilation)
    extra = _extra(name, shape_of(x), size, steps, margins, gaps, ceil_mode)
    if any(extra):
        x = autograd.pad(
            x, ((0, 0), (0, 0), *((p, p + e) for p, e in zip(margins, extra, strict=True))), -math.inf
        )
        margins = (0,) * axes
    y = window_ops.max_pool(x, size=size, stride=steps, padding=margins, dilation=gaps)
    return unbatched(y, single)


def _avg_pool(
    name: str,
    axes: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Any:
    x, single = batched(input, axes, name)
    size, steps, margins, gaps = window(name, axes, kernel_size, stride, padding, 1)
    lengths = shape_of(x)[2:]
    extra = _extra(name, shape_of(x), size, steps, margins, gaps, ceil_mode)
    if any(extra):
        x = autograd.pad(x, ((0, 0), (0, 0), *((p, p + e) for p, e in zip(margins, extra, strict=True))))
        margins = (0,) * axes
    window_axes = tuple(range(2, 2 + axes))
    spread = window_ops.windows(x, size=size, stride=steps, padding=margins, dilation=gaps)
    if not any(extra) and (count_include_pad or not any(margins)):
        return unbatched(autograd.mean(spread, axis=window_axes), single)
    # What counts in each window: the input, with the padding if asked for, but never what ceil_mode added.
    dtype = getattr(x, "dtype", None) or np.dtype(float)
    counted = np.full(lengths, 1, dtype)
    given = per_axis(padding, axes, "padding", 0)
    counted = np.pad(counted, [(p, p) for p in given], constant_values=1 if count_include_pad else 0)
    counted = np.pad(counted, [(0, e) for e in extra])[None, None]
    counts = window_ops.windows(counted, size=size, stride=steps, padding=(0,) * axes, dilation=gaps)
    return unbatched(autograd.sum(spread, axis=window_axes) / counts.sum(axis=window_axes), single)


def window(
    name: str, axes: int, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size
) -> tuple[tuple[int, ...], ...]:
    """Size, stride, padding and dilation of the window, along every axis.

    Raises
    ------
    ValueError: they are not as many as there are axes, too small, or padding is more than half the kernel.

    >>> window("avg_pool2d", 2, 3, None, (0, 1), 1)
    ((3, 3), (3, 3), (0, 1), (1, 1))
    """
    size, gaps = per_axis(kernel_size, axes, "kernel_size"), per_axis(dilation, axes, "dilation")
    steps = size if stride is None else per_axis(stride, axes, "stride")
    margins = per_axis(padding, axes, "padding", 0)
    if any(2 * p > k for p, k in zip(margins, size, strict=True)):
        raise ValueError(f"{name}: a padding of {margins} is more than half the kernel {size}")
    return size, steps, margins, gaps


def _extra(
    name: str,
    shape: tuple[int, ...],
    size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
) -> tuple[int, ...]:
    """How much more to pad at the end, so that ceil_mode's last window has something to stand on."""
    counts = window_ops.places(shape[2:], size, stride, padding, dilation)
    extra = []
    for n, k, s, p, d, m in zip(shape[2:], size, stride, padding, dilation, counts, strict=True):
        last = m * s  # where one more window would start, in the padded input
        needed = last + d * (k - 1) + 1 - (n + 2 * p)
        # A window that starts in the padding after the input is left out.
        extra.append(needed if ceil_mode and 0 < needed < s and last < n + p else 0)
        if m + bool(extra[-1]) < 1:
            raise ShapeError(f"{name}: the input {shape} is smaller than the window {size}")
    return tuple(extra)
