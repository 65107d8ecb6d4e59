"""Activation functions that are compositions of rows; the others are rows of their own in ``ops.py``."""

from __future__ import annotations

import math

from .array_ops import Number
from .ops import abs, erfc, expm1, sigmoid, softplus, tanh, where
from .ops import clip as _clip


def leaky_relu(x: Number, negative_slope: float = 0.01) -> Number:
    """``x`` where x > 0, else ``negative_slope * x`` (Maas et al. 2013).

    >>> leaky_relu(-2.0)
    -0.02
    """
    return where(x > 0, x, negative_slope * x)


def elu(x: Number, alpha: float = 1.0) -> Number:
    """``x`` where x > 0, else ``alpha * (exp(x) - 1)`` (Clevert et al. 2015).

    >>> elu(1.5)
    1.5
    """
    return where(x > 0, x, alpha * expm1(x))


def selu(x: Number) -> Number:
    """A scaled elu that keeps mean 0 and variance 1 (Klambauer et al. 2017).

    >>> round(selu(1.0), 6)
    1.050701
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def silu(x: Number) -> Number:
    """``x * sigmoid(x)``, also called swish (Elfwing et al. 2017).

    >>> silu(0.0)
    0.0
    """
    return x * sigmoid(x)


def mish(x: Number) -> Number:
    """``x * tanh(softplus(x))`` (Misra 2019).

    >>> mish(0.0)
    0.0
    """
    return x * tanh(softplus(x))


def gelu(x: Number) -> Number:
    """``x * Φ(x)`` with the normal distribution function Φ (Hendrycks and Gimpel 2016).

    >>> round(gelu(1.0), 6)
    0.841345
    """
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


def gelu_tanh(x: Number) -> Number:
    """The approximation of gelu by tanh (Hendrycks and Gimpel 2016).

    >>> round(gelu_tanh(1.0), 6)
    0.841192
    """
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def softsign(x: Number) -> Number:
    """``x / (1 + |x|)``.

    >>> softsign(1.0)
    0.5
    """
    return x / (1 + abs(x))


def logsigmoid(x: Number) -> Number:
    """``log(sigmoid(x))``, without overflow.

    >>> logsigmoid(-1000.0)
    -1000.0
    """
    return -softplus(-x)


def clip(x: Number, low: Number | None = None, high: Number | None = None) -> Number:
    """``x`` kept between low and high, each of which may be None; an edge has slope 1.

    >>> clip(3.0, 0.0, 1.0)
    1.0
    """
    return _clip(x, -math.inf if low is None else low, math.inf if high is None else high)
