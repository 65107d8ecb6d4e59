"""Plain functions of arrays with hand-written derivatives as problems; no graph is involved."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from .diagnosis import Finding
from .problem import (
    Array,
    Problem,
    Refusal,
    Shape,
    argument_names,
    differing,
    parts,
    real_vector,
    refuse_integers,
)

# What has no complex derivative, though NumPy computes it: it would answer a complex step with a wrong one.
NOT_ANALYTIC = {"absolute", "conjugate", "sign", "floor", "ceil", "rint", "trunc", "isfinite"}


class Probe(np.ndarray[Any, Any]):
    """A complex array that refuses what only the real numbers have."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__ in NOT_ANALYTIC:
            raise TypeError(f"np.{ufunc.__name__} is not analytic")
        plain = [x.view(np.ndarray) if isinstance(x, Probe) else x for x in inputs]
        if options.get("out"):
            options["out"] = tuple(x.view(np.ndarray) if isinstance(x, Probe) else x for x in options["out"])
        result = getattr(ufunc, method)(*plain, **options)
        complex_result = isinstance(result, (np.ndarray, np.complexfloating)) and result.dtype.kind == "c"
        return np.asarray(result).view(Probe) if complex_result else result


class WrongShapeError(ShapeError):
    """A derivative of the wrong shape, with the likely mistake."""

    def __init__(self, message: str, findings: list[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


class ArrayProblem(Problem):
    """A function of arrays with all its derivatives, ``df(*inputs)``.

    Parameters
    ----------
    function: takes the inputs, returns one array.
    claimed: takes the inputs, returns one derivative an input, of shape output shape + input shape.
    inputs: arrays or numbers, of NumPy or of a library whose arrays convert to NumPy and back (``asarray``).
    """

    modes = ("claimed",)
    call = "check_derivative(f, df, 2.0)"

    def __init__(
        self, function: Callable[..., Any], claimed: Callable[..., Any], inputs: Sequence[Any]
    ) -> None:
        if not (callable(function) and callable(claimed) and inputs):
            raise TypeError(f"give two functions and a point: {self.call}")
        self.function, self.claimed = function, claimed
        self.name = getattr(function, "__name__", type(function).__name__)
        self.makers = [maker(given) for given in inputs]
        self.given = [np.asarray(given) for given in inputs]
        self.moving = [
            i
            for i, array in enumerate(self.given)
            if array.dtype.kind == "f" or (array.shape == () and array.dtype.kind in "iu")
        ]
        names = argument_names(function, len(inputs))
        self.inputs = parts([names[i] for i in self.moving], [self.given[i].shape for i in self.moving])
        flat = [np.asarray(self.given[i], float).ravel() for i in self.moving]
        self.point = np.concatenate([np.zeros(0), *flat])
        self.notes = [
            self._note(i, names[i]) for i, array in enumerate(self.given) if array.dtype != np.float64
        ]
        self.notes = [note for note in self.notes if note]
        self.latest: list[Any] = []

    def _note(self, i: int, name: str) -> str:
        """What becomes of an input that is not of float64."""
        given = self.given[i]
        if i not in self.moving:
            return f"{name} is {given.dtype} and was left as it is"
        made = np.asarray(self.makers[i](np.asarray(given, float))).dtype
        if given.dtype.kind != "f" or made != np.float64:
            return "" if made == np.float64 else f"{name} is {made}, its library keeps it so"
        return f"{name} is {given.dtype} and was checked as float64"

    def arguments(self, x: Array) -> list[Any]:
        """Fresh arguments of the function from a vector, in the kind they were given in."""
        arrays = [array.copy() for array in self.given]
        for i, part in zip(self.moving, self.inputs, strict=True):
            arrays[i] = x[part.place].reshape(part.shape).copy()
            if x.dtype.kind == "c":
                arrays[i] = arrays[i].view(Probe)
        self.latest = [make(array) for make, array in zip(self.makers, arrays, strict=True)]
        return self.latest

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
        if x.dtype.kind == "f":
            refuse_integers([result])
            self.outputs, self.as_output = parts(["output"], [np.shape(result)]), maker(result)
        return vector

    def touched(self) -> str | None:
        """See :meth:`Problem.touched`."""
        now = [np.asarray(self.latest[i]) for i in self.moving]
        return differing(self.inputs, self.point, now)

    def derivative(self, mode: str, x: Array) -> Array:
        """See :meth:`Problem.derivative`."""
        shape = self.outputs[0].shape
        blocks = self.blocks(self.claimed(*self.arguments(x)), shape, "derivative")
        rows = math.prod(shape)
        return np.concatenate([block.reshape(rows, -1) for block in blocks], axis=1)

    def pull(self, x: Array, cotangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.pull`."""
        jacobian = self.derivative("claimed", x)
        return np.stack([cotangent @ jacobian for cotangent in cotangents])

    def blocks(self, returned: Any, before: tuple[int, ...], what: str) -> list[Array]:
        """What was returned, one array an input that moves, each of shape ``before`` + input shape.

        Raises
        ------
        ShapeError: the number of derivatives is wrong.
        WrongShapeError: the shape of one is.
        """
        if not isinstance(returned, (tuple, list)):
            returned = [returned]
        if len(returned) == len(self.given):
            returned = [returned[i] for i in self.moving]
        elif len(returned) != len(self.moving):
            raise ShapeError(
                f"{len(returned)} derivatives were returned for {len(self.given)} inputs; return one an input"
            )
        found = []
        for block, part in zip(returned, self.inputs, strict=True):
            array = np.asarray(0.0 if block is None else block)
            needed = (*before, *part.shape)
            if block is None:
                array = np.zeros(needed)
            elif array.shape != needed:
                likely = [
                    Finding(name, part.name, sentence)
                    for name, sentence, looks_like in SHAPE_MISTAKES
                    if looks_like(array.shape, before, part.shape)
                ]
                raise WrongShapeError(
                    f"the {what} for {part.name} has shape {array.shape}, it needs {needed}", likely[:1]
                )
            found.append(real_vector([array]).reshape(array.shape))
        return found


class VjpProblem(ArrayProblem):
    """A function of arrays with a backward pass, ``vjp(cotangent, *inputs)``: one gradient an input."""

    modes = ("vjp",)
    call = "check_vjp(f, vjp, 2.0)"
    spoiled = False  # whether the cotangent was written into, which others may still need

    def touched(self) -> str | None:
        """See :meth:`Problem.touched`."""
        return "the cotangent" if self.spoiled else super().touched()

    def derivative(self, mode: str, x: Array) -> Array:
        """See :meth:`Problem.derivative`."""
        return Problem.derivative(self, mode, x)

    def pull(self, x: Array, cotangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.pull`."""
        shape = self.outputs[0].shape
        rows = []
        for cotangent in cotangents:
            seed = self.as_output(cotangent.reshape(shape).copy())
            gradients = self.blocks(self.claimed(seed, *self.arguments(x)), (), "gradient")
            self.spoiled |= not np.array_equal(np.asarray(seed).ravel(), cotangent, equal_nan=True)
            rows.append(np.concatenate([np.ravel(gradient) for gradient in gradients]))
        return np.stack(rows)


def _diagonal(shape: Shape, before: Shape, own: Shape) -> bool:
    return shape == before == own


def _transposed(shape: Shape, before: Shape, own: Shape) -> bool:
    return sorted(shape) == sorted((*before, *own))


def _not_summed(shape: Shape, before: Shape, own: Shape) -> bool:
    needed = (*before, *own)
    padded = (1,) * (len(shape) - len(needed)) + needed
    return len(shape) == len(padded) and all(b in (1, a) for a, b in zip(shape, padded, strict=True))


# The likely mistake behind an array of the wrong shape: a name, a sentence, and what the shapes are like: its
# own, that of the output, which a backward pass does not need, and that of the input.
SHAPE_MISTAKES = [
    (
        "only the diagonal",
        "for a function of elements use check_vjp(f, lambda g, x: g * df(x), x), or return np.diag(...) of a "
        "vector",
        _diagonal,
    ),
    ("transposed", "its axes are exchanged", _transposed),
    ("missing sum", "a sum is missing: where an input was broadcast its gradients add up", _not_summed),
]


def maker(given: Any) -> Callable[[Array], Any]:
    """How to turn an array of NumPy into the kind that was given: a number, or an array of its library."""
    if isinstance(given, (int, float, complex)):
        return lambda array: array.item() if type(array) is np.ndarray else array
    if isinstance(given, (np.ndarray, np.generic, list, tuple)):
        return lambda array: array
    if isinstance(given, Node):
        raise TypeError("pass floats or arrays; for functions of Values or Tensors use gradcheck")
    library = (
        given.__array_namespace__()
        if hasattr(given, "__array_namespace__")
        else sys.modules[type(given).__module__.partition(".")[0]]
    )
    convert: Callable[[Array], Any] = library.asarray
    return convert
