"""Scalar graphs at the speed of arrays: numbers that can be computed together are.

A recorded graph of Values is a long list of calls on single numbers. They are sorted into levels, in
which no number depends on another; in a level, all calls of one function become one call on arrays,
and a chain of additions one sum. All numbers are in one memory, from which each call takes its inputs
and into which it writes its outputs side by side.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..ops import erf, erfc
from .binding import Call, choose
from .branch import may_diverge
from .calls import into
from .instruction import Instruction, parts_of
from .slot import Slot, astype, home, number
from .tape import NO_NUMBER, Tape

_WORTH_IT = 300
"""From how many calls on numbers on they are grouped."""
_SUM: Any = np.add.reduce


class Group(NamedTuple):
    """Numbers that one call computes.

    Attributes
    ----------
    function: what computes them: of elements, ``np.add.reduce`` for sums, ``np.take`` from an array.
    inputs: for each argument the places of its numbers in memory, one an output; for sums, one row a term.
    first, size: where the outputs are.
    source: the array that numbers are taken from.
    """

    function: Any
    inputs: tuple[Any, ...]
    first: int
    size: int
    source: Slot | None = None


@dataclass
class Scalars:
    """A program whose numbers are computed in groups.

    Attributes
    ----------
    steps: groups, and the instructions on arrays between them, in order.
    places: the place in memory of each number that is looked at from outside of the groups.
    constants: the numbers that are there from the start, and the first of their places.
    size: how many places there are.
    levels: how many steps depend on each other, one after another.
    """

    steps: list[Group | Instruction] = field(default_factory=list)
    places: dict[Slot, int] = field(default_factory=dict)
    constants: tuple[int, Sequence[float]] = (0, ())
    size: int = 0
    levels: int = 0

    def take_places(self, count: int) -> int:
        """The first of so many new places."""
        self.size += count
        return self.size - count

    def memory(self) -> np.ndarray[Any, Any]:
        """The memory of all numbers, with the constants in it."""
        memory = np.zeros(self.size)
        first, numbers = self.constants
        memory[first : first + len(numbers)] = numbers
        return memory


def is_worth_it(tape: Tape) -> bool:
    """Whether there are so many calls on numbers that grouping them saves time."""
    return tape.count_numbers() >= _WORTH_IT


def grouped(tape: Tape, outside: Sequence[Slot], kept: Sequence[Slot]) -> Scalars:
    """Sort calls on numbers into groups.

    Parameters
    ----------
    outside: numbers that are there before the program runs, which get the first places.
    kept: slots that are looked at after the last call.
    """
    others = _alive(tape.others, kept)
    seen = [*kept, *(slot for other in others.values() for slot in other.inputs())]
    numbers = _Numbers(tape, [slot.place for slot in (*kept, *seen) if slot.place >= 0])
    levels = _into_levels(numbers, others)
    scalars = Scalars()
    places = np.full(numbers.size, -1)
    for slot in outside:
        places[slot.place] = scalars.take_places(1)
    scalars.constants = scalars.take_places(len(tape.constants)), tape.constants
    places[len(tape.kinds) : -1] = scalars.constants[0] + np.arange(len(tape.constants))
    groups = numbers.groups()
    scalars.levels = len(levels | groups)
    for level in sorted(levels | groups):
        taken: dict[Slot, list[Instruction]] = {}
        for other in levels.get(level, ()):
            if other.function is np.take and other.output.place >= 0:
                taken.setdefault(other.arguments[0], []).append(other)
                continue
            scalars.steps.append(other)
            if other.output.place >= 0 and not other.writes:
                places[other.output.place] = scalars.take_places(1)
        found: list[tuple[Any, Any, Any, Slot | None]] = []
        for whole, takes in taken.items():
            elements = np.array([[take.arguments[1] for take in takes]])
            found.append((np.take, [take.output.place for take in takes], elements, whole))
        for function, outputs, inputs in groups.get(level, ()):
            found.append((function, outputs, places[inputs], None))
        for function, outputs, inputs, source in found:
            first, size = scalars.take_places(len(outputs)), len(outputs)
            places[outputs] = np.arange(first, first + size)
            arguments = (inputs,) if function == _SUM else tuple(inputs)
            scalars.steps.append(Group(function, arguments, first, size, source))
    seen += [*outside, *(other.output for other in others.values())]
    scalars.places = {slot: int(places[slot.place]) for slot in seen if slot.place >= 0}
    return scalars


class _Numbers:
    """The calls on numbers of a tape as arrays, a column a call.

    Attributes
    ----------
    size: how many numbers there are: those of the tape, then constants, then a last one for no number at all.
    operands: (3, calls), each one of these numbers.
    level: of each number, how many calls one after another lead to it.
    terms, ends: the operands of all sums, and where those of each end.
    """

    def __init__(self, tape: Tape, seen: Sequence[int]) -> None:
        count = len(tape.kinds)
        self.size = count + len(tape.constants) + 1
        self.level = array("i", bytes(4 * self.size))
        self.operands = np.array(tape.operands, np.int32).reshape(-1, 3).T.copy()
        uses = np.bincount(self.operands[self.operands >= 0], minlength=self.size)
        uses += np.bincount(np.array(seen, int), minlength=self.size)
        self.operands[self.operands == NO_NUMBER] = -len(tape.constants) - 1
        np.subtract(count - 1, self.operands, self.operands, where=self.operands < 0)
        self._functions = list(dict.fromkeys(kind.function for kind in tape.known))
        of_kind = [*(self._functions.index(kind.function) for kind in tape.known), -1]
        self._function = np.array(of_kind, np.int32)[np.array(tape.kinds, np.int32)]
        self._find_sums(uses)

    def _find_sums(self, uses: np.ndarray[Any, Any]) -> None:
        """Chains of additions as sums: a sum that only another one takes becomes part of it."""
        count = len(self._function)
        adds = np.zeros(self.size, bool)
        if np.add in self._functions:
            adds[:count] = self._function == self._functions.index(np.add)
        part = np.zeros(self.size, bool)
        part[self.operands[:2, adds[:count]]] = True
        part &= adds & (uses == 1)
        left, right = self.operands[:2]
        self.roots = np.flatnonzero((part[left] | part[right]) & (adds & ~part)[:count])
        self.terms, self.ends = array("i"), array("i")
        first, second, goes_on = left.data, right.data, part.data
        for root in self.roots.tolist():
            open_ends = [second[root], first[root]]
            while open_ends:
                x = open_ends.pop()
                if goes_on[x]:
                    open_ends += second[x], first[x]
                else:
                    self.terms.append(x)
            self.ends.append(len(self.terms))
        self._is_call = (self._function >= 0) & ~part[:count]

    def rise(self, start: int, stop: int) -> None:
        """Put every call one level above what it takes, from one place of the tape to another."""
        level = self.level
        operands, rises = self.operands[:, start:stop].tolist(), self._is_call[start:stop].tolist()
        for place, a, b, c, rise in zip(range(start, stop), *operands, rises, strict=True):
            highest = level[a]
            if level[b] > highest:
                highest = level[b]
            if level[c] > highest:
                highest = level[c]
            level[place] = highest + rise

    def groups(self) -> dict[int, list[tuple[Any, Any, Any]]]:
        """At each level, each function with the numbers that it makes, and its operands in rows."""
        calls = np.flatnonzero(self._is_call)
        ends, terms = np.array(self.ends, int), np.array(self.terms, np.int32)
        keys = np.zeros((3, len(self._function)), np.int32)
        keys[0], keys[2] = self._function, self.level[: keys.shape[1]]
        keys[1, self.roots] = np.diff(ends, prepend=0)
        calls = calls[np.lexsort(keys[:, calls])]
        keys = keys[:, calls]
        borders = np.flatnonzero(np.any(keys[:, 1:] != keys[:, :-1], axis=0)) + 1
        result: dict[int, list[tuple[Any, Any, Any]]] = {}
        for first, outputs in zip([0, *borders.tolist()], np.split(calls, borders), strict=True):
            if not len(outputs):  # no calls at all
                continue
            function, count, level = keys[:, first].tolist()
            of = _SUM if count else self._functions[function]
            if count:
                inputs = terms[ends[np.searchsorted(self.roots, outputs)] + np.arange(-count, 0)[:, None]]
            else:
                inputs = self.operands.take(outputs, 1)
                inputs = inputs[inputs[:, 0] != self.size - 1]
            result.setdefault(level, []).append((of, outputs, inputs))
        return result


def _into_levels(numbers: _Numbers, others: Mapping[int, Instruction]) -> dict[int, list[Instruction]]:
    """Find the level of every number; the other calls at each level."""
    level: dict[Any, int] = {}  # of the last write into an array
    read: dict[Any, int] = {}  # of the last read of an array
    checked = 0  # of the last check of a branch, which arrays wait for: some are looked at if it diverges
    levels: dict[int, list[Instruction]] = {}
    done = 0
    for place, instruction in others.items():
        numbers.rise(done, place)
        done = place + 1
        inputs, output = list(instruction.inputs()), home(instruction.output)
        mine = 1 + max(
            [numbers.level[slot.place] if slot.place >= 0 else level.get(home(slot), 0) for slot in inputs],
            default=0,
        )
        if instruction.is_view:
            mine = level.get(output, 0)
        elif instruction.writes or instruction.output.place < 0:
            mine = max(mine, 1 + checked, 1 + level.get(output, 0), 1 + read.get(output, 0))
        if may_diverge(instruction):
            checked = max(checked, mine)
        for slot in inputs:
            if slot.place < 0:
                read[home(slot)] = max(read.get(home(slot), 0), mine)
        if instruction.output.place < 0:
            if not instruction.is_view:
                level[output] = max(level.get(output, 0), mine)
        elif not instruction.writes:
            numbers.level[place] = mine
        levels.setdefault(mine, []).append(instruction)
    numbers.rise(done, len(numbers.operands[0]))
    return levels


def _element(slot: Slot, index: Any) -> tuple[Slot, int] | None:
    """The element of an array that integers name: the memory, and the place of the element in it."""
    parts = parts_of(index)
    array, memory = slot.value, slot.storage.value
    if len(parts) != array.ndim or not all(isinstance(part, (int, np.integer)) for part in parts):
        return None
    if not isinstance(memory, np.ndarray) or not memory.flags.c_contiguous:
        return None
    offset = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    offset += sum(int(i) % n * step for i, n, step in zip(parts, array.shape, array.strides, strict=True))
    return slot.storage, offset // memory.itemsize


def _alive(others: Mapping[int, Instruction], kept: Iterable[Slot]) -> dict[int, Instruction]:
    """Take elements of arrays at once: what leads to a single element alone is left out."""
    elements: dict[Slot, tuple[Slot, int]] = {}
    result = dict(others)
    for place, instruction in others.items():
        function, arguments, output = instruction.function, instruction.arguments, instruction.output
        if function is operator.getitem and isinstance(output.value, np.generic):
            found = _element(arguments[0], arguments[1])
            if found is not None:
                elements[output] = found
        elif function is astype and arguments[0] in elements:
            if np.can_cast(arguments[0].dtype, output.dtype):  # else it is another number
                elements[output] = elements[arguments[0]]
        elif function is number and arguments[0] in elements:
            result[place] = Instruction(np.take, elements[arguments[0]], {}, output)
    needed = set(kept)
    for place, instruction in reversed(list(result.items())):
        if instruction.writes or instruction.output not in elements or instruction.output in needed:
            needed.update(instruction.inputs())
        else:
            del result[place]
    return result


# -- as calls ---------------------------------------------------------------------------------


def calls_of(group: Group, memory: Any, source: Any) -> list[Call]:
    """The calls that compute a group: inputs that do not lie side by side are gathered first."""
    out = memory[group.first : group.first + group.size]
    if group.function is np.take:
        return [partial(_take_into, source.reshape(-1), group.inputs[0], out)]
    calls: list[Call] = []
    arrays = [_gathered(places, memory, calls) for places in group.inputs]
    if group.function == _SUM:
        return [*calls, partial(_SUM, arrays[0], 0, None, out)]
    if group.function is np.where:
        condition, a, b = arrays
        mask = np.empty(condition.shape, bool)
        return [*calls, partial(np.not_equal, condition, 0, mask), partial(choose, mask, a, b, out)]
    if group.function in (erf.array, erfc.array):
        return [*calls, partial(_apply_into, group.function, arrays[0], out)]
    return [*calls, into(group.function, *arrays, out)]


def _gathered(places: Any, memory: Any, calls: list[Call]) -> Any:
    flat = places.reshape(-1)
    first, last = int(flat[0]), int(flat[-1])
    if (flat == first).all():
        return np.broadcast_to(memory[first : first + 1], places.shape + memory.shape[1:])
    step = int(flat[1]) - first
    if step > 0 and last == first + step * (len(flat) - 1) and (np.diff(flat) == step).all():
        return memory[first : last + 1 : step].reshape(places.shape + memory.shape[1:])
    numbers = np.empty(places.shape + memory.shape[1:])
    # The places are known to be right; NumPy checks them in a slower way.
    calls.append(partial(np.take, memory, places, 0, numbers, "clip"))
    return numbers


def _take_into(source: Any, places: Any, out: Any) -> None:
    out[...] = source[places]


def _apply_into(function: Any, x: Any, out: Any) -> None:
    out[...] = function(x)
