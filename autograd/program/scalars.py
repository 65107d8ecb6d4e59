"""Scalar graphs at the speed of arrays: numbers that can be computed together are.

A recorded graph of Values is a long list of calls on single numbers. They are sorted into levels, in
which no number depends on another; in a level, all calls of one function become one call on arrays,
and a chain of additions one sum. All numbers are in one memory, from which each call takes its inputs
and into which it writes its outputs side by side.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..ops import erf, erfc, scale
from .instruction import Instruction
from .recorder import OUT_BY_NAME
from .slot import Slot, astype, number

Call = Callable[[], Any]
WORTH_IT = 300
"""From how many calls on numbers on they are grouped."""
_WHOLE = (scale.array, erf.array, erfc.array, np.where)


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
    places: the place of each number in memory.
    constants: the numbers that are there from the start, by their places.
    size: how many places there are.
    levels: how many steps depend on each other, one after another.
    """

    steps: list[Group | Instruction] = field(default_factory=list)
    places: dict[Slot, int] = field(default_factory=dict)
    constants: dict[float, int] = field(default_factory=dict)
    size: int = 0
    levels: int = 0

    def place(self, x: Any) -> int:
        """Where a number is: a slot's, or a constant's."""
        if isinstance(x, Slot):
            return self.places[x]
        x = float(x)
        key = x if x == x and (x != 0 or str(x)[0] != "-") else str(x)  # -0.0 and 0.0 are two constants
        if key not in self.constants:
            self.constants[key] = self.take_places(1)  # type: ignore[index]
        return self.constants[key]  # type: ignore[index]

    def take_places(self, count: int) -> int:
        """The first of so many new places."""
        self.size += count
        return self.size - count

    def memory(self) -> np.ndarray[Any, Any]:
        """The memory of all numbers, with the constants in it."""
        memory = np.zeros(self.size)
        for key, place in self.constants.items():
            memory[place] = float(key)
        return memory


def grouped(
    instructions: Sequence[Instruction],
    outside: Sequence[Slot],
    kept: Iterable[Slot],
    at_least: int = WORTH_IT,
) -> Scalars | None:
    """Sort calls on numbers into groups; None where there are too few of them.

    Parameters
    ----------
    outside: numbers that are there before the program runs, which get the first places.
    kept: slots that are looked at after the last call.
    at_least: how many calls on numbers are worth it.
    """
    if sum(map(_on_numbers, instructions)) < at_least:
        return None
    scalars = Scalars()
    for slot in outside:
        scalars.places[slot] = scalars.take_places(1)
    uses: dict[Slot, int] = dict.fromkeys(kept, 2)
    for instruction in instructions:
        for slot in instruction.inputs():
            uses[slot] = uses.get(slot, 0) + 1
    work = _with_sums(instructions, uses)
    _into_levels(_alive(work, uses), scalars)
    return scalars


def _on_numbers(instruction: Instruction) -> bool:
    """Whether a call takes and makes numbers only, and can be made for many at once."""
    function, arguments, options, output, writes = instruction[:5]
    if writes or options or not output.weak or not _of_elements(function):
        return False
    return all([x.weak if type(x) is Slot else isinstance(x, (int, float, np.floating)) for x in arguments])


@functools.cache
def _of_elements(function: Any) -> bool:
    """Whether a function computes floats, or answers questions about them, element by element."""
    if isinstance(function, np.ufunc):
        return any(set(kind[:-1]) <= set("d->") and kind[-1] in "d?" for kind in function.types)
    return function in _WHOLE


class _Work(NamedTuple):
    """A call, or a sum of many terms in the place of a chain of additions."""

    instruction: Instruction
    terms: tuple[Any, ...] | None


def _with_sums(instructions: Sequence[Instruction], uses: dict[Slot, int]) -> list[_Work]:
    """Chains of additions as sums: a sum that only another one takes becomes part of it."""
    terms: dict[Slot, list[Any]] = {}
    absorbed: set[Slot] = set()
    for instruction in instructions:
        if instruction.function is np.add and _on_numbers(instruction):
            own: list[Any] = []
            for x in instruction.arguments:
                if isinstance(x, Slot) and x in terms and uses[x] == 1:
                    own = own + terms.pop(x) if own else terms.pop(x)
                    absorbed.add(x)
                else:
                    own.append(x)
            terms[instruction.output] = own
    return [
        _Work(instruction, tuple(terms[instruction.output]) if instruction.output in terms else None)
        for instruction in instructions
        if instruction.output not in absorbed or instruction.writes
    ]


def _element(slot: Slot, elements: dict[Slot, tuple[Slot, int]], index: Any) -> tuple[Slot, int] | None:
    """The element of an array that integers name: the memory, and the place of the element in it."""
    parts = index if isinstance(index, tuple) else (index,)
    array, memory = slot.value, slot.storage.value
    if len(parts) != array.ndim or not all(isinstance(part, (int, np.integer)) for part in parts):
        return None
    if not isinstance(memory, np.ndarray) or not memory.flags.c_contiguous:
        return None
    offset = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    offset += sum(int(i) % n * step for i, n, step in zip(parts, array.shape, array.strides, strict=True))
    return slot.storage, offset // memory.itemsize


def _alive(work: list[_Work], uses: dict[Slot, int]) -> list[_Work]:
    """Take elements of arrays at once: what leads to a single element alone is left out."""
    elements: dict[Slot, tuple[Slot, int]] = {}
    result = []
    for item in work:
        function, arguments = item.instruction.function, item.instruction.arguments
        output = item.instruction.output
        if function is operator.getitem and isinstance(output.value, np.generic):
            found = _element(arguments[0], elements, arguments[1])
            if found is not None:
                elements[output] = found
        elif function is astype and arguments[0] in elements:
            elements[output] = elements[arguments[0]]
        elif function is number and arguments[0] in elements:
            source, place = elements[arguments[0]]
            item = _Work(Instruction(np.take, (source, place), {}, output), None)
        result.append(item)
    needed: set[Slot] = {slot for slot, count in uses.items() if count > 1 and slot not in elements}
    alive = []
    for item in reversed(result):
        instruction = item.instruction
        if instruction.writes or instruction.output not in elements or instruction.output in needed:
            alive.append(item)
            needed.update(instruction.inputs() if item.terms is None else filter(_is_slot, item.terms))
    return alive[::-1]


def _is_slot(x: Any) -> bool:
    return isinstance(x, Slot)


def _into_levels(work: list[_Work], scalars: Scalars) -> None:
    """Put every call one level above what it takes, and calls of one function in a level together."""
    level: dict[Slot, int] = {}  # of numbers, and of the last write into an array
    read: dict[Slot, int] = {}  # of the last read of an array
    levels: dict[int, dict[Any, list[_Work]]] = {}
    for item in work:
        instruction = item.instruction
        inputs = list(instruction.inputs()) if item.terms is None else list(filter(_is_slot, item.terms))
        mine = 1 + max([level.get(slot.storage, 0) for slot in inputs], default=0)
        output = instruction.output.storage
        if instruction.is_view:
            mine = level.get(output, 0)
        together: Any
        if item.terms is not None and len(item.terms) > 2:
            together = np.add.reduce, len(item.terms)
        elif _on_numbers(instruction):
            together = instruction.function
        elif instruction.function is np.take and instruction.output.weak:
            together = np.take, instruction.arguments[0]
        else:
            together = len(levels.get(mine, ())), "alone", id(instruction)
            if instruction.writes:
                mine = max(mine, 1 + level.get(output, 0), 1 + read.get(output, 0))
        for slot in inputs:
            if not slot.weak:
                read[slot.storage] = max(read.get(slot.storage, 0), mine)
        if not instruction.is_view:
            level[output] = max(level.get(output, 0), mine)
        levels.setdefault(mine, {}).setdefault(together, []).append(item)
    scalars.levels = len(levels)
    for _, together_in in sorted(levels.items()):
        for together, items in together_in.items():
            if isinstance(together, tuple) and len(together) == 3:
                scalars.steps += [item.instruction for item in items]
                for item in items:
                    if item.instruction.output.weak and not item.instruction.writes:
                        scalars.places[item.instruction.output] = scalars.take_places(1)
            else:
                _make_group(together, items, scalars)


def _make_group(together: Any, items: list[_Work], scalars: Scalars) -> None:
    source = None
    inputs: tuple[Any, ...]
    function = together
    if isinstance(together, tuple):
        function, what = together
        if function is np.take:
            source = what
            inputs = (np.array([item.instruction.arguments[1] for item in items]),)
        else:
            terms = [[scalars.place(x) for x in item.terms or ()] for item in items]
            inputs = (np.ascontiguousarray(np.array(terms).T),)
    else:
        columns = zip(*[item.instruction.arguments for item in items], strict=True)
        inputs = tuple(np.array([scalars.place(x) for x in column]) for column in columns)
    first = scalars.take_places(len(items))
    for offset, item in enumerate(items):
        scalars.places[item.instruction.output] = first + offset
    scalars.steps.append(Group(function, inputs, first, len(items), source))


# -- as calls ---------------------------------------------------------------------------------


def calls_of(group: Group, memory: Any, source: Any) -> list[Call]:
    """The calls that compute a group: inputs that do not lie side by side are gathered first."""
    out = memory[group.first : group.first + group.size]
    if group.function is np.take:
        return [partial(_take_into, source.reshape(-1), group.inputs[0], out)]
    calls: list[Call] = []
    arrays = [_gathered(places, memory, calls) for places in group.inputs]
    if group.function == np.add.reduce:
        return [*calls, partial(np.add.reduce, arrays[0], 0, None, out)]
    if group.function is np.where:
        condition, a, b = arrays
        return [*calls, partial(_where_into, condition, a, b, out)]
    if group.function in OUT_BY_NAME:
        return [*calls, partial(group.function, *arrays, out=out)]
    if group.function in (erf.array, erfc.array):
        return [*calls, partial(_apply_into, group.function, arrays[0], out)]
    return [*calls, partial(group.function, *arrays, out)]


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


def _where_into(condition: Any, a: Any, b: Any, out: Any) -> None:
    np.copyto(out, b)
    np.copyto(out, a, where=condition != 0)


def _apply_into(function: Any, x: Any, out: Any) -> None:
    out[...] = function(x)
