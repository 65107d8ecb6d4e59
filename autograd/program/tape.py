"""``Tape``: what was recorded, call after call; calls on single numbers take sixteen bytes each.

A graph of Values becomes millions of calls on numbers. Each is a row of integers, and an
:class:`Instruction` is made of it only for those who want to look at it.
"""

from __future__ import annotations

import functools
import operator
from array import array
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..ops import erf, erfc, scale
from .instruction import Instruction
from .slot import Slot

if TYPE_CHECKING:
    from .calls import Calls

NO_NUMBER = -(2**31)
"""Stands in the places of operands that a call does not have."""
_PADDING: tuple[list[int], ...] = ([NO_NUMBER] * 3, [NO_NUMBER] * 2, [NO_NUMBER], [])
_CONSTANTS = frozenset([float, int, bool])
_NUMBERS = frozenset([np.float64, np.bool_])


def _scaled(g: Any, slope: Any) -> Any:
    assert scale.scalar is not None
    return np.float64(scale.scalar(g, slope))


_FASTER: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.negative: operator.neg,
    scale.array: _scaled,
}
"""What computes the same from NumPy's numbers, in a fraction of the time."""
_WHOLE = (scale.array, erf.array, erfc.array, np.where)


class Kind(NamedTuple):
    """What calls on numbers have in common: see :class:`Instruction`, and the type of the result."""

    function: Callable[..., Any]
    scope: str
    backward: bool
    type: type[np.generic]


@dataclass
class Tape:
    """A list of calls, and of the numbers that they make; a number is known by the place of its call.

    Attributes
    ----------
    kinds: for each place, the kind of a call on numbers, as its place in ``known``; or -1.
    operands: for each place, three numbers: the places of their calls, or ``-1 - i`` for constant i.
    others: the other calls, by their places. Numbers from outside have a place without a call.
    constants: Python's numbers among the operands.
    """

    kinds: array[int] = field(default_factory=lambda: array("i"))
    operands: array[int] = field(default_factory=lambda: array("i"))
    others: dict[int, Instruction] = field(default_factory=dict)
    known: dict[Kind, int] = field(default_factory=dict)
    constants: list[float] = field(default_factory=list)
    _constants: dict[Any, int] = field(default_factory=dict)

    def given(self) -> int:
        """The place of a number that is there before the first call."""
        self.kinds.append(-1)
        self.operands.fromlist(_PADDING[0])
        return len(self.kinds) - 1

    def add(self, instruction: Instruction) -> int:
        """Write a call down."""
        place = self.given()
        self.others[place] = instruction
        return place

    def compute(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], scope: str, backward: bool
    ) -> tuple[int, Any] | None:
        """Call a function of numbers, and write it down: its place and the result.

        None if the function is not one of elements, if an argument is no number, or the result is none.
        """
        if not _is_of_elements(function):
            return None
        operands, numbers = [], []
        for x in arguments:
            if type(x) is Slot and x.place >= 0:
                operands.append(x.place)
                numbers.append(x.value)
            elif type(x) in _CONSTANTS:
                operands.append(self._constant(x))
                numbers.append(x)
            else:
                return None
        result = _FASTER.get(function, function)(*numbers)
        if type(result) is np.ndarray:
            result = result[()]
        kind = Kind(function, scope, backward, type(result))
        if kind.type not in _NUMBERS:
            return None
        place = len(self.kinds)
        self.kinds.append(self.known.setdefault(kind, len(self.known)))
        self.operands.fromlist(operands + _PADDING[len(operands)])
        return place, result

    def _constant(self, x: float) -> int:
        """What stands for a number of Python's among the operands."""
        key = (type(x), x) if x else (type(x), repr(x))  # -0.0 and 0.0 are two
        found = self._constants.get(key)
        if found is None:
            self.constants.append(x)
            found = self._constants[key] = -len(self.constants)
        return found

    def forget(self, memory: Container[Slot]) -> None:
        """Keep no more than the layout of what was computed, but for memory that is looked at again."""
        for instruction in self.others.values():
            if instruction.output.storage not in memory:
                instruction.output.forget()

    def __len__(self) -> int:
        return self.count_numbers() + len(self.others)

    def count_numbers(self) -> int:
        """How many calls on numbers there are."""
        return len(self.kinds) - self.kinds.count(-1)

    def instructions(self, slots: Iterable[Slot], recorder: Calls) -> list[Instruction]:
        """All calls as instructions; they share the slots of numbers that have one."""
        if not self.known:  # no calls on numbers
            return list(self.others.values())
        numbers = {slot.place: slot for slot in slots}
        for other in self.others.values():
            numbers.update((slot.place, slot) for slot in (*other.inputs(), other.output))
        known, constants = list(self.known), self.constants
        result = []
        for place, which in enumerate(self.kinds):
            if which < 0:
                if place in self.others:
                    result.append(self.others[place])
                continue
            function, scope, backward, kind = known[which]
            arguments = tuple([
                numbers[x] if x >= 0 else constants[-1 - x]
                for x in self.operands[3 * place : 3 * place + 3]
                if x != NO_NUMBER
            ])  # fmt: skip
            if place not in numbers:
                numbers[place] = Slot(recorder, kind(0), weak=True, place=place)
            result.append(Instruction(function, arguments, {}, numbers[place], False, scope, backward))
        return result


def _is_of_elements(function: Any) -> bool:
    """Whether a function computes floats, or answers questions about them, element by element."""
    return _computes_floats(function) if isinstance(function, np.ufunc) else function in _WHOLE


@functools.cache
def _computes_floats(ufunc: np.ufunc) -> bool:
    return any(set(kind[:-1]) <= set("d->") and kind[-1] in "d?" for kind in ufunc.types)
