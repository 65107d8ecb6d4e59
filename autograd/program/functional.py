"""A run of a program in which nothing is written into, for engines whose arrays do not share memory.

What NumPy writes in place becomes a new array in the place of the old one, and where a view was written
into, a new array of the memory that it looks into. Views are looked at again when that has changed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import RecordError
from .branch import check
from .calls import draw
from .engines import Engine
from .instruction import STORAGE, Instruction, parts_of, replaced, ufunc_of
from .slot import Slot
from .standard import FUNCTIONS, OF_ONE_DTYPE, SPECIAL, forwards, standard_name
from .wording import name_of

_UNWRITTEN = STORAGE | {"dtype"}
"""Options that say of a result what its slot says already."""


def is_known(function: Any) -> bool:
    """Whether a call of a program can be made in the words of the array API standard."""
    own = (check, draw, operator.setitem, np.copyto)
    return function in own or function in SPECIAL or function in FUNCTIONS or bool(standard_name(function))


class Span(NamedTuple):
    """Where memory lies that is part of other memory: elements ``first`` and following of an array's."""

    root: Slot
    first: int


class Run:
    """One run of a program: the arrays of its memory so far.

    Attributes
    ----------
    arrays: the array of each slot that is no view, as it is now.
    checks: the conditions for what was recorded to be what the function would do.
    """

    def __init__(
        self,
        engine: Engine,
        views: dict[Slot, Instruction],
        spans: dict[Slot, Span],
        random: Sequence[Any],
        like: Any,
    ) -> None:
        self.engine, self.xp = engine, engine.namespace
        self.views, self.spans = views, spans
        self.random, self.like = iter(random), like
        self.arrays: dict[Slot, Any] = {}
        self.checks: list[Any] = []
        self._seen: dict[Slot, tuple[Any, Any]] = {}  # views, and what they looked into

    # -- memory ---------------------------------------------------------------------------

    def now(self, slot: Slot) -> Any:
        """The array of a slot as it is now."""
        if slot in self.arrays:
            return self.arrays[slot]
        span = self.spans.get(slot)
        source = self.now(next(self.views[slot].inputs()) if span is None else span.root)
        seen = self._seen.get(slot)
        if seen is not None and seen[0] is source:
            return seen[1]
        if span is None:
            array = self.call(self.views[slot])
        else:
            flat = self.xp.reshape(source, (-1,))
            array = self.xp.reshape(flat[span.first : span.first + slot.size], slot.shape)
        self._seen[slot] = source, array
        return array

    def assign(self, slot: Slot, value: Any) -> None:
        """Give a slot other numbers, and with it the memory that it looks into."""
        value = self.fitting(value, slot.dtype)
        if tuple(value.shape) != slot.shape:
            value = self.xp.broadcast_to(value, slot.shape)
        if slot in self.spans:
            root, first = self.spans[slot]
            flat = self.xp.reshape(self.now(root), (-1,))
            flat = self.engine.put(flat, slice(first, first + slot.size), self.xp.reshape(value, (-1,)))
            self.arrays[root] = self.xp.reshape(flat, root.shape)
        elif slot in self.views:
            function, (source, *rest), *_ = self.views[slot]
            if function not in INVERSES:
                raise RecordError(
                    f"a result of {name_of(function)} is written into, which {self.engine.name} cannot"
                )
            self.assign(source, INVERSES[function](self, source, value, *self.real(rest)))
        else:
            self.arrays[slot] = value

    def put(self, x: Any, index: Any, value: Any) -> Any:
        """A copy of x with the value at the index."""
        mask = index[0] if isinstance(index, tuple) and len(index) == 1 else index
        if getattr(mask, "dtype", None) == self.xp.bool and value.ndim == 0:
            lifted = self.xp.reshape(mask, (*mask.shape, *[1] * (x.ndim - mask.ndim)))
            return self.xp.where(lifted, value, x)
        forward, axes = forwards(index, x.shape)
        if axes:
            value = self.xp.flip(self.xp.broadcast_to(value, x[forward].shape), axis=axes)
        return self.engine.put(x, forward, value)

    # -- calls ----------------------------------------------------------------------------

    def step(self, instruction: Instruction) -> None:
        """Make one call.

        Raises
        ------
        RecordError: it has an option that its equivalent on the engine lacks.
        """
        try:
            self._make(instruction)
        except TypeError as error:
            name = name_of(instruction.function)
            raise RecordError(f"{name} has no equivalent on {self.engine.name}: {error}") from error

    def _make(self, instruction: Instruction) -> None:
        function, output = instruction.function, instruction.output
        if instruction.is_view:
            return
        if function is check:
            truth = self.fitting(self.now(instruction.arguments[0]), np.dtype(bool))
            self.require(truth if instruction.arguments[1] else self.xp.logical_not(truth))
        elif function is draw:
            self.arrays[output] = self.fitting(next(self.random), output.dtype)
        elif instruction.writes:
            self.assign(output, self.written(instruction))
        else:
            self.arrays[output] = result = self.fitting(self.call(instruction), output.dtype)
            assert tuple(result.shape) == output.shape, f"{name_of(function)} on {self.engine.name}"

    def call(self, instruction: Instruction) -> Any:
        """The result of a call that writes nowhere."""
        function, dtype = instruction.function, instruction.output.dtype
        if isinstance(function, np.ufunc) and function not in FUNCTIONS:
            return self.elementwise(function, instruction.arguments, instruction.options)
        options = {name: self.real(x) for name, x in instruction.options.items() if name not in _UNWRITTEN}
        owner = ufunc_of(function)
        if owner is not None and function.__name__ == "outer":
            a, b = instruction.arguments
            arrays = self.loop(owner, (a, b))
            lifted = self.xp.reshape(arrays[0], (*arrays[0].shape, *[1] * np.ndim(b)))
            return getattr(self.xp, standard_name(function))(lifted, arrays[1])
        if function is operator.getitem:
            array, index = instruction.arguments
            array = self.real(array)
            return FUNCTIONS[function](self.xp, array, self.index(index, array.shape))
        arguments = self.real(instruction.arguments)
        if owner is not None:
            return self.reduced(function, dtype, *arguments, **options)
        if function in SPECIAL:
            return getattr(self.engine.special, SPECIAL[function])(*arguments)
        if function in OF_ONE_DTYPE:
            kept = 1 if function is np.where or isinstance(arguments[0], str) else 0
            numbers = (bool, int, float) if function in (np.where, np.clip) else (float,)
            arguments = (*arguments[:kept], *[self.agreeing(x, dtype, numbers) for x in arguments[kept:]])
        return FUNCTIONS[function](self.xp, *arguments, **options)

    def elementwise(self, function: np.ufunc, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
        """A function of elements, of the dtypes that NumPy computes it in."""
        _refuse(function, set(options) - STORAGE)
        return getattr(self.xp, standard_name(function))(*self.loop(function, arguments))

    def loop(self, function: np.ufunc, arguments: Sequence[Any]) -> list[Any]:
        """Operands in the dtypes that NumPy brings them to; the standard leaves that to the caller."""
        kinds = [type(x) if type(x) in (int, float) else np.result_type(_dtype(x)) for x in arguments]
        dtypes = function.resolve_dtypes((*kinds, *[None] * function.nout))
        if any(type(x) is int and not _holds(dtype, x) for x, dtype in zip(arguments, dtypes, strict=False)):
            dtypes = (np.dtype(np.int64),) * len(dtypes)  # NumPy compares with any integer
        return [self.fitting(self.real(x), dtype) for x, dtype in zip(arguments, dtypes, strict=False)]

    def reduced(
        self, function: Any, output: Any, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
        keepdims: Any = False, **others: Any,
    ) -> Any:  # fmt: skip
        """A function of two elements over axes, with the parameters of ``ufunc.reduce``."""
        _refuse(function, others)
        name = standard_name(function)
        if name in ("sum", "prod"):
            x = self.fitting(x, output)  # whole numbers are not added up in the few bits that they come in
        if name == "prod":
            return FUNCTIONS[np.prod](self.xp, x, axis, bool(keepdims))
        return getattr(self.xp, name)(x, axis=axis, keepdims=bool(keepdims))

    def written(self, instruction: Instruction) -> Any:
        """What the memory that is written into holds afterwards."""
        function, output, target = instruction.function, instruction.output, self.now(instruction.output)
        arguments, options = instruction.arguments, dict(instruction.options)
        if function is operator.setitem or getattr(function, "__name__", "") == "at":
            put = self.put if function is operator.setitem else self.engine.put_more
            value = self.fitting(self.real(arguments[2]), output.dtype)
            return put(target, self.index(arguments[1], target.shape), value)
        mask = self.real(options.pop("where", True))
        if function is np.copyto:
            value = self.real(arguments[1])
        else:
            arguments = arguments[: function.nin] if isinstance(function, np.ufunc) else arguments
            value = self.call(Instruction(function, arguments, options, output))
        value = self.fitting(value, output.dtype)
        return value if mask is True else self.xp.where(mask, value, target)

    # -- what a compiled function cannot raise ----------------------------------------------

    def require(self, truth: Any) -> None:
        """Let every float of the result be NaN where this is not true."""
        self.checks.append(self.xp.reshape(truth, ()))

    def index(self, index: Any, shape: tuple[int, ...]) -> Any:
        """An index in arrays of the engine; that its integers are places in the array is required."""
        parts = parts_of(index)
        found: list[Any] = []
        axis = 0
        for place, part in enumerate(parts):
            part = np.asarray(part) if type(part) is list else part
            real = self.real(part)
            if getattr(part, "dtype", np.dtype(bool)).kind in "iu":  # PyTorch takes bytes for a mask
                real = self.fitting(real, np.dtype(np.int64))
            if part is Ellipsis:
                axis = len(shape) - sum(map(_axes_of, parts[place + 1 :]))
            elif isinstance(part, Slot) and part.dtype.kind in "iu" and not self.engine.raises:
                self.require(self.xp.all((real >= -shape[axis]) & (real < shape[axis])))
            elif isinstance(part, np.ndarray) and part.dtype == bool:
                found += [self.real(places) for places in np.nonzero(part)]  # how many is known here only
                axis += part.ndim
                continue
            found.append(real)
            axis += _axes_of(part)
        return tuple(found)

    def result(self, slot: Slot) -> Any:
        """The array of a slot at the end; its floats are NaN where a condition is not met."""
        array = self.now(slot)
        if not self.checks or not _is_float(array):
            return array
        valid = self.checks[0]
        for condition in self.checks[1:]:
            valid = self.xp.logical_and(valid, condition)
        self.checks = [valid]
        return self.xp.where(valid, array, self.xp.full_like(array, math.nan))

    # -- arrays and dtypes ----------------------------------------------------------------

    def fitting(self, x: Any, dtype: Any) -> Any:
        """An array or a number as an array of the engine, in a dtype."""
        if not hasattr(x, "dtype"):
            x = self.engine.constant(np.asarray(x, dtype), self.like)
        wanted = self.engine.dtype(dtype)
        return x if x.dtype == wanted else self.xp.astype(x, wanted)

    def agreeing(self, tree: Any, dtype: Any, numbers: tuple[type, ...]) -> Any:
        """Arrays, also in a list, and Python numbers of some types in one dtype."""
        if isinstance(tree, (list, tuple)) and any(hasattr(x, "dtype") for x in tree):
            return [self.fitting(x, dtype) for x in tree]
        return self.fitting(tree, dtype) if hasattr(tree, "dtype") or type(tree) in numbers else tree

    def real(self, tree: Any) -> Any:
        """Nested arguments with every slot, and every array of NumPy's, as an array of the engine."""
        kind = type(tree)
        if kind is np.ndarray:
            return self.engine.constant(tree, self.like)
        if isinstance(tree, np.generic):
            return tree.item()
        if kind in (tuple, list):
            return kind([self.real(part) for part in tree])
        return replaced(tree, self.now)


def _refuse(function: Any, options: Collection[str]) -> None:
    if options:
        raise RecordError(
            f"{name_of(function)} with {', '.join(options)} has no equivalent in the array API standard"
        )


def _holds(dtype: Any, x: int) -> bool:
    return dtype.kind not in "iu" or np.iinfo(dtype).min <= x <= np.iinfo(dtype).max


def _dtype(x: Any) -> Any:
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def _axes_of(part: Any) -> int:
    """How many axes of an array a part of an index takes."""
    if getattr(part, "dtype", None) == np.bool_:
        return part.ndim  # type: ignore[no-any-return]
    return 0 if part is None or part is Ellipsis else 1


def _is_float(array: Any) -> bool:
    return "float" in str(array.dtype)


def _transposed(run: Run, source: Slot, value: Any, axes: Any = None) -> Any:
    order = tuple(range(value.ndim))[::-1] if axes is None else axes
    return run.xp.permute_dims(value, tuple(np.argsort([axis % value.ndim for axis in order]).tolist()))


def _reshaped(run: Run, source: Slot, value: Any, *options: Any) -> Any:
    return run.xp.reshape(value, source.shape)


INVERSES: dict[Any, Callable[..., Any]] = {
    operator.getitem: lambda run, source, value, index: run.put(run.now(source), index, value),
    np.reshape: _reshaped,
    np.squeeze: _reshaped,
    np.expand_dims: _reshaped,
    np.swapaxes: lambda run, source, value, *axes: FUNCTIONS[np.swapaxes](run.xp, value, *axes),
    np.transpose: _transposed,
}
"""What an array has to hold for a view of it to hold a value, by the function that looks."""
