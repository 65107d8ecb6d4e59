"""Functions with right and with wrong derivatives: what a gradient checker is tried on.

Plain NumPy, so that every checker gets the same cases whatever it is built on. A case is a
function of one or more arrays and a claimed Jacobian for each; most are the right one with a
mistake put in. The cases are the same on every run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .functions import (
    BIAS,
    CUMSUM,
    DIFFERENCES,
    GENERAL,
    HALVES,
    MATMUL,
    MIXED,
    NORMALISE,
    PRODUCTS,
    QUOTIENT,
    RATIO,
    RESIDUAL,
    SMOOTH,
    SOFTMAX,
    SPREAD,
    SQUARED,
    SUM_OF_SINES,
    TAKE,
    TERMS,
    TURNED,
    Array,
    Function,
    diagonal,
    normalise_derivative,
    product_derivative,
    sigmoid,
    softmax,
)
from .hard import BELOW_ROUND_OFF, HARD

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


FORGOTTEN: list[tuple[Function, str, Callable[[Array], Array]]] = [
    (SOFTMAX, "diagonal only", lambda x: np.diag(softmax(x))),
    (SOFTMAX, "no diagonal", lambda x: -np.outer(softmax(x), softmax(x))),
    (NORMALISE, "mean taken as constant", lambda x: normalise_derivative(x)[0] + _scale(x) / len(x)),
    (NORMALISE, "variance taken as constant", lambda x: _scale(x) * (np.eye(len(x)) - 1 / len(x))),
    (SQUARED, "first factor only", lambda x: product_derivative(x, x)[0]),
    (SQUARED, "second factor only", lambda x: product_derivative(x, x)[1]),
    (QUOTIENT, "numerator only", lambda x: np.diag(np.cos(x) / (2 + np.cos(x)))),
    (QUOTIENT, "denominator only", lambda x: np.diag((np.sin(x) / (2 + np.cos(x))) ** 2)),
]


def _scale(x: Array) -> Any:
    return 1 / np.sqrt(((x - x.mean()) ** 2).mean() + 1e-5)


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
    return Case(name, kind, value, inputs, claimed, relative_error(right, claimed(*inputs)))


def relative_error(right: Sequence[Array], claimed: Sequence[Array]) -> float:
    """The largest relative error of an element."""
    with np.errstate(all="ignore"):
        relative = [
            np.max(np.where(r == c, 0.0, np.abs(c - r) / np.maximum(np.abs(r), np.abs(c))))
            for r, c in zip(right, claimed, strict=True)
        ]
    return float(max(relative))


def first_block(change: Callable[[Array], Array]) -> Change:
    return lambda blocks, random: [change(blocks[0]), *blocks[1:]]


def last_block(change: Callable[[Array], Array]) -> Change:
    return lambda blocks, random: [*blocks[:-1], change(blocks[-1])]


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
            for function in [SUM_OF_SINES, SPREAD, *GENERAL]:
                yield case("sign", function, scale, repetition, "one element", one_element(lambda d: -d))
                yield case("zero", function, scale, repetition, "one element", one_element(lambda d: 0.0))
                for size in SIZES:
                    change = one_element(lambda d, f=1 + size: f * d)  # type: ignore[misc]
                    yield case("factor", function, scale, repetition, f"one element, {1 + size}", change)
            yield from structural_cases(scale, repetition)
        for function in (MATMUL, RATIO, HALVES, BIAS):
            yield case("sign", function, scale, 0, "last input", last_block(lambda block: -block))
            yield case("zero", function, scale, 0, "last input", last_block(lambda block: 0 * block))
        yield from small_output_cases(scale)
        for function in HARD:
            if function.name not in BELOW_ROUND_OFF:
                yield from hard_cases(function, scale)


def small_output_cases(scale: float) -> Iterator[Case]:
    """A mistake in the smallest of outputs that are sixteen orders of magnitude apart."""
    for kind, factor in (("sign", -1.0), ("zero", 0.0), ("factor", 1.5), ("factor", 1 + 2e-5)):
        changed = np.array([factor, 1.0, 1.0, 1.0, 1.0])
        what = f"smallest output, {factor:g}"
        yield case(kind, MIXED, scale, 0, what, first_block(lambda b, c=changed: c * b))  # type: ignore[misc]


def hard_cases(function: Function, scale: float) -> Iterator[Case]:
    """Mistakes where the right derivative is hard to measure."""
    yield case("sign", function, scale, 0, "hard", first_block(lambda block: -block))
    yield case("sign", function, scale, 0, "hard, one element", one_element(lambda d: -d))
    yield case("zero", function, scale, 0, "hard", first_block(lambda block: 0 * block))
    for size in (1e-2, 2e-5):
        grown = 1 + size
        whole = first_block(lambda block, f=grown: f * block)  # type: ignore[misc]
        yield case("factor", function, scale, 0, f"hard, {grown}", whole)
        change = one_element(lambda d, f=grown: f * d)  # type: ignore[misc]
        yield case("factor", function, scale, 0, f"hard, one element, {grown}", change)


def structural_cases(scale: float, repetition: int) -> Iterator[Case]:
    """The mistakes that move or drop elements, or exchange functions."""
    smooth = {function.name: function for function in SMOOTH}
    transpose = first_block(lambda block: block.swapaxes(-1, -2))
    yield case("transposed", MATMUL, scale, repetition, "weights", transpose)
    yield case("transposed", CUMSUM, scale, repetition, "Jacobian", transpose)
    turn = first_block(lambda block: block.swapaxes(0, 1))
    yield case("transposed", TURNED, scale, repetition, "output", turn)
    for function in (RATIO, HALVES):
        swap: Change = lambda blocks, random: [blocks[1], blocks[0]]  # noqa: E731
        yield case("swapped arguments", function, scale, repetition, "", swap)
    roll = first_block(lambda block: np.roll(block, 1, -1))
    for function in (SMOOTH[0], SMOOTH[2], SUM_OF_SINES, TAKE, CUMSUM, DIFFERENCES):
        yield case("off by one", function, scale, repetition, "", roll)
    down = first_block(lambda block: np.concatenate([0 * block[:1], block[:-1]]))
    for function in (CUMSUM, SPREAD):
        yield case("off by one", function, scale, repetition, "output", down)
    first, last = last_block(lambda block: keep(True, block)), last_block(lambda block: keep(False, block))
    yield case("missing sum", BIAS, scale, repetition, "", first)
    yield case("overwritten", TAKE, scale, repetition, "", last)
    around = first_block(lambda block: scale * np.eye(5))
    through = first_block(lambda block: block - scale * np.eye(5))
    yield case("overwritten", RESIDUAL, scale, repetition, "path around only", around)
    yield case("overwritten", RESIDUAL, scale, repetition, "path through only", through)
    yield case("overwritten", BIAS, scale, repetition, "", last)
    for name, other, slope in NEIGHBOURS:
        replaced = Function(name, smooth[name].value, smooth[name].derivative, smooth[name].point)
        yield replaced_case("neighbouring function", replaced, other, diagonal(slope), scale, repetition)
    for function, (_, _, a, b) in zip(PRODUCTS, TERMS, strict=True):
        yield replaced_case("missing term", function, "first term", diagonal(a), scale, repetition)
        yield replaced_case("missing term", function, "second term", diagonal(b), scale, repetition)
    for function, what, left in FORGOTTEN:
        only = lambda x, left=left: (left(x),)  # noqa: E731
        yield replaced_case("missing term", function, what, only, scale, repetition)


def replaced_case(
    kind: str,
    function: Function,
    what: str,
    derivative: Callable[[Array], tuple[Array, ...]],
    scale: float,
    repetition: int,
) -> Case:
    """A function of one input with another derivative in place of the right one."""
    made = case(kind, function, scale, repetition, what)
    made.claimed = lambda x: (scale * derivative(x)[0],)
    made.relative = relative_error(function.derivative(*made.inputs), derivative(*made.inputs))
    return made


def right_cases() -> Iterator[Case]:
    """Right derivatives, of ordinary functions at every scale and of functions that are hard to measure."""
    for scale in SCALES:
        for repetition in range(5):
            for function in [*SMOOTH, *PRODUCTS, *GENERAL, *HARD]:
                yield case("right", function, scale, repetition)
        for function in (SUM_OF_SINES, SPREAD):
            yield case("right", function, scale, 0)


def all_cases() -> list[Case]:
    return [*right_cases(), *wrong_cases()]
