"""What is checked: a function of a flat vector, and the derivative it claims to have.

A *problem* hides where its numbers live (arrays, Tensors, Values, parameters of a model) behind
two methods: ``value(x)``, all outputs as one vector, and ``derivative(mode, x)``, the claimed
Jacobian. Everything else, the numerics, the judgement and the diagnosis, sees vectors only.
"""

from __future__ import annotations

import inspect
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ShapeError
from .report import Refusal

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One array among the inputs or the outputs: its name, its shape and its place in the vector."""

    name: str
    shape: Shape
    start: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
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
    inputs, outputs: the parts of the two vectors; outputs are known after the first ``value``.
    point: where the derivative is checked, shape (n,).
    notes: what a reader of the report should know about how it was set up.
    """

    inputs: list[Part]
    outputs: list[Part]
    point: Array
    notes: list[str]

    @abstractmethod
    def value(self, x: Array) -> Array:
        """All outputs as one vector, shape (m,); x may be complex."""

    @abstractmethod
    def derivative(self, mode: str, x: Array) -> Array:
        """The claimed Jacobian, shape (m, n)."""

    def close(self) -> None:
        """Put back what had to be changed while checking."""


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first arguments of a function, as it calls them itself."""
    try:
        parameters = list(inspect.signature(getattr(function, "forward", function)).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [parameter.name for parameter in parameters if parameter.kind in plain]
    return [named[i] if i < len(named) else f"input {i}" for i in range(count)]


def real_vector(results: Sequence[Any], *, complex_step: bool = False) -> Array:
    """Results as one vector of floats, or a refusal that says why they are none.

    Raises
    ------
    Refusal: a result is complex.
    """
    arrays = [np.asarray(result) for result in results]
    if any(array.dtype.kind == "c" for array in arrays) and not complex_step:
        raise Refusal(
            "complex result",
            "the function returned complex numbers, whose derivative is not one number an element; return the "
            "real and the imaginary part as two real outputs",
        )
    dtype = complex if complex_step else float
    return np.concatenate([np.asarray(array, dtype).ravel() for array in arrays] or [np.zeros(0)])


# -- plain functions of arrays ------------------------------------------------------------------


class ArrayProblem(Problem):
    """A function of arrays with a hand-written derivative; no graph is involved.

    Parameters
    ----------
    function: takes the inputs, returns one array.
    claimed: computes the claimed derivative: from the inputs and the output, one block an input, of shape
        output shape + input shape.
    inputs: arrays or numbers, of NumPy or of a library whose arrays convert to NumPy.
    """

    def __init__(
        self, function: Callable[..., Any], claimed: Callable[..., Sequence[Any]], inputs: Sequence[Any]
    ) -> None:
        self.function, self.claimed = function, claimed
        self.notes = []
        self.makers = [_maker(given) for given in inputs]
        self.given = [np.asarray(given) for given in inputs]
        self.moving = [
            i for i, array in enumerate(self.given) if array.dtype.kind == "f" or array.shape == ()
        ]
        names = argument_names(function, len(inputs))
        self.inputs = parts([names[i] for i in self.moving], [self.given[i].shape for i in self.moving])
        flat = [np.asarray(self.given[i], float).ravel() for i in self.moving]
        self.point = np.concatenate(flat) if flat else np.zeros(0)

    def arguments(self, x: Array) -> list[Any]:
        """Fresh arguments of the function from a vector, in the kind they were given in."""
        arrays = [array.copy() for array in self.given]
        for i, part in zip(self.moving, self.inputs, strict=True):
            arrays[i] = x[part.place].reshape(part.shape).copy()
        return [make(array) for make, array in zip(self.makers, arrays, strict=True)]

    def value(self, x: Array) -> Array:
        """See :meth:`Problem.value`."""
        result = self.function(*self.arguments(x))
        if isinstance(result, (tuple, list, dict)):
            raise Refusal(
                "several results",
                f"the function returned a {type(result).__name__} of {len(result)} results; check a function "
                "that returns one array, one result at a time",
            )
        vector = real_vector([result], complex_step=x.dtype.kind == "c")
        self.outputs = parts(["output"], [np.shape(result)])
        return vector

    def derivative(self, mode: str, x: Array) -> Array:
        """See :meth:`Problem.derivative`."""
        shape = self.outputs[0].shape
        blocks = self.claimed(self, x)
        if len(blocks) == len(self.given):
            blocks = [blocks[i] for i in self.moving]
        elif len(blocks) != len(self.moving):
            raise ShapeError(
                f"{len(blocks)} derivatives were returned for {len(self.given)} inputs; return one an input"
            )
        rows = math.prod(shape)
        columns = []
        for block, part in zip(blocks, self.inputs, strict=True):
            array = np.asarray(block)
            if array.shape != (*shape, *part.shape):
                raise ShapeError(
                    f"the derivative for {part.name} has shape {array.shape}; it needs shape {(*shape, *part.shape)}, the "
                    f"shape {shape} of the output and then {part.shape} of the input"
                )
            columns.append(np.asarray(array, float).reshape(rows, part.size))
        return np.concatenate(columns, axis=1)


def _maker(given: Any) -> Callable[[Array], Any]:
    """How to turn an array of NumPy into the kind that was given: a float, or an array of its library."""
    if isinstance(given, (int, float)):
        return lambda array: array.item()
    if isinstance(given, (np.ndarray, np.generic, list, tuple)):
        return lambda array: array
    library = (
        given.__array_namespace__()
        if hasattr(given, "__array_namespace__")
        else sys.modules[type(given).__module__.partition(".")[0]]
    )
    convert: Callable[[Array], Any] = library.asarray
    return convert
