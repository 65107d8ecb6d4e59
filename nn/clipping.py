"""Gradient clipping: keep a step from going too far where the loss is steep."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Node

from .functional.checks import not_negative


def _with_gradients(parameters: Iterable[Node] | Node) -> list[Node]:
    given = [parameters] if isinstance(parameters, Node) else parameters
    return [parameter for parameter in given if parameter.grad is not None]


def _plain(parameter: Node) -> Any:
    return getattr(parameter.grad, "plain", parameter.grad)


def clip_grad_norm(parameters: Iterable[Node] | Node, max_norm: float, norm_type: float = 2.0) -> float:
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
    sizes = [float(np.linalg.norm(np.ravel(_plain(p)).astype(float), norm_type)) for p in moving]
    total = float(np.linalg.norm(sizes, norm_type)) if sizes else 0.0
    factor = max_norm / (total + 1e-6)
    if factor < 1 and math.isfinite(total):
        for parameter in moving:
            parameter.grad = _plain(parameter) * factor
    return total


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
        clipped = np.clip(_plain(parameter), -clip_value, clip_value)
        parameter.grad = float(clipped) if isinstance(parameter.grad, float) else clipped
