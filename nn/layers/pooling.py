"""Pooling as modules."""

from __future__ import annotations

from typing import Any

from .. import functional
from ..functional.checks import Size
from ..functional.pooling import window
from ..module import Module


class _MaxPool(Module):
    axes: int

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        *,
        ceil_mode: bool = False,  # PyTorch has return_indices before it
    ) -> None:
        window(type(self).__name__, self.axes, kernel_size, stride, padding, dilation)
        self.settings = kernel_size, stride, padding, dilation, ceil_mode

    def extra_repr(self) -> str:
        """The settings."""
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join(f"{name}={value}" for name, value in zip(names, self.settings, strict=True))


class MaxPool1d(_MaxPool):
    """``y[n, c, i] = max_k x[n, c, s·i + d·k - p]``; the stride is the kernel's size by default.

    >>> import numpy as np
    >>> MaxPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[3., 2.]]])
    """

    axes = 1

    def forward(self, x: Any) -> Any:
        """The largest element of each window."""
        return functional.max_pool1d(x, *self.settings)


class MaxPool2d(_MaxPool):
    """``y[n, c, i, j] = max_{k, l} x[n, c, s·i + d·k - p, s·j + d·l - p]``.

    >>> import numpy as np
    >>> MaxPool2d(2)(np.ones((1, 3, 8, 8))).shape
    (1, 3, 4, 4)
    """

    axes = 2

    def forward(self, x: Any) -> Any:
        """The largest element of each window."""
        return functional.max_pool2d(x, *self.settings)


class _AvgPool(Module):
    axes: int

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        window(type(self).__name__, self.axes, kernel_size, stride, padding, 1)
        self.settings = kernel_size, stride, padding, ceil_mode, count_include_pad

    def extra_repr(self) -> str:
        """The settings."""
        names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
        return ", ".join(f"{name}={value}" for name, value in zip(names, self.settings, strict=True))


class AvgPool1d(_AvgPool):
    """``y[n, c, i] = mean_k x[n, c, s·i + k - p]``; the stride is the kernel's size by default.

    >>> import numpy as np
    >>> AvgPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[2., 1.]]])
    """

    axes = 1

    def forward(self, x: Any) -> Any:
        """The mean of each window."""
        return functional.avg_pool1d(x, *self.settings)


class AvgPool2d(_AvgPool):
    """``y[n, c, i, j] = mean_{k, l} x[n, c, s·i + k - p, s·j + l - p]``.

    >>> import numpy as np
    >>> AvgPool2d(2)(np.ones((1, 3, 8, 8))).shape
    (1, 3, 4, 4)
    """

    axes = 2

    def forward(self, x: Any) -> Any:
        """The mean of each window."""
        return functional.avg_pool2d(x, *self.settings)
