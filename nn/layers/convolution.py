"""Convolutions as modules: they hold the weight and the bias, and call the function of their name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional
from ..functional.checks import Size, one_or_more, per_axis
from ..functional.convolution import Padding, checked_output_padding, checked_padding
from ..module import Module, Parameter, Random, generator
from .linear import uniform


class _Convolution(Module):
    """Weight and bias drawn uniformly from ±1/√(what one output sums over)."""

    axes: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        name = type(self).__name__
        one_or_more(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: {in_channels} and {out_channels} channels make no {groups} groups")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = per_axis(kernel_size, self.axes, "kernel_size")
        self.stride = per_axis(stride, self.axes, "stride")
        self.dilation = per_axis(dilation, self.axes, "dilation")
        self.padding: Any = checked_padding(name, padding, self.stride)
        if not isinstance(padding, str):
            self.padding = per_axis(padding, self.axes, "padding", 0)
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        draw = generator(rng)
        self.weight = uniform(draw, bound, shape, dtype)
        self.bias: Parameter | None = uniform(draw, bound, (out_channels,), dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """The convolution of x with the weight."""
        convolve = functional.conv1d if self.axes == 1 else functional.conv2d
        return convolve(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding!r}, dilation={self.dilation}, groups={self.groups}, "
            f"bias={self.bias is not None}"
        )


class Conv1d(_Convolution):
    """``y[n, o, i] = b[o] + Σ_{c, k} w[o, c, k] · x[n, c, s·i + d·k - p]`` (LeCun et al. 1989).

    x (batch, in_channels, length), y (batch, out_channels, places), or both without the batch.

    >>> Conv1d(2, 3, 5, padding="same", rng=0)(np.ones((4, 2, 10), np.float32)).shape
    (4, 3, 10)
    """

    axes = 1


class Conv2d(_Convolution):
    """``y[n, o, i, j] = b[o] + Σ_{c, k, l} w[o, c, k, l] · x[n, c, s·i + d·k - p, s·j + d·l - p]``.

    x (batch, in_channels, height, width), y (batch, out_channels, height, width), or both without the
    batch (LeCun et al. 1989).

    >>> Conv2d(1, 8, 3, padding=1, rng=0)(np.ones((4, 1, 28, 28), np.float32)).shape
    (4, 8, 28, 28)
    """

    axes = 2


class _Transposed(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            rng=rng,
            dtype=dtype,
        )
        self.output_padding = checked_output_padding(
            type(self).__name__, output_padding, self.stride, self.dilation
        )

    def forward(self, x: Any) -> Any:
        """The transposed convolution of x with the weight."""
        convolve = functional.conv_transpose1d if self.axes == 1 else functional.conv_transpose2d
        return convolve(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_Transposed):
    """The transpose of Conv1d: it spreads each element of x over a window of y, s apart.

    Each length becomes ``(n - 1) s - 2p + d (k - 1) + output_padding + 1``.

    >>> ConvTranspose1d(2, 3, 4, stride=2, padding=1, rng=0)(np.ones((4, 2, 10), np.float32)).shape
    (4, 3, 20)
    """

    axes = 1


class ConvTranspose2d(_Transposed):
    """The transpose of Conv2d: it spreads each pixel of x over a window of y (Zeiler et al. 2010).

    Each length becomes ``(n - 1) s - 2p + d (k - 1) + output_padding + 1``.

    >>> ConvTranspose2d(2, 3, 4, stride=2, padding=1, rng=0)(np.ones((1, 2, 7, 7), np.float32)).shape
    (1, 3, 14, 14)
    """

    axes = 2
