"""Functions with their right derivatives, of the sorts that a gradient checker meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass
class Function:
    """A function with its right derivative and where to try it."""

    name: str
    value: Callable[..., Any]
    derivative: Callable[..., tuple[Array, ...]]
    point: Callable[[np.random.Generator], tuple[Array, ...]]


def diagonal(slope: Callable[[Array], Array]) -> Callable[[Array], tuple[Array, ...]]:
    return lambda x: (np.diag(slope(x)),)


def elementwise(
    name: str,
    value: Callable[[Any], Any],
    slope: Callable[[Array], Array],
    low: float,
    high: float,
    n: int = 6,
) -> Function:
    return Function(name, value, diagonal(slope), lambda random: (random.uniform(low, high, n),))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x.real))
    return e / e.sum()


def normalise(x: Any) -> Any:
    centered = x - x.mean()
    return centered / np.sqrt((centered * centered).mean() + 1e-5)


def normalise_derivative(x: Array) -> tuple[Array, ...]:
    n = len(x)
    centered = x - x.mean()
    s = 1 / np.sqrt((centered**2).mean() + 1e-5)
    return (s * (np.eye(n) - 1 / n) - s**3 * np.outer(centered, centered) / n,)


def product(a: Any, b: Any) -> Any:
    return a @ b


def product_derivative(a: Array, b: Array) -> tuple[Array, ...]:
    rows, columns, inner = a.shape[0], b.shape[1], a.shape[1]
    left = np.einsum("ik,lj->ijkl", np.eye(rows), b)
    right = np.einsum("il,jk->ijlk", a, np.eye(columns))
    assert left.shape == (rows, columns, rows, inner)
    return left, right


GATHER = np.array([0, 2, 2, 1, 0, 2])
WEIGHTS = np.cos(np.arange(1000.0)) + 1.5

SMOOTH = [
    elementwise("sin", np.sin, np.cos, 0.2, 1.3),
    elementwise("exp", np.exp, np.exp, -1, 2),
    elementwise("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2, -1.5, 1.5),
    elementwise("cube", lambda x: x**3, lambda x: 3 * x**2, 0.5, 2),
    elementwise("log", np.log, lambda x: 1 / x, 0.3, 3),
    elementwise("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.3, 3),
    elementwise("sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), -2, 2),
    elementwise("reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, 0.5, 2),
    elementwise("atan", np.arctan, lambda x: 1 / (1 + x * x), -2, 2),
]
# Products, with each of the two terms of their derivative.
TERMS: list[tuple[str, Callable[[Any], Any], Callable[[Array], Array], Callable[[Array], Array]]] = [
    ("x·sin", lambda x: x * np.sin(x), np.sin, lambda x: x * np.cos(x)),
    ("x²·exp", lambda x: x**2 * np.exp(x), lambda x: 2 * x * np.exp(x), lambda x: x**2 * np.exp(x)),
    (
        "exp·sin",
        lambda x: np.exp(x) * np.sin(x),
        lambda x: np.exp(x) * np.sin(x),
        lambda x: np.exp(x) * np.cos(x),
    ),
    ("x·log", lambda x: x * np.log(x), np.log, lambda x: np.ones_like(x)),
    ("x·tanh", lambda x: x * np.tanh(x), np.tanh, lambda x: x * (1 - np.tanh(x) ** 2)),
    ("x·sigmoid", lambda x: x * sigmoid(x), sigmoid, lambda x: x * sigmoid(x) * (1 - sigmoid(x))),
    (
        "atan·sqrt",
        lambda x: np.arctan(x) * np.sqrt(x),
        lambda x: np.sqrt(x) / (1 + x * x),
        lambda x: 0.5 * np.arctan(x) / np.sqrt(x),
    ),
]
PRODUCTS = [
    elementwise(name, f, lambda x, a=a, b=b: a(x) + b(x), 0.4, 1.6)  # type: ignore[misc]
    for name, f, a, b in TERMS
]
SUM_OF_SINES = Function(
    "sum of 1000 sines",
    lambda x: (WEIGHTS * np.sin(x)).sum(),
    lambda x: (WEIGHTS * np.cos(x),),
    lambda random: (random.uniform(-1, 1, 1000),),
)
SOFTMAX = Function(
    "softmax",
    softmax,
    lambda x: (np.diag(softmax(x)) - np.outer(softmax(x), softmax(x)),),
    lambda random: (random.normal(size=5),),
)
NORMALISE = Function("normalise", normalise, normalise_derivative, lambda random: (random.normal(size=6),))
MATMUL = Function(
    "matmul",
    product,
    product_derivative,
    lambda random: (random.normal(size=(3, 3)), random.normal(size=(3, 3))),
)
CUMSUM = Function(
    "weighted cumsum",
    lambda x: np.cumsum(x * WEIGHTS[: len(x)]),
    lambda x: (np.tril(np.ones((len(x), 1)) * WEIGHTS[: len(x)]),),
    lambda random: (random.normal(size=6),),
)
RATIO = Function(
    "a²/b",
    lambda a, b: a * a / b,
    lambda a, b: (np.diag(2 * a / b), np.diag(-a * a / b**2)),
    lambda random: (random.uniform(1, 2, 4), random.uniform(1, 2, 4)),
)
HALVES = Function(
    "a·exp(b)",
    lambda a, b: a * np.exp(b),
    lambda a, b: (np.diag(np.exp(b)), np.diag(a * np.exp(b))),
    lambda random: (random.uniform(0.5, 2, 4), random.normal(size=4)),
)
BIAS = Function(
    "x·w + b over a batch",
    lambda x, b: np.tanh(x + b),
    lambda x, b: (
        np.einsum("ij,ik,jl->ijkl", 1 - np.tanh(x + b) ** 2, np.eye(len(x)), np.eye(len(b))),
        np.einsum("ij,jl->ijl", 1 - np.tanh(x + b) ** 2, np.eye(len(b))),
    ),
    lambda random: (random.normal(size=(4, 3)), random.normal(size=3)),
)
TAKE = Function(
    "take with repetition",
    lambda x: np.sin(x[GATHER] * WEIGHTS[:6]),
    lambda x: ((np.cos(x[GATHER] * WEIGHTS[:6]) * WEIGHTS[:6])[:, None] * (GATHER[:, None] == np.arange(3)),),
    lambda random: (random.normal(size=3) * 0.4,),
)
TURNED = Function(
    "transpose",
    lambda x: np.sin(x).T,
    lambda x: (np.einsum("ij,ik,jl->jikl", np.cos(x), np.eye(len(x)), np.eye(len(x))),),
    lambda random: (random.uniform(0.2, 1.2, (3, 3)),),
)
DIFFERENCES = Function(
    "differences",
    lambda x: np.exp(x[1:] - x[:-1]),
    lambda x: (np.exp(x[1:] - x[:-1])[:, None] * (np.eye(len(x))[1:] - np.eye(len(x))[:-1]),),
    lambda random: (random.normal(size=6),),
)
MIXING = np.cos(np.arange(25.0).reshape(5, 5))
RESIDUAL = Function(
    "x + tanh(W x)",
    lambda x: x + np.tanh(MIXING @ x),
    lambda x: (np.eye(5) + (1 - np.tanh(MIXING @ x) ** 2)[:, None] * MIXING,),
    lambda random: (random.normal(size=5),),
)
SQUARED = Function(
    "x @ x",
    lambda x: x @ x,
    lambda x: (sum(product_derivative(x, x)),),
    lambda random: (random.normal(size=(3, 3)),),
)
QUOTIENT = elementwise(
    "sin/(2 + cos)",
    lambda x: np.sin(x) / (2 + np.cos(x)),
    lambda x: np.cos(x) / (2 + np.cos(x)) + (np.sin(x) / (2 + np.cos(x))) ** 2,
    0.4,
    1.6,
)
SPREAD = Function(
    "1000 outputs",
    lambda x: np.sin(x * WEIGHTS),
    lambda x: ((np.cos(x * WEIGHTS) * WEIGHTS)[:, None],),
    lambda random: (random.uniform(0.1, 0.3, 1),),
)
BADLY_SCALED = np.array([1e-8, 1e-4, 1.0, 1e4, 1e8])
MIXED = Function(
    "outputs of mixed scale",
    lambda x: BADLY_SCALED * np.sin(x),
    lambda x: (np.diag(BADLY_SCALED * np.cos(x)),),
    lambda random: (random.uniform(0.2, 1.2, 5),),
)
GENERAL = [
    SOFTMAX, NORMALISE, MATMUL, CUMSUM, RATIO, HALVES, BIAS, TAKE, TURNED, DIFFERENCES, RESIDUAL, SQUARED,
    QUOTIENT, MIXED,
]  # fmt: skip

# Terms that a hand forgets where there is more than one element to think of, and what is left.
