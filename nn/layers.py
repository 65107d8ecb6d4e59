"""Layers on Tensors: Linear and the activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd

from . import functional
from .module import Module, Parameter

Random = np.random.Generator | int | None


class Linear(Module):
    """``y = x Wᵀ + b``: x of shape (..., in_features), y of shape (..., out_features).

    W and b are drawn uniformly from ±1/√in_features.

    Raises
    ------
    ValueError: the last axis of x is not in_features.

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
        draw = np.random.default_rng(rng)
        bound = 1 / math.sqrt(max(in_features, 1))
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(draw.uniform(-bound, bound, (out_features, in_features)), dtype=dtype)
        self.bias = Parameter(draw.uniform(-bound, bound, out_features), dtype=dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """``x Wᵀ + b``."""
        return functional.linear(x, self.weight, self.bias)


class ReLU(Module):
    """``max(x, 0)``.

    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """``max(x, 0)``."""
        return autograd.relu(x)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``.

    >>> Sigmoid()(np.array([0.0]))
    array([0.5])
    """

    def forward(self, x: Any) -> Any:
        """``1 / (1 + exp(-x))``."""
        return autograd.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> Tanh()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Any) -> Any:
        """``tanh(x)``."""
        return autograd.tanh(x)
