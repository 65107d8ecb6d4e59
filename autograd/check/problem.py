"""What is checked: a function of a flat vector, and the derivative it claims to have.

A *problem* hides where its numbers live (arrays, Tensors, Values, parameters of a model) behind
two methods: ``value(x)``, all outputs as one vector (``values`` at many points at once), and
``derivative(mode, x)``, the claimed Jacobian. Everything else, the numerics, the judgement and the
diagnosis, sees vectors only.
"""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


class Refusal(Exception):  # noqa: N818 - not an error to callers: it becomes a verdict
    """A check that ends early: the function cannot be checked as it is."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


@dataclass(frozen=True)
class Part:
    """One array among the inputs or the outputs: its name, its shape and its place in the vector."""

    name: str
    shape: Shape
    start: int

    @cached_property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @cached_property
    def place(self) -> slice:
        """Where its elements are in the vector."""
        return slice(self.start, self.start + self.size)

    def element(self, position: int) -> str:
        """The name of the element at a position of the vector: ``w[2, 0]``, or ``x`` for a scalar."""
        if not self.shape:
            return self.name
        index = np.unravel_index(position - self.start, self.shape)
        return f"{self.name}[{', '.join(str(int(i)) for i in index)}]"


def parts(names: Sequence[str], shapes: Sequence[Shape]) -> list[Part]:
    """Parts one after another in one vector."""
    found, start = [], 0
    for name, shape in zip(names, shapes, strict=True):
        found.append(Part(name, shape, start))
        start += math.prod(shape)
    return found


class Problem(ABC):
    """A function of a vector and its claimed derivative.

    Attributes
    ----------
    name: how reports call the function.
    modes: the claims that are checked: "reverse", "forward", or what a subclass calls its own.
    inputs, outputs: the parts of the two vectors; outputs are known after the first ``value``.
    point: where the derivative is checked, shape (n,).
    background: the size of what each output may be the rest of, by subtraction, shape (m,) or 0.
    notes: what a reader of the report should know about how it was set up.
    elements: what the elements of the derivative are, in words.
    lost: what may have lost a part of the derivative, beside a wrong rule; empty if nothing can.
    """

    elements = "elements of the derivative"
    lost = ""

    background: Array | float = 0.0
    name: str
    modes: tuple[str, ...]
    inputs: list[Part]
    outputs: list[Part]
    point: Array
    notes: list[str]

    @abstractmethod
    def value(self, x: Array) -> Array:
        """All outputs as one vector, shape (m,); x may be complex."""

    def values(self, points: Array) -> Array:
        """All outputs at many points, shape (count, m); NaN at a point that is outside of the domain."""
        return one_by_one(self.value, points, self.count())

    @abstractmethod
    def touched(self) -> str | None:
        """The name of an input that the latest call of the function wrote into."""

    @abstractmethod
    def pull(self, x: Array, cotangents: Iterable[Array]) -> Array:
        """The claim in reverse: each cotangent, shape (m,), times the Jacobian; shape (count, n)."""

    def push(self, x: Array, tangents: Iterable[Array]) -> Array:
        """The claim forward: the Jacobian times each tangent, shape (n,); shape (m, count)."""
        raise NotImplementedError(f"{self.name} has no forward mode")

    def derivative(self, mode: str, x: Array) -> Array:
        """The claimed Jacobian, shape (m, n), one row or one column at a time."""
        if mode == "forward":
            return self.push(x, units(len(x)))
        return self.pull(x, units(self.count()))

    def count(self) -> int:
        """The number of output elements."""
        return sum(part.size for part in self.outputs)

    def close(self) -> None:  # noqa: B027 - most problems borrow nothing
        """Put back what had to be changed while checking."""


def one_by_one(function: Callable[[Array], Array], points: Array, count: int) -> Array:
    """A function of one point at many, shape (points, count); NaN where one has left its domain."""
    nothing = complex(np.nan, np.nan) if points.dtype.kind == "c" else np.nan
    found = np.full((len(points), count), nothing)
    for row, x in zip(found, points, strict=True):
        try:
            result = function(x)
        except (ArithmeticError, ValueError):
            continue
        if len(result) == count:
            row[:] = result
    return found


def units(count: int) -> Iterator[Array]:
    """The unit vectors, one after another."""
    for position in range(count):
        unit = np.zeros(count)
        unit[position] = 1.0
        yield unit


def differing(parts: Sequence[Part], point: Array, now: Iterable[Any]) -> str | None:
    """The first part whose array is no longer what it was."""
    for part, array in zip(parts, now, strict=True):
        before = point[part.place].reshape(part.shape)
        if np.shape(array) != part.shape or not np.array_equal(array, before, equal_nan=True):
            return part.name
    return None


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first arguments of a function, as it calls them itself."""
    for attribute in ("forward", "array"):  # of a module, of an operation
        function = getattr(function, attribute, function)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [parameter.name for parameter in parameters if parameter.kind in plain]
    return [named[i] if i < len(named) else f"input {i}" for i in range(count)]


def refuse_integers(results: Sequence[Any]) -> None:
    """A refusal of results that are all of integers, which hide what a small step does."""
    kinds = {np.asarray(result).dtype.kind for result in results}
    if kinds and kinds <= set("biu"):
        raise Refusal(
            "precision too low", "the function returned integers, which hide its derivative; return float64"
        )


def real_vector(results: Sequence[Any], *, complex_step: bool = False) -> Array:
    """Results as one vector of floats, or a refusal that says why they are none.

    Raises
    ------
    Refusal: a result is complex, or no number at all.
    """
    arrays = [np.asarray(result) for result in results]
    for array, result in zip(arrays, results, strict=True):
        if array.dtype.kind not in "biufc":
            raise Refusal(
                "nothing to check",
                f"{result!r:.40} ({type(result).__name__}) was returned where numbers are needed",
            )
    if any(array.dtype.kind == "c" for array in arrays) and not complex_step:
        raise Refusal(
            "complex result",
            "the function returned complex numbers, whose derivative is not one number an element; return "
            "the real and the imaginary part as two real outputs",
        )
    dtype = complex if complex_step else float
    return np.concatenate([np.asarray(array, dtype).ravel() for array in arrays] or [np.zeros(0)])
