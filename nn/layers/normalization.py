"""Normalisations as modules: they hold the weight, the bias and the running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError, lend
from autograd.array_ops import shape_of

from .. import functional
from ..functional.checks import not_negative, one_or_more
from ..module import Array, Module, Parameter


class _Running(Module):
    """What batch and instance norm share: an affine map and running statistics."""

    dimensions: tuple[int, ...] = ()  # how many axes the input may have; any number if empty
    running_mean: Array | None
    running_var: Array | None
    num_batches_tracked: Array | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more(type(self).__name__, num_features=num_features)
        not_negative(type(self).__name__, eps=eps, momentum=momentum)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_features), dtype=dtype) if affine and bias else None
        self.register_buffer("running_mean", np.zeros(num_features, dtype) if track_running_stats else None)
        self.register_buffer("running_var", np.ones(num_features, dtype) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", np.array(0) if track_running_stats else None)

    def check(self, x: Any) -> None:
        """Refuse an input with other channels or another number of axes."""
        shape = shape_of(x)
        wrong = bool(self.dimensions) and len(shape) not in self.dimensions
        if wrong or len(shape) < 2 or shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: the input has shape {shape}, not "
                f"(batch, {self.num_features}, *lengths)"
            )

    def counted(self) -> Any:
        """Count one more batch; the momentum for its statistics, 1/n if the mean of all was asked for."""
        if self.num_batches_tracked is None:
            return 0.0
        tracked = lend(self.num_batches_tracked)
        tracked += 1
        return 1 / tracked if self.momentum is None else self.momentum

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.weight is not None}, track_running_stats={self.running_mean is not None}"
        )


class _BatchNorm(_Running):
    def forward(self, x: Any) -> Any:
        """Normalise by the batch in training, by the running statistics in evaluation."""
        self.check(x)
        by_batch = self.training or self.running_mean is None
        momentum = self.counted() if self.training else 0.0
        running = (self.running_mean, self.running_var) if self.training or not by_batch else (None, None)
        return functional.batch_norm(x, *running, self.weight, self.bias, by_batch, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """``y = (x - mean) / √(var + ε) · weight + bias``, each channel over the batch and the length.

    x (batch, features) or (batch, features, length). Training uses the statistics of the batch and
    moves the running ones towards them; evaluation uses the running ones (Ioffe and Szegedy 2015).

    >>> BatchNorm1d(1)(np.array([[1.0], [3.0]])).data.round(3)
    array([[-1.],
           [ 1.]])
    """

    dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """``y = (x - mean) / √(var + ε) · weight + bias``, each channel over batch, height and width.

    x (batch, channels, height, width); see :class:`BatchNorm1d`.

    >>> BatchNorm2d(3)(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    dimensions = (4,)


class InstanceNorm(_Running):
    """``y = (x - mean) / √(var + ε)``, each channel of each item over its lengths (Ulyanov et al. 2016).

    x (batch, channels, *lengths), with any number of lengths. As in PyTorch, weight and bias, and
    running statistics, are there only if asked for.

    >>> InstanceNorm(1)(np.array([[[1.0, 3.0]]])).round(3)
    array([[[-1.,  1.]]])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """Normalise by each item, or in evaluation by the running statistics, if there are any."""
        self.check(x)
        by_item = self.training or self.running_mean is None
        momentum = self.momentum
        if momentum is None:  # otherwise, as in PyTorch, it counts no batches
            momentum = self.counted() if self.training else 0.0
        return functional.instance_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, by_item, momentum, self.eps
        )


class InstanceNorm1d(InstanceNorm):
    """:class:`InstanceNorm` for (batch, channels, length).

    >>> InstanceNorm1d(3)(np.ones((2, 3, 4))).shape
    (2, 3, 4)
    """

    dimensions = (3,)


class InstanceNorm2d(InstanceNorm):
    """:class:`InstanceNorm` for (batch, channels, height, width).

    >>> InstanceNorm2d(3)(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    dimensions = (4,)


def _normalized(name: str, normalized_shape: int | tuple[int, ...], eps: Any) -> tuple[tuple[int, ...], Any]:
    """The shape as a tuple, and ε, if they make sense."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or min(shape) < 1:
        raise ValueError(f"{name}: normalized_shape has one size or more, none below 1; got {shape}")
    not_negative(name, eps=eps)
    return shape, eps


class LayerNorm(Module):
    """``y = (x - mean) / √(var + ε) · weight + bias``, each item over its last axes (Ba et al. 2016).

    >>> LayerNorm(2)(np.array([1.0, 3.0])).data.round(3)
    array([-1.,  1.])
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape, self.eps = shape, eps = _normalized(type(self).__name__, normalized_shape, eps)
        self.weight = Parameter(np.ones(shape), dtype=dtype) if elementwise_affine else None
        self.bias = Parameter(np.zeros(shape), dtype=dtype) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Any:
        """Normalise each item."""
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"


class RMSNorm(Module):
    """``y = x / √(mean(x²) + ε) · weight`` over the last axes (Zhang and Sennrich 2019).

    >>> RMSNorm(2)(np.array([1.0, 7.0])).data.round(3)
    array([0.2, 1.4])
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape, self.eps = shape, eps = _normalized(type(self).__name__, normalized_shape, eps)
        self.weight = Parameter(np.ones(shape), dtype=dtype) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        """Normalise each item."""
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"


class GroupNorm(Module):
    """``y = (x - mean) / √(var + ε) · weight + bias``, over groups of channels (Wu and He 2018).

    >>> GroupNorm(2, 4)(np.ones((2, 4, 5))).shape
    (2, 4, 5)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        not_negative("GroupNorm", eps=eps)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels do not make {num_groups} groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(np.ones(num_channels), dtype=dtype) if affine else None
        self.bias = Parameter(np.zeros(num_channels), dtype=dtype) if affine and bias else None

    def forward(self, x: Any) -> Any:
        """Normalise each item, a group of channels at a time."""
        if shape_of(x)[1:2] != (self.num_channels,):
            raise ShapeError(
                f"GroupNorm: the input has shape {shape_of(x)}, not (batch, {self.num_channels}, ...)"
            )
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.weight is not None}"
