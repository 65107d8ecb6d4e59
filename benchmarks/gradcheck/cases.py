"""Functions with right and with wrong derivatives: what a gradient checker is tried on.

Plain NumPy, so that every checker gets the same cases whatever it is built on. A case is a
function of one or more arrays and a claimed Jacobian for each; most are the right one with a
mistake put in. The cases are the same on every run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
SCALES = [1e-8, 1e-4, 1.0, 1e4, 1e8]
SIZES = [1.0, 1e-1, 1e-2, 1e-3, 1e-4, 2e-5, 1e-5]


@dataclass
class Case:
    """A function, a point and a claimed derivative.

    Attributes
    ----------
    name: unique.
    kind: the mistake put in, "right" for none.
    function, inputs: the function and the point.
    claimed: from the inputs to one Jacobian an input, of shape output shape + input shape.
    relative: the largest relative error of an element of the claim at the point.
    """

    name: str
    kind: str
    function: Callable[..., Any]
    inputs: tuple[Array, ...]
    claimed: Callable[..., tuple[Array, ...]]
    relative: float


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
GENERAL = [SOFTMAX, NORMALISE, MATMUL, CUMSUM, RATIO, HALVES, BIAS, TAKE]

# What a hand copies by mistake: the derivative of the function next to it.
NEIGHBOURS: list[tuple[str, str, Callable[[Array], Array]]] = [
    ("sin", "cos", lambda x: -np.sin(x)),
    ("sin", "sinh", np.cosh),
    ("tanh", "sigmoid", lambda x: sigmoid(x) * (1 - sigmoid(x))),
    ("tanh", "tanh of the output", lambda x: 1 - x * x),
    ("tanh", "tan", lambda x: 1 + np.tan(x) ** 2),
    ("tanh", "atan", lambda x: 1 / (1 + x * x)),
    ("log", "log1p", lambda x: 1 / (1 + x)),
    ("log", "sqrt", lambda x: 0.5 / np.sqrt(x)),
    ("sqrt", "reciprocal square root", lambda x: -0.5 * x**-1.5),
    ("sqrt", "log", lambda x: 1 / x),
    ("exp", "exp fed twice", lambda x: np.exp(np.exp(x))),
    ("exp", "square", lambda x: 2 * x),
    ("sigmoid", "tanh", lambda x: 1 - np.tanh(x) ** 2),
    ("sigmoid", "sigmoid fed the input", lambda x: x * (1 - x)),
    ("reciprocal", "log", lambda x: 1 / x),
    ("reciprocal", "sqrt", lambda x: 0.5 / np.sqrt(x)),
    ("atan", "tanh", lambda x: 1 - np.tanh(x) ** 2),
    ("atan", "asinh", lambda x: 1 / np.sqrt(1 + x * x)),
    ("cube", "square", lambda x: 2 * x),
    ("cube", "exp", np.exp),
]

Change = Callable[[list[Array], np.random.Generator], list[Array]]


def case(
    kind: str, function: Function, scale: float, repetition: int, what: str = "", change: Change | None = None
) -> Case:
    """A function times a scale, with a mistake made in its right derivative."""
    name = " / ".join(filter(None, [kind, function.name, what, f"×{scale:g}", str(repetition)]))
    seed = zlib.crc32(name.encode())
    inputs = function.point(np.random.default_rng(seed))

    def value(*arrays: Any) -> Any:
        return scale * function.value(*arrays)

    def claimed(*arrays: Any) -> tuple[Array, ...]:
        blocks = [scale * np.asarray(block) for block in function.derivative(*arrays)]
        return tuple(change(blocks, np.random.default_rng(seed)) if change else blocks)

    right = [scale * np.asarray(block) for block in function.derivative(*inputs)]
    with np.errstate(all="ignore"):
        relative = [
            np.max(np.where(r == c, 0.0, np.abs(c - r) / np.maximum(np.abs(r), np.abs(c))))
            for r, c in zip(right, claimed(*inputs), strict=True)
        ]
    return Case(name, kind, value, inputs, claimed, float(max(relative)))


def first_block(change: Callable[[Array], Array]) -> Change:
    return lambda blocks, random: [change(blocks[0]), *blocks[1:]]


def one_element(change: Callable[[float], float]) -> Change:
    """A change of one element, one of those that are not tiny."""

    def changed(blocks: list[Array], random: np.random.Generator) -> list[Array]:
        block = blocks[0].copy()
        places = np.flatnonzero(np.abs(block) > 0.1 * np.max(np.abs(block)))
        place = random.choice(places)
        block.flat[place] = change(block.flat[place])
        return [block, *blocks[1:]]

    return changed


def keep(first: bool, block: Array) -> Array:
    """Of each input element's contributions only the first, or the last."""
    flat = block.reshape(-1, block.shape[-1]) if block.ndim > 1 else block
    kept = np.zeros_like(flat)
    for column in range(flat.shape[1]):
        rows = np.flatnonzero(flat[:, column])
        if len(rows):
            row = rows[0 if first else -1]
            kept[row, column] = flat[row, column]
    return kept.reshape(block.shape)


def wrong_cases() -> Iterator[Case]:
    """Every kind of mistake, from large ones to small ones, at every scale."""
    everything = [*SMOOTH, *PRODUCTS, *GENERAL]
    for scale in SCALES:
        for function in everything:
            yield case("sign", function, scale, 0, "", first_block(lambda block: -block))
            yield case("zero", function, scale, 0, "", first_block(lambda block: 0 * block))
            for size in SIZES:
                grown = 1 + size
                yield case("factor", function, scale, 0, f"{grown}", first_block(lambda b, f=grown: f * b))  # type: ignore[misc]
        for repetition in range(3):
            for function in [SUM_OF_SINES, *GENERAL]:
                yield case("sign", function, scale, repetition, "one element", one_element(lambda d: -d))
                yield case("zero", function, scale, repetition, "one element", one_element(lambda d: 0.0))
                for size in SIZES:
                    change = one_element(lambda d, f=1 + size: f * d)  # type: ignore[misc]
                    yield case("factor", function, scale, repetition, f"one element, {1 + size}", change)
            yield from structural_cases(scale, repetition)


def structural_cases(scale: float, repetition: int) -> Iterator[Case]:
    """The mistakes that move or drop elements, or exchange functions."""
    smooth = {function.name: function for function in SMOOTH}
    transpose = first_block(lambda block: block.swapaxes(-1, -2))
    yield case("transposed", MATMUL, scale, repetition, "weights", transpose)
    for function in (CUMSUM,):
        yield case("transposed", function, scale, repetition, "Jacobian", transpose)
    for function in (RATIO, HALVES):
        swap: Change = lambda blocks, random: [blocks[1], blocks[0]]  # noqa: E731
        yield case("swapped arguments", function, scale, repetition, "", swap)
    roll = first_block(lambda block: np.roll(block, 1, -1))
    for function in (SMOOTH[0], SMOOTH[2], SUM_OF_SINES, TAKE, CUMSUM):
        yield case("off by one", function, scale, repetition, "", roll)
    first: Change = lambda blocks, random: [*blocks[:-1], keep(True, blocks[-1])]  # noqa: E731
    last: Change = lambda blocks, random: [*blocks[:-1], keep(False, blocks[-1])]  # noqa: E731
    yield case("missing sum", BIAS, scale, repetition, "", first)
    yield case("overwritten", TAKE, scale, repetition, "", last)
    yield case("overwritten", BIAS, scale, repetition, "", last)
    for name, other, slope in NEIGHBOURS:
        replaced = Function(name, smooth[name].value, smooth[name].derivative, smooth[name].point)
        yield neighbour_case(replaced, other, slope, scale, repetition)
    for function, (_, _, a, b) in zip(PRODUCTS, TERMS, strict=True):
        yield neighbour_case(function, "first term", a, scale, repetition, "missing term")
        yield neighbour_case(function, "second term", b, scale, repetition, "missing term")


def neighbour_case(
    function: Function,
    what: str,
    slope: Callable[[Array], Array],
    scale: float,
    repetition: int,
    kind: str = "neighbouring function",
) -> Case:
    made = case(kind, function, scale, repetition, what)
    made.claimed = lambda x: (scale * np.diag(slope(x)),)
    x = made.inputs[0]
    right, wrong = np.diagonal(function.derivative(x)[0]), slope(x)
    made.relative = float(np.max(np.abs(right - wrong) / np.maximum(np.abs(right), np.abs(wrong))))
    return made


def at(name: str, value: Callable[[Any], Any], slope: Callable[[Array], Array], *points: float) -> Function:
    return Function(
        name, value, diagonal(slope), lambda random: (np.array(points) * random.uniform(0.9, 1.1),)
    )


BADLY_SCALED = np.array([1e-8, 1e-4, 1.0, 1e4, 1e8])
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


def right_cases() -> Iterator[Case]:
    """Right derivatives, of ordinary functions at every scale and of functions that are hard to measure."""
    for scale in SCALES:
        for repetition in range(5):
            for function in [*SMOOTH, *PRODUCTS, *GENERAL, *HARD]:
                yield case("right", function, scale, repetition)
        yield case("right", SUM_OF_SINES, scale, 0)


def all_cases() -> list[Case]:
    return [*right_cases(), *wrong_cases()]
