"""Pooling as modules."""

from __future__ import annotations

from typing import Any

from .. import functional
from ..functional.checks import Size
from ..functional.pooling import window
from ..module import Module


class _Pool(Module):
    axes: int
    settings: dict[str, Any]

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={value}" for name, value in self.settings.items())


class _MaxPool(_Pool):
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
        self.settings = {
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "ceil_mode": ceil_mode,
        }

    def forward(self, x: Any) -> Any:
        """The largest element of each window."""
        pool = functional.max_pool1d if self.axes == 1 else functional.max_pool2d
        return pool(x, **self.settings)


class MaxPool1d(_MaxPool):
    """``y[n, c, i] = max_k x[n, c, s·i + d·k - p]``; the stride is the kernel's size by default.

    >>> import numpy as np
    >>> MaxPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[3., 2.]]])
    """

    axes = 1


class MaxPool2d(_MaxPool):
    """``y[n, c, i, j] = max_{k, l} x[n, c, s·i + d·k - p, s·j + d·l - p]``.

    >>> import numpy as np
    >>> MaxPool2d(2)(np.ones((1, 3, 8, 8))).shape
    (1, 3, 4, 4)
    """

    axes = 2


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        window(type(self).__name__, self.axes, kernel_size, stride, padding, 1)
        self.settings = {
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
        }

    def forward(self, x: Any) -> Any:
        """The mean of each window."""
        pool = functional.avg_pool1d if self.axes == 1 else functional.avg_pool2d
        return pool(x, **self.settings)


class AvgPool1d(_AvgPool):
    """``y[n, c, i] = mean_k x[n, c, s·i + k - p]``; the stride is the kernel's size by default.

    >>> import numpy as np
    >>> AvgPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[2., 1.]]])
    """

    axes = 1


class AvgPool2d(_AvgPool):
    """``y[n, c, i, j] = mean_{k, l} x[n, c, s·i + k - p, s·j + l - p]``.

    >>> import numpy as np
    >>> AvgPool2d(2)(np.ones((1, 3, 8, 8))).shape
    (1, 3, 4, 4)
    """

    axes = 2
