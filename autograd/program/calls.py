"""``Calls``: the array calls of a program, made for real and written down."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from ..errors import RecordError
from ..grad_mode import MODE
from ..graph import Node
from .branch import check
from .instruction import Instruction, replaced, slots_in
from .slot import Slot, astype, number
from .tape import Tape

_OUT_BY_NAME = (np.maximum, np.minimum)
"""Functions that NumPy wants to be given the memory of the result by name."""
_ARITHMETIC = frozenset(
    [np.absolute, np.add, np.floor_divide, np.multiply, np.negative, np.positive, np.power, np.remainder,
     np.subtract]
)  # fmt: skip
"""Functions that take Python's answer to a question for 0 or 1, and NumPy's for an answer or for a byte."""
_WIDTHS: dict[str, Any] = {"b": True, "i": 1, "f": 1.0}
"""A number of Python's for each kind of a slot that stands for one: it widens other dtypes as little."""
_BY_NUMBERS = (np.real_if_close, np.trim_zeros)
"""Functions that look at a part of an array which the numbers in it decide on."""
_ELEMENTWISE = (np.where, np.clip)
"""Functions that are no ufuncs, whose operands have to agree on a dtype all the same."""


def draw(generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Uniform random numbers in [0, 1)."""
    return generator.random(shape)


def into(function: Callable[..., Any], *arguments: Any, **options: Any) -> partial[Any]:
    """A call that writes: the last argument of a function of elements is the memory of its result.

    >>> out = np.zeros(2)
    >>> into(np.maximum, [1.0, -1.0], 0.0, out)()
    array([1., 0.])
    >>> out
    array([1., 0.])
    """
    if function in _OUT_BY_NAME:
        *inputs, out = arguments
        return partial(function, *inputs, out=out, **options)
    return partial(function, *arguments, **options)


@dataclass
class Calls:
    """What NumPy was asked for so far.

    Attributes
    ----------
    tape: every call in order.
    leaves: slots of memory that outlives the program: parameters, their state, constants with a name.
    inputs: the ids of the slots of the arguments.
    names: what memory and results are called, for listings and pictures; the first of each counts.
    is_running: whether the function runs, to which no slot may be a key.
    passing: the node that a backward pass is at.
    saved: the numbers of memory from outside before it was first written into, with the memory.
    generators: random generators that were drawn from, with where they stood.
    """

    tape: Tape = field(default_factory=Tape)
    leaves: dict[int, Slot] = field(default_factory=dict)
    inputs: set[int] = field(default_factory=set)
    names: list[tuple[Slot, str]] = field(default_factory=list)
    is_running: bool = False
    passing: Node | None = None
    saved: dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = field(default_factory=dict)
    generators: dict[np.random.Generator, Any] = field(default_factory=dict)

    # -- what is there before -------------------------------------------------------------

    def input(self, array: Any, weak: bool = False) -> Slot:
        """A slot for an argument of the recorded function."""
        if weak:
            slot = self.outside(array)
        else:  # a number is not changed in place
            slot = Slot(self, array if isinstance(array, np.generic) else np.array(array, order="K"))
        self.inputs.add(id(slot))
        return slot

    def outside(self, number: Any) -> Slot:
        """A slot for a number that is there before the program runs."""
        return Slot(self, np.float64(number), None, True, self.tape.given())

    def leaf(self, array: np.ndarray[Any, Any], name: str = "") -> Any:
        """The slot of memory that outlives the program, such as a parameter; the same for the same array."""
        if isinstance(array, Slot):
            return array
        slot = self.leaves.get(id(array))
        if slot is None:
            slot = self.leaves[id(array)] = Slot(self, array)
        if name:
            self.names.append((slot, name))
        return slot

    def is_outside(self, storage: Slot) -> bool:
        """Whether memory is there before the program, and after it."""
        return id(storage) in self.inputs or self.leaves.get(id(storage.value)) is storage

    def save(self, storage: Slot) -> None:
        """Remember what memory from outside holds, before it is written into."""
        memory = storage.value
        if self.leaves.get(id(memory)) is storage and id(memory) not in self.saved:
            self.saved[id(memory)] = memory, memory.copy()

    # -- writing down ---------------------------------------------------------------------

    def note(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        output: Slot,
        writes: bool = False,
    ) -> None:
        """Write a call down, and where in the model it was made."""
        place = self.tape.add(Instruction(function, arguments, options, output, writes, *self.where()))
        if output.weak and not writes and output.dtype in (float, bool):  # what the tape has room for
            output.place = place

    def where(self) -> tuple[str, bool]:
        """The path of the module that computes, or that is gone back through; whether it is the latter."""
        node = self.passing
        if node is not None:
            return node.scope, True
        current = MODE.get()
        return "" if current is None else current.scope, False

    def of_numbers(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Slot | None:
        """Call a function of single numbers, and write it down; None where it is another function."""
        made = self.tape.compute(function, arguments, *self.where())
        return None if made is None else Slot(self, made[1], None, True, made[0])

    def real(self, tree: Any) -> Any:
        """The arrays behind the slots."""
        return replaced(tree, _value)

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], options: Any = None) -> Slot:
        """Call a function that makes a new array or a view, and write it down."""
        options = options or {}
        if not options and (slot := self.of_numbers(function, arguments)) is not None:
            return slot
        if function in _ELEMENTWISE:
            arguments = self.agreeing(arguments)
        result = function(*self.real(arguments), **(self.real(options) if options else {}))
        if not isinstance(result, (np.ndarray, np.generic)):
            name = getattr(function, "__name__", function)
            raise RecordError(
                f"{name} returned {type(result).__name__}, and a program holds arrays only; "
                "compute it outside of the recorded function"
            )
        storage = None
        weak = _all_weak(arguments)
        if weak and isinstance(result, np.ndarray) and not result.ndim:
            result = result[()]
        elif isinstance(result, np.ndarray):
            source = next((slot for slot in slots_in(arguments) if _overlap(slot.value, result)), None)
            if source is not None and _looks_by_numbers(function, arguments):
                result = result.copy()
            elif source is not None and source.value is result:
                return source
            elif source is not None:
                storage = source.storage
        slot = Slot(self, result, storage, weak or function is number)
        self.note(function, arguments, options, slot)
        return slot

    def write(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any], out: Any
    ) -> Any:
        """Call a function that writes into an array, and write it down."""
        if isinstance(out, tuple):
            (out,) = out
        if not isinstance(out, Slot):
            raise RecordError(
                "the recorded function writes into an array that is not recorded. If it is made inside, make "
                "it of a recorded one, as np.zeros_like(x) is; one from outside has to be handed out by "
                "autograd.lend(), and the program will write into it, too"
            )
        self.save(out.storage)
        into(function, *self.real(arguments), **self.real(options))()
        self.note(function, arguments, options, out, writes=True)
        return out

    def ufunc(self, ufunc: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call a function of elements."""
        if ufunc.nout > 1:
            raise RecordError(f"{ufunc.__name__} returns {ufunc.nout} arrays, and a call of a program one")
        out = options.get("out", (None,))[0]
        if type(out) is Slot and isinstance(out.value, np.generic):
            out = None  # a number: ``a += b`` gives it another one
        rest = {name: option for name, option in options.items() if name != "out"}
        if ufunc in _ARITHMETIC and _all_weak(inputs):
            inputs = tuple([self.call(np.multiply, (x, 1.0)) if _is_answer(x) else x for x in inputs])
        if out is None and not rest and (slot := self.of_numbers(ufunc, inputs)) is not None:
            return slot
        inputs = self.agreeing(inputs)
        if out is None:
            result = ufunc(
                *[x.value if type(x) is Slot else x for x in inputs], **(self.real(rest) if rest else {})
            )
            slot = Slot(self, result, None, _all_weak(inputs))
            self.note(ufunc, inputs, rest, slot)
            return slot
        return self.write(ufunc, (*inputs, out), rest, out)

    def agreeing(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Operands in which Python numbers do not widen the dtype of arrays."""
        weak = [x for x in inputs if type(x) is Slot and x.weak]
        if not weak:
            return inputs
        strong = [x.dtype for x in inputs if hasattr(x, "dtype") and not (type(x) is Slot and x.weak)]
        if not strong:
            return inputs
        dtype = np.result_type(*strong, *[_WIDTHS[x.dtype.kind] for x in weak])
        return tuple(
            self.call(astype, (x, dtype)) if type(x) is Slot and x.weak and x.dtype != dtype else x
            for x in inputs
        )

    def branch(self, slot: Slot) -> bool:
        """Answer a question that Python asks, and write down what the answer was."""
        truth = bool(slot.value)
        self.note(check, (slot, truth), {}, slot, writes=True)
        return truth

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Slot:
        """Random numbers that are drawn anew whenever the program runs."""
        if generator not in self.generators:
            self.generators[generator] = generator.bit_generator.state
        return self.call(draw, (generator, shape))


_value = attrgetter("value")


def _is_answer(x: Any) -> bool:
    return type(x) is Slot and x.dtype == bool


def _looks_by_numbers(function: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether numbers say what part of an array a result looks at, so that it is another one at each run."""
    if function is operator.getitem:
        return next(slots_in((arguments[1],)), None) is not None
    return function in _BY_NUMBERS


def _overlap(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and np.may_share_memory(a, b)


def _all_weak(arguments: tuple[Any, ...]) -> bool:
    return all(
        x.weak if type(x) is Slot else not isinstance(x, (np.ndarray, np.generic, tuple, list))
        for x in arguments
    )
