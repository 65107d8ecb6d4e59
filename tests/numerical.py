"""Derivatives by evaluation alone, to compare the rules with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# Central differences of order 8: f'(x) = Σ wᵢ (f(x + i h) - f(x - i h)) / h, with an error of h⁸ f⁽⁹⁾ / 630.
WEIGHTS = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
STEP = 2e-3
REACH = len(WEIGHTS) * STEP
"""How far from a point it is evaluated; the points must be further than this from a kink."""


def central_difference(function: Callable[[float], Any], step: float = STEP) -> Any:
    """The derivative of a function of one number at 0."""
    total: Any = 0.0
    for i, weight in enumerate(WEIGHTS, start=1):
        total = total + weight * (function(i * step) - function(-i * step))
    return total / step


def finite_gradient(function: Callable[..., float], inputs: Sequence[Any], step: float = STEP) -> list[Any]:
    """The gradient of a scalar function of arrays, one element at a time."""

    def along(position: int, index: tuple[int, ...]) -> Callable[[float], float]:
        def moved(distance: float) -> float:
            arrays = [np.array(x, dtype=float) for x in inputs]
            arrays[position][index] += distance
            return function(*arrays)

        return moved

    return [
        np.array([central_difference(along(i, index), step) for index in np.ndindex(np.shape(x))]).reshape(
            np.shape(x)
        )
        for i, x in enumerate(inputs)
    ]


def complex_gradient(function: Callable[..., complex], inputs: Sequence[Any]) -> list[Any]:
    """The gradient of an analytic function, to the last digits: ``Im f(x + ih) / h`` (Squire, Trapp 1998)."""
    step = 1e-30
    gradients = []
    for position, x in enumerate(inputs):
        gradient = np.zeros(np.shape(x))
        for index in np.ndindex(np.shape(x)):
            arrays = [np.array(z, dtype=complex) for z in inputs]
            arrays[position][index] += 1j * step
            gradient[index] = np.imag(function(*arrays)) / step
        gradients.append(gradient)
    return gradients
