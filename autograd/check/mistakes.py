"""The table of likely mistakes: what a wrong derivative looks like, made from the right one.

Each row has a name, a sentence for people, and a function that makes wrong derivatives from the
right one: it yields pairs of a Jacobian block and the words that fill the sentence. The first row
whose wrong derivative is the one that was claimed is the likely mistake, so rows with nothing to
choose come before rows that could fit more.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ..operation import TABLE, Operation
from .problem import Part

Array = np.ndarray[Any, Any]


@dataclass
class Case:
    """One input's block of a Jacobian in which elements are wrong.

    Attributes
    ----------
    claim, right: the claimed block and the measured one, shape (m, k).
    error: a bound on the error of the measured one, shape (m, k).
    bad: which elements are wrong, shape (m, k).
    x, y: the input, shape (k,), and all outputs, shape (m,).
    part: the input.
    outputs: the outputs that the rows are of.
    others: the measured blocks of the other inputs, by name.
    """

    claim: Array
    right: Array
    error: Array
    bad: Array
    x: Array
    y: Array
    part: Part
    outputs: list[Part]
    others: dict[str, Array] = field(default_factory=dict)

    def wrong_only(self, wrong: Array) -> Array:
        """A mistake in the wrong elements, the others right: it may sit in one element alone."""
        mixed: Array = np.where(self.bad, wrong, self.right)
        return mixed

    def diagonal(self) -> Array | None:
        """Where the derivatives of an elementwise function, or of a sum of one, are in the block; or None."""
        m, k = self.right.shape
        if m == 1:
            return np.arange(k)
        if m != k:
            return None
        off = ~np.eye(k, dtype=bool)
        if np.any(np.abs(self.right[off]) > self.error[off]) or np.any(self.claim[off]):
            return None
        places: Array = np.arange(k) * (k + 1)
        return places

    def with_slopes(self, places: Array, slopes: Array) -> Array:
        """The block with these derivatives in the places of the diagonal where it is wrong."""
        block = np.zeros_like(self.right)
        block.flat[places] = slopes
        return self.wrong_only(block)


Suspects = Iterator[tuple[Array, str]]


@dataclass(frozen=True)
class Mistake:
    """A row of the table."""

    name: str
    sentence: str
    suspects: Callable[[Case], Suspects]


def all_zero(case: Case) -> Suspects:
    """Nothing at all."""
    if not case.claim.any():
        yield case.claim, ""


def zero(case: Case) -> Suspects:
    """Nothing where it is wrong."""
    yield case.wrong_only(np.zeros_like(case.right)), ""


def sign(case: Case) -> Suspects:
    """The negative."""
    yield case.wrong_only(-case.right), ""


def transposed(case: Case) -> Suspects:
    """Two axes of the input, of the output, or output and input exchanged."""
    m, k = case.right.shape
    shape = case.part.shape
    for a, b in itertools.combinations(range(len(shape)), 2):
        block = case.right.reshape(m, *shape).swapaxes(a + 1, b + 1)
        yield block.reshape(m, k), f"axes {a} and {b} of {case.part.name}"
    for output in case.outputs:
        for a, b in itertools.combinations(range(len(output.shape)), 2):
            block = case.right.copy()
            swapped = block[output.place].reshape(*output.shape, k).swapaxes(a, b)
            block[output.place] = swapped.reshape(output.size, k)
            yield block, f"axes {a} and {b} of {output.name}"
    if m == k:
        yield case.right.T, f"{case.part.name} and the output"


def swapped(case: Case) -> Suspects:
    """The derivative with respect to another input."""
    for name, block in case.others.items():
        if block.shape == case.right.shape:
            yield block, name


def off_by_one(case: Case) -> Suspects:
    """Every element one place further, around the end or with a zero moving in."""
    m, k = case.right.shape
    boxes = [
        (f"{case.part.name}", case.right.reshape(m, *case.part.shape), range(1, 1 + len(case.part.shape)))
    ]
    if len(case.outputs) == 1:
        shape = case.outputs[0].shape
        boxes.append((case.outputs[0].name, case.right.reshape(*shape, k), range(len(shape))))
    for name, box, axes in boxes:
        for axis, shift in itertools.product(axes, (1, -1)):
            if box.shape[axis] > 1:
                rolled = np.roll(box, shift, axis)
                yield rolled.reshape(m, k), name
                edge: list[Any] = [slice(None)] * box.ndim
                edge[axis] = 0 if shift == 1 else -1
                rolled[tuple(edge)] = 0.0
                yield rolled.reshape(m, k), name


def _kept(case: Case, last: bool) -> Suspects:
    """Of all that each input element contributes to, only the first or the last."""
    for kept, words in _ends(case, last):
        if np.all(kept.any(axis=0) | ~case.bad.any(axis=0)):  # else it is nothing that is kept
            yield kept, words


def _ends(case: Case, last: bool) -> Suspects:
    m, k = case.right.shape
    present = np.abs(case.right) > case.error
    ranks = np.arange(m)[:, None]
    chosen = (
        np.max(np.where(present, ranks, -1), axis=0) if last else np.min(np.where(present, ranks, m), axis=0)
    )
    yield np.where(ranks == chosen, case.right, 0.0), "output element"
    if len(case.outputs) == 1:
        shape = case.outputs[0].shape
        for axis, n in enumerate(shape):
            box = case.right.reshape(*shape, k)
            index = np.arange(n).reshape([-1 if a == axis else 1 for a in range(box.ndim)])
            yield (
                np.where(index == (n - 1 if last else 0), box, 0.0).reshape(m, k),
                f"index of output axis {axis}",
            )


def overwritten(case: Case) -> Suspects:
    """Only what came last."""
    yield from _kept(case, last=True)


def missing_sum(case: Case) -> Suspects:
    """Only what came first."""
    yield from _kept(case, last=False)


def neighbour(case: Case) -> Suspects:
    """The derivative of another elementwise function of the rule book, or the right one, misfed."""
    places = case.diagonal()
    if places is None:
        return
    claimed = case.claim.flat[places]
    own: Any = case.y if len(case.y) == len(case.x) else None
    with np.errstate(all="ignore"):
        for name, operation in sorted(TABLE.items()):
            if not _is_function_of_one(operation):
                continue
            y = operation.array(case.x)
            for slopes, words, scalable in _slopes(operation, name, case.x, y, own):
                flat = len(slopes) > 1 and not np.ptp(slopes)
                if flat or not np.all(np.isfinite(slopes)) or np.array_equal(slopes, own):
                    continue
                yield case.with_slopes(places, slopes), words
                factor = _factor(claimed, slopes)
                several = np.count_nonzero(case.bad) > 2  # one number is always a multiple of another
                if factor is not None and factor > 0 and several and scalable:
                    yield case.with_slopes(places, factor * slopes), words


def _is_function_of_one(operation: Operation) -> bool:
    return (
        operation.kind == "elementwise"
        and len(operation.slopes) == 1
        and operation.name not in ("sign", "floor")
    )


def _slopes(
    operation: Operation, name: str, x: Array, y: Array, own: Array | None
) -> Iterator[tuple[Array, str, bool]]:
    """The derivative of one function, and the same with its input and output mistaken for each other.

    The flag says whether a multiple of it is a suspect too: the function may be a multiple of another.
    """
    slope = operation.slopes[0]
    assert slope is not None
    feeds = [(y, x, f"of {name}", True), (x, x, f"of {name}, fed the input in place of the output", True)]
    if own is not None:
        feeds += [
            (own, own, f"of {name}, fed the output in place of the input", False),
            (operation.array(own), own, f"of {name}, taken at the output", False),
        ]
    for fed_y, fed_x, words, scalable in feeds:
        yield np.broadcast_to(np.asarray(slope(fed_y, fed_x), float), x.shape), words, scalable


def _factor(claimed: Array, right: Array) -> float | None:
    """The factor by which one array is the other, by least squares."""
    weight = float(np.vdot(right, right))
    return float(np.vdot(claimed, right)) / weight if weight and math.isfinite(weight) else None


def same_factor(case: Case) -> Suspects:
    """The same factor in all wrong elements, of which there are several."""
    found = _factor_of_bad(case)
    if found is not None and np.count_nonzero(case.right[case.bad]) > 1:
        yield case.wrong_only(found * case.right), _spelled(found)


def memorable_factor(case: Case) -> Suspects:
    """A factor that one forgets: 2, a size, π, log 10, ..."""
    found = _factor_of_bad(case)
    if found is not None:
        sizes = {n for part in (*case.outputs, case.part) for n in (*part.shape, part.size)}
        for value in [*sizes, 2, 3, 4, 10, math.pi, math.e, math.log(2), math.log(10), math.sqrt(2)]:
            for candidate in (value, 1 / value, -value, -1 / value):
                if value > 1 and abs(found - candidate) <= 1e-6 * abs(candidate):
                    yield case.wrong_only(candidate * case.right), _spelled(candidate)


def any_factor(case: Case) -> Suspects:
    """One wrong element is always some multiple of what it should be."""
    found = _factor_of_bad(case)
    if found is not None:
        yield case.wrong_only(found * case.right), _spelled(found)


def _factor_of_bad(case: Case) -> float | None:
    size = np.max(np.abs(case.right[case.bad]), initial=0.0)
    if not size or not math.isfinite(size):
        return None
    return _factor(case.claim[case.bad] / size, case.right[case.bad] / size)


def _spelled(number: float) -> str:
    """A factor as a fraction where it is one: 1/3 rather than 0.333."""
    fraction = Fraction(number).limit_denominator(1000)
    if fraction and abs(float(fraction) / number - 1) < 1e-9:
        return str(fraction)
    return f"{number:.10g}"


# u′/u for the factors that functions are made of: where f = u·v, the term u′·v is f·u′/u.
FACTORS: dict[str, Callable[[Array], Array]] = {
    "x": lambda x: 1 / x,
    "x²": lambda x: 2 / x,
    "x³": lambda x: 3 / x,
    "1/x": lambda x: -1 / x,
    "√x": lambda x: 0.5 / x,
    "eˣ": lambda x: np.ones_like(x),
    "e⁻ˣ": lambda x: -np.ones_like(x),
    "sin x": lambda x: 1 / np.tan(x),
    "cos x": lambda x: -np.tan(x),
    "tanh x": lambda x: 1 / (np.sinh(x) * np.cosh(x)),
    "sigmoid x": lambda x: 1 / (1 + np.exp(x)),
    "log x": lambda x: 1 / (x * np.log(x)),
}


def missing_term(case: Case) -> Suspects:
    """Of the two terms of a product rule only one."""
    places = case.diagonal()
    if places is None:
        return
    right = case.right.flat[places]
    y = (
        case.y
        if len(case.y) == len(case.x)
        else np.broadcast_to(case.y, case.x.shape)
        if len(case.y) == 1
        else None
    )
    if y is None:
        return
    with np.errstate(all="ignore"):
        for name, ratio in FACTORS.items():
            term = y * ratio(case.x)
            if np.all(np.isfinite(term)):
                yield case.with_slopes(places, right - term), f"the one that differentiates {name}"
                yield case.with_slopes(places, term), f"all but the one that differentiates {name}"


def outer_factor(case: Case) -> Suspects:
    """The derivative of each output times a number of its own, in several elements each."""
    several = np.asarray(np.count_nonzero(np.abs(case.right) > case.error, axis=1) > 1)
    rows = np.asarray(case.bad.any(axis=1))
    if not rows.any() or not np.all(several[rows]):
        return
    right = np.where(rows[:, None], case.right, 0.0)
    with np.errstate(all="ignore"):
        factors = (case.claim * right).sum(axis=1) / (right**2).sum(axis=1)
    if np.all(np.isfinite(factors[rows])):
        yield np.where(rows[:, None], factors[:, None] * case.right, case.right), ""


def path_lost(case: Case) -> Suspects:
    """Of an input that is also added to the result, as in c·(x + f(x)), one of the two paths."""
    m, k = case.right.shape
    if m == k > 1:
        for left, words in ((case.right - case.claim, "through"), (case.claim, "around")):
            around = np.mean(np.diagonal(left)) * np.eye(k)
            if around[0, 0] > 0:
                yield (case.right - around if words == "through" else around), words


MISTAKES = [
    Mistake("zero", "the derivative is 0 where it should not be", all_zero),
    Mistake("sign", "the sign is wrong", sign),
    Mistake("transposed", "{} are transposed", transposed),
    Mistake("swapped arguments", "this is the derivative with respect to {}", swapped),
    Mistake(
        "overwritten",
        "only the last {} contributes: the gradient is overwritten (=) where it should be accumulated (+=)",
        overwritten,
    ),
    Mistake(
        "missing sum",
        "only the first {} contributes: a sum over a broadcast axis is missing",
        missing_sum,
    ),
    Mistake("off by one", "the indices of {} are off by one", off_by_one),
    Mistake("zero", "the derivative is 0 where it should not be", zero),
    Mistake("factor", "a constant factor: it is {} times what it should be", same_factor),
    Mistake("factor", "it is {} times what it should be", memorable_factor),
    Mistake("neighbouring function", "this is the derivative {}", neighbour),
    Mistake("missing term", "a term of the product rule is missing: {}", missing_term),
    Mistake(
        "missing factor",
        "all derivatives of one output are off by the same factor, another one for each output: a factor of "
        "the chain rule is missing or wrong, the slope of an outer function",
        outer_factor,
    ),
    Mistake(
        "overwritten",
        "of x + f(x) only the path {} the function contributes: the gradient is overwritten (=) where it "
        "should be accumulated (+=)",
        path_lost,
    ),
    Mistake("factor", "it is {} times what it should be", any_factor),
]
FALLBACK = "missing term"
FALLBACK_SENTENCE = "no single slip explains it: a term of the product or chain rule may be missing"
