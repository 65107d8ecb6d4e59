"""Activations as functions: those of ``autograd``, with PyTorch's arguments where it has any."""

from __future__ import annotations

from typing import Any, Literal

import autograd
from autograd import elu, leaky_relu, logsigmoid, mish, relu, selu, sigmoid, silu, softsign, tanh
from autograd.shapes import as_number

from .checks import axis_of

__all__ = [
    "elu",
    "gelu",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]


def gelu(input: Any, approximate: Literal["none", "tanh"] = "none") -> Any:
    """``x · Φ(x)``, or its approximation by tanh (Hendrycks and Gimpel 2016).

    >>> round(gelu(1.0), 4), round(gelu(1.0, approximate="tanh"), 4)
    (0.8413, 0.8412)
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")
    return autograd.gelu(input) if approximate == "none" else autograd.gelu_tanh(input)


def softplus(input: Any, beta: float = 1.0) -> Any:
    """``log(1 + exp(β x)) / β``: a smooth relu.

    >>> round(softplus(0.0), 6)
    0.693147
    """
    if beta == 0:
        raise ValueError("softplus: beta must not be 0")
    return autograd.softplus(input) if beta == 1 else autograd.softplus(beta * input) / beta


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x kept between two bounds.

    >>> hardtanh(3.0)
    1.0
    """
    if not min_val < max_val:
        raise ValueError(f"hardtanh: min_val must be less than max_val, got {min_val} and {max_val}")
    return autograd.clip(input, min_val, max_val)


def softmax(input: Any, dim: int = -1) -> Any:
    """``exp(xᵢ) / Σⱼ exp(xⱼ)`` along an axis.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    input = as_number(input)
    return autograd.softmax(input, axis=axis_of("softmax", input, dim))


def log_softmax(input: Any, dim: int = -1) -> Any:
    """``xᵢ - log Σⱼ exp(xⱼ)`` along an axis.

    >>> log_softmax([0.0, 0.0]).round(4)
    array([-0.6931, -0.6931])
    """
    input = as_number(input)
    return autograd.log_softmax(input, axis=axis_of("log_softmax", input, dim))
