"""One step of an optimiser, tried out on copies: the real parameters stay as they are.

>>> from autograd import Value
>>> w = Value(2.0, label="w")
>>> updated(0.1, {w: 4.0})
{Value(2, label='w'): 1.6}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from numbers import Real
from typing import Any

from autograd.graph import Node


def updated(optimizer: Any, gradients: Mapping[Node, Any]) -> dict[Node, Any]:
    """The data that each parameter would have after the step.

    Parameters
    ----------
    optimizer: a learning rate, for plain gradient descent, or anything that has ``parameters`` and
        ``step()``, such as the optimisers of ``nn``.
    gradients: the gradient of each parameter.

    Raises
    ------
    TypeError: it is neither.
    """
    if isinstance(optimizer, Real) and not isinstance(optimizer, bool):
        return {node: node.plain - float(optimizer) * gradient for node, gradient in gradients.items()}
    if not callable(getattr(optimizer, "step", None)) or not hasattr(optimizer, "parameters"):
        raise TypeError(
            f"cannot take a step with {optimizer!r:.60} ({type(optimizer).__name__}); pass a learning "
            "rate, or an optimiser that has parameters and step()"
        )
    copies: dict[int, Any] = {}
    twin = copy.deepcopy(optimizer, copies)
    moving = {node: copies[id(node)] for node in gradients if id(node) in copies}
    for node, other in moving.items():
        other.grad = gradients[node]
    twin.step()
    return {node: other.plain for node, other in moving.items()}


def described(optimizer: Any) -> str:
    """How an update is called in one line.

    >>> described(0.1)
    'gradient descent, lr = 0.1'
    """
    if isinstance(optimizer, Real):
        return f"gradient descent, lr = {float(optimizer):g}"
    rate = getattr(optimizer, "lr", None)
    name = type(optimizer).__name__
    return f"{name}, lr = {float(rate):g}" if isinstance(rate, Real) else name
