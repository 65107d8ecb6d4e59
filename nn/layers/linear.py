"""``Linear`` and the layers that only move numbers: ``Identity`` and ``Flatten``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional
from ..functional.checks import one_or_more
from ..module import Module, Parameter, Random, generator


def uniform(draw: np.random.Generator, bound: float, shape: tuple[int, ...], dtype: Any) -> Parameter:
    """A parameter drawn uniformly from ±bound."""
    return Parameter(draw.uniform(-bound, bound, shape), dtype=dtype)


class Linear(Module):
    """``y = x Wᵀ + b``: x of shape (..., in_features), y of shape (..., out_features).

    W and b are drawn uniformly from ±1/√in_features.

    Raises
    ------
    ValueError: a size is less than 1.
    ShapeError: the last axis of x is not in_features.

    >>> Linear(3, 2, rng=0)(np.ones((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more("Linear", in_features=in_features, out_features=out_features)
        draw = generator(rng)
        bound = 1 / math.sqrt(in_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = uniform(draw, bound, (out_features, in_features), dtype)
        self.bias = uniform(draw, bound, (out_features,), dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """``x Wᵀ + b``."""
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """``y = x``.

    >>> Identity()(3.0)
    3.0
    """

    def forward(self, x: Any) -> Any:
        """x itself."""
        return x


class Flatten(Module):
    """Make one axis of several, by default of all but the batch.

    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        """x with fewer axes."""
        return functional.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The settings."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
