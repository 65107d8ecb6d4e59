"""Gradient clipping: keep a step from going too far where the loss is steep."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Node
from autograd.operation import StandIn, as_array

from .functional.checks import not_negative


def _with_gradients(parameters: Iterable[Node] | Node) -> list[Node]:
    given = [parameters] if isinstance(parameters, Node) else parameters
    return [parameter for parameter in given if parameter.grad is not None]


def _plain(parameter: Node) -> Any:
    return getattr(parameter.grad, "plain", parameter.grad)


def clip_grad_norm(parameters: Iterable[Node] | Node, max_norm: float, norm_type: float = 2.0) -> Any:
    """Scale all gradients by ``max_norm / (norm + 1e-6)`` if their common norm is larger.

    Returns the norm from before (Pascanu et al. 2013).

    >>> from autograd import Value
    >>> a, b = Value(0.0), Value(0.0)
    >>> a.grad, b.grad = 3.0, 4.0
    >>> clip_grad_norm([a, b], 1.0)
    5.0
    >>> round(a.grad, 4), round(b.grad, 4)
    (0.6, 0.8)
    """
    not_negative("clip_grad_norm", max_norm=max_norm)
    moving = _with_gradients(parameters)
    total = _norm([as_array(_plain(p), float) for p in moving], norm_type)
    # Without a branch, so that a recorded program clips or not as the gradients of each run ask for it.
    factor = np.where(np.isfinite(total), np.minimum(max_norm / (total + 1e-6), 1.0), 1.0)
    for parameter in moving:
        gradient = _plain(parameter)
        clipped = gradient * as_array(factor, getattr(gradient, "dtype", float))
        parameter.grad = _like(gradient, clipped)
    return total if isinstance(total, StandIn) else float(total)


def _like(gradient: Any, clipped: Any) -> Any:
    """The gradient of a Value is a float, also when it is clipped."""
    return float(clipped) if isinstance(gradient, float) and not isinstance(clipped, StandIn) else clipped


def _norm(arrays: list[Any], order: float) -> Any:
    """The norm of all numbers of all arrays."""
    if not arrays:
        return 0.0
    if order == math.inf:
        return functools.reduce(np.maximum, [np.maximum.reduce(np.abs(x), axis=None) for x in arrays])
    if order == 2:
        return np.sqrt(
            functools.reduce(operator.add, [np.add.reduce(np.square(x), axis=None) for x in arrays])
        )
    powers = [np.add.reduce(np.abs(x) ** order, axis=None) for x in arrays]
    return functools.reduce(operator.add, powers) ** (1 / order)


def clip_grad_value(parameters: Iterable[Node] | Node, clip_value: float) -> None:
    """Keep every number of the gradients between ±clip_value.

    >>> from autograd import Value
    >>> a = Value(0.0)
    >>> a.grad = -3.0
    >>> clip_grad_value([a], 1.0)
    >>> a.grad
    -1.0
    """
    not_negative("clip_grad_value", clip_value=clip_value)
    for parameter in _with_gradients(parameters):
        clipped = np.minimum(np.maximum(_plain(parameter), -clip_value), clip_value)
        parameter.grad = _like(parameter.grad, clipped)
