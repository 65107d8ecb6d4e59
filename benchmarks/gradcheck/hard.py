"""Functions whose right derivatives are hard to measure: poles, kinks, round-off, far out and very small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .functions import (
    BADLY_SCALED,
    SOFTMAX,
    Array,
    Function,
    diagonal,
    normalise,
    normalise_derivative,
    sigmoid,
    softmax,
)


def exactly(
    name: str, value: Callable[[Any], Any], slope: Callable[[Array], Array], *points: float
) -> Function:
    return Function(name, value, diagonal(slope), lambda random: (np.array(points),))


def huber(x: Any) -> Any:
    return np.where(np.abs(x.real) < 1, x * x / 2, np.sign(x.real) * x - 0.5)


def _waves_slope(x: Array) -> Array:
    return 2 * x * np.sin(1 / x) - np.cos(1 / x)


def at(name: str, value: Callable[[Any], Any], slope: Callable[[Array], Array], *points: float) -> Function:
    return Function(
        name, value, diagonal(slope), lambda random: (np.array(points) * random.uniform(0.9, 1.1),)
    )


HARD = [
    at("sin far out", np.sin, np.cos, 1e6, 3e5),
    at("sin near 0", np.sin, np.cos, 1e-9, 1e-6),
    at("log near 0", np.log, lambda x: 1 / x, 1e-9, 1e-6),
    at("log far out", np.log, lambda x: 1 / x, 1e6, 1e9),
    at("reciprocal near 0", lambda x: 1 / x, lambda x: -1 / x**2, 1e-9, 1e-3),
    at("reciprocal far out", lambda x: 1 / x, lambda x: -1 / x**2, 1e6),
    at("sqrt near 0", np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-9, 1e-12),
    at("square far out", lambda x: x * x, lambda x: 2 * x, 1e6, 1e8),
    at("tenth power", lambda x: x**10, lambda x: 10 * x**9, 1e-9, 1.0, 1e6),
    at("fast wave", lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 0.7, 1.1),
    at("narrow bell", lambda x: np.exp(-x * x * 1e4), lambda x: -2e4 * x * np.exp(-x * x * 1e4), 1e-2, 3e-3),
    at("large exponential", np.exp, np.exp, 20, 100, 300),
    at("small exponential", np.exp, np.exp, -20, -100, -300),
    at("flat tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2, 40.0, 1e6),
    at("saturated sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), 8.0, 15.0, -20.0),
    at("offset", lambda x: 1e3 + np.sin(x), np.cos, 0.5, 1.0),
    at("cancellation", lambda x: (1e4 + x) - 1e4, np.ones_like, 0.5, 1e-3),
    at("one minus cosine", lambda x: 1 - np.cos(x), np.sin, 1e-3, 0.5),
    at("relu", lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, 1.0, -1.0, 1e-3, 1e-9, -1e-6),
    at("absolute", np.abs, np.sign, 1.0, -1e-3, 1e-9),
    at("leaky relu", lambda x: np.maximum(x, 0.1 * x), lambda x: np.where(x > 0, 1, 0.1), 1e-7, -1e-7, 2.0),
    at(
        "sharp softplus", lambda x: np.logaddexp(0, 1e6 * x) / 1e6, lambda x: sigmoid(1e6 * x), 1e-7, -2e-6, 1
    ),
    at("log of log", lambda x: np.log(np.log(x)), lambda x: 1 / (x * np.log(x)), 1.2, 1e6),
    at("tan near its pole", np.tan, lambda x: 1 + np.tan(x) ** 2, 1.43, 1.41),
    exactly("tan at its pole", np.tan, lambda x: 1 + np.tan(x) ** 2, np.pi / 2 - 1e-6, np.pi / 2 - 1e-3),
    exactly("arcsin near its edge", np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1 - 1e-6, 1e-6 - 1),
    exactly("huber at its edge", huber, lambda x: np.clip(x, -1, 1), 1.0, -1.0, 1 + 1e-6),
    at("waves in waves", lambda x: x * x * np.sin(1 / x), _waves_slope, 1e-3, 0.05),
    at("floor", np.floor, np.zeros_like, 0.5, 2.3, -7.3),
    at("constant", lambda x: 0 * x + 3, np.zeros_like, 1.0, 1e6),
    Function(
        "badly scaled sum",
        lambda x: (BADLY_SCALED * np.sin(x)).sum(),
        lambda x: (BADLY_SCALED * np.cos(x),),
        lambda random: (random.uniform(0.2, 1.2, 5),),
    ),
    Function(
        "badly scaled inputs",
        lambda x: np.sin(x / BADLY_SCALED),
        lambda x: (np.diag(np.cos(x / BADLY_SCALED) / BADLY_SCALED),),
        lambda random: (random.uniform(0.2, 1.2, 5) * BADLY_SCALED,),
    ),
    Function(
        "sum of normalised",
        lambda x: normalise(x).sum(),
        lambda x: (normalise_derivative(x)[0].sum(axis=0),),
        lambda random: (random.normal(size=6),),
    ),
    Function(
        "softmax, one sure",
        softmax,
        SOFTMAX.derivative,
        lambda random: (random.normal(size=5) + np.array([0, 0, 30, 0, 0]),),
    ),
    Function(
        "noise of 1e-12",
        lambda x: np.sin(x) + 1e-12 * np.sin(1e15 * x.real),
        lambda x: (np.diag(np.cos(x)),),
        lambda random: (random.uniform(0.2, 1.2, 3),),
    ),
    Function(
        "chain of 200",
        lambda x: _chain(x),
        lambda x: (np.diag(_chain_slope(x)),),
        lambda random: (random.uniform(0.2, 1.2, 3),),
    ),
]
# Whose derivative, or part of it, is less than the function's round-off: right or wrong, nothing shows it.
BELOW_ROUND_OFF = {"flat tanh", "floor", "constant", "sum of normalised", "softmax, one sure", "chain of 200"}


def _chain(x: Any) -> Any:
    for _ in range(200):
        x = np.sin(x) + 0.1 * x
    return x


def _chain_slope(x: Array) -> Array:
    slope = np.ones_like(x)
    for _ in range(200):
        slope = slope * (np.cos(x) + 0.1)
        x = np.sin(x) + 0.1 * x
    return slope
