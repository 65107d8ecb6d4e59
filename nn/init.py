"""Initialisations: each fills a parameter in place and returns it. PyTorch's names and arguments.

``fan_in`` is how many numbers one output sums over, ``fan_out`` how many outputs one input goes to.
``rng`` is a random generator or its seed.
"""

from __future__ import annotations

import math
from typing import Literal, TypeVar

import numpy as np

from autograd import Tensor

from .module import Array, Random, generator

P = TypeVar("P", bound=Tensor)
Fan = Literal["fan_in", "fan_out"]
GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """What keeps the size of signals through an activation; param is the slope of leaky_relu.

    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(
            f"no gain is known for {nonlinearity!r}; choose from {', '.join(sorted(GAINS))}, leaky_relu"
        )
    return GAINS[nonlinearity]


def _filled(tensor: P, array: Array) -> P:
    tensor.data = array.astype(tensor.dtype)
    return tensor


def _fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, *size)."""
    if tensor.ndim < 2:
        raise ValueError(f"a weight with two axes or more has fans, not one of shape {tensor.shape}")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def zeros_(tensor: P) -> P:
    """0 everywhere.

    >>> zeros_(Tensor([1.0, 2.0])).data
    array([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: P) -> P:
    """1 everywhere.

    >>> ones_(Tensor([0.0, 2.0])).data
    array([1., 1.])
    """
    return constant_(tensor, 1.0)


def constant_(tensor: P, val: float) -> P:
    """One number everywhere.

    >>> constant_(Tensor([0.0, 2.0]), 3).data
    array([3., 3.])
    """
    return _filled(tensor, np.full(tensor.shape, val))


def uniform_(tensor: P, a: float = 0.0, b: float = 1.0, *, rng: Random = None) -> P:
    """Uniform between a and b.

    >>> bool((uniform_(Tensor(np.zeros(9)), 2.0, 3.0, rng=0).data >= 2).all())
    True
    """
    return _filled(tensor, generator(rng).uniform(a, b, tensor.shape))


def normal_(tensor: P, mean: float = 0.0, std: float = 1.0, *, rng: Random = None) -> P:
    """The normal distribution N(mean, std²).

    >>> normal_(Tensor(np.zeros(3)), rng=0).data.round(3)
    array([ 0.126, -0.132,  0.64 ])
    """
    return _filled(tensor, generator(rng).normal(mean, std, tensor.shape))


def xavier_uniform_(tensor: P, gain: float = 1.0, *, rng: Random = None) -> P:
    """Uniform between ±gain · √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> xavier_uniform_(Tensor(np.zeros((2, 4))), rng=0).shape
    (2, 4)
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: P, gain: float = 1.0, *, rng: Random = None) -> P:
    """N(0, gain² · 2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> xavier_normal_(Tensor(np.zeros((2, 4))), rng=0).shape
    (2, 4)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), rng=rng)


def kaiming_uniform_(
    tensor: P, a: float = 0.0, mode: Fan = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Random = None
) -> P:
    """Uniform between ±gain · √(3 / fan) (He et al. 2015); a is the slope of leaky_relu.

    >>> kaiming_uniform_(Tensor(np.zeros((2, 4))), rng=0).shape
    (2, 4)
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(
    tensor: P, a: float = 0.0, mode: Fan = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Random = None
) -> P:
    """N(0, gain² / fan) (He et al. 2015); a is the slope of leaky_relu.

    >>> kaiming_normal_(Tensor(np.zeros((2, 4))), nonlinearity="relu", rng=0).shape
    (2, 4)
    """
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), rng=rng)


def _kaiming(tensor: Tensor, a: float, mode: Fan, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan = _fans(tensor)[0 if mode == "fan_in" else 1]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def orthogonal_(tensor: P, gain: float = 1.0, *, rng: Random = None) -> P:
    """Rows, or columns, that are orthogonal and of length gain (Saxe et al. 2014).

    Axes after the first are taken as one.

    >>> w = orthogonal_(Tensor(np.zeros((2, 4))), rng=0).data
    >>> bool(np.allclose(w @ w.T, np.eye(2)))
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ needs two axes or more, not shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = generator(rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # so that all orthogonal matrices are equally likely
    return _filled(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def trunc_normal_(
    tensor: P, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Random = None
) -> P:
    """N(mean, std²), drawn again wherever it lies outside [a, b].

    >>> bool((abs(trunc_normal_(Tensor(np.zeros(99)), rng=0).data) <= 2).all())
    True
    """
    if not a < b or not (mean - 9 * std < b and mean + 9 * std > a):
        raise ValueError(f"trunc_normal_: N({mean}, {std}²) has nothing between {a} and {b}")
    draw = generator(rng)
    array = draw.normal(mean, std, tensor.shape)
    while (outside := (array < a) | (array > b)).any():
        array[outside] = draw.normal(mean, std, int(outside.sum()))
    return _filled(tensor, array)
