"""``Plan``: the instructions of a program as bound calls on memory that is laid out once.

Every slot gets its array before the first replay: new results a buffer, used again by later ones
when nobody looks at it any more; views a view of it, so that they cost nothing; parameters and
other memory from outside themselves. A replay is then ``for call in calls: call()``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import RecordError
from .binding import BINDINGS, Call, bind_generic, view_index
from .branch import check
from .calls import into
from .instruction import Instruction, replaced, ufunc_of
from .layout import Layout
from .scalars import Group, Scalars, calls_of
from .slot import Slot
from .wording import name_of


class Plan:
    """The calls of a program, and the array of every slot.

    Parameters
    ----------
    instructions: what was recorded, in order.
    outside: slots whose memory is given: leaves and inputs.
    kept: slots that are looked at after the last call.
    scalars: how the program's calls on single numbers are grouped, if they are.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        outside: Iterable[Slot],
        kept: Iterable[Slot],
        scalars: Scalars | None = None,
    ) -> None:
        self.scalars = scalars
        self.memory = None if scalars is None else scalars.memory()
        self.arrays = _Arrays(self.memory, scalars)
        self.arrays.update((slot, _array(slot.value)) for slot in outside if slot not in self.arrays.places)
        steps: Sequence[Instruction | Group] = instructions if scalars is None else scalars.steps
        instructions = [step for step in steps if isinstance(step, Instruction)]
        self.instructions = instructions
        self.calls: list[Call] = []
        self._kept = {slot.storage for slot in kept} | set(self.arrays)
        self._last = _last_uses(instructions)
        self._blocks: dict[Slot, Any] = {}  # the memory of each result, as bytes
        self._free: dict[int, list[Any]] = {}  # such memory that nobody looks at any more, by its size
        self._call_of: dict[int, int] = {}  # the place of an instruction among the calls
        self.sources = frozenset(
            step.source for step in steps if isinstance(step, Group) and step.source is not None
        )
        place = 0
        for step in steps:
            if isinstance(step, Instruction):
                self._lay_out(place, step)
                place += 1
            else:
                source = None if step.source is None else self.arrays[step.source]
                self.calls += calls_of(step, self.memory, source)

    def _lay_out(self, place: int, instruction: Instruction) -> None:
        output = instruction.output
        dying = {
            slot.storage
            for slot in (*instruction.inputs(), output)
            if self._last[slot.storage] == place
            and slot.storage not in self._kept
            and slot.storage not in self.arrays.places
        }
        if instruction.is_view:
            self.arrays[output] = self._view(instruction)
        else:
            if not instruction.writes and output not in self.arrays.places:
                self.arrays[output] = self._buffer(instruction, dying)
            if instruction.function is np.empty_like:
                return
            self._call_of[place] = len(self.calls)
            self.calls.append(self._bind(instruction))
        for storage in dying:
            block = self._blocks[storage]
            self._free.setdefault(block.size, []).append(block)

    def _buffer(self, instruction: Instruction, dying: set[Slot]) -> Any:
        """Memory for a result: that of an argument which is not needed any more, or free, or new."""
        output = instruction.output
        layout = Layout.of(output.value)
        if output in self._kept:  # memory of its own: it holds something until it is computed anew
            return layout.within(np.empty(layout.nbytes, np.uint8))
        if isinstance(instruction.function, np.ufunc) and not instruction.options:
            for slot in instruction.arguments:
                if isinstance(slot, Slot) and slot in dying and Layout.of(slot.value) == layout:
                    dying.discard(slot)
                    self._blocks[output] = self._blocks[slot]
                    return self.arrays[slot]
        free = self._free.get(layout.nbytes)
        block = free.pop() if free else np.empty(layout.nbytes, np.uint8)
        self._blocks[output] = block
        return layout.within(block)

    def _view(self, instruction: Instruction) -> Any:
        view = instruction.function(*self.real(instruction.arguments), **self.real(instruction.options))
        if not np.may_share_memory(view, self.arrays[instruction.output.storage]):
            name = name_of(instruction.function)
            raise RecordError(f"{name} looked into an array when it was recorded, and makes a copy now")
        return view

    def _bind(self, instruction: Instruction) -> Call:
        out = None if instruction.writes else self.arrays[instruction.output]
        arguments, options = self.real(instruction.arguments), self.real(instruction.options)
        if instruction.writes:
            return _bind_write(instruction.function, arguments, options)
        function = instruction.function
        if function is np.stack and all(slot in self.arrays.places for slot in instruction.arguments[0]):
            places = np.array([self.arrays.places[slot] for slot in instruction.arguments[0]])
            return partial(np.take, self.memory, places, 0, out, "clip")
        kind: Any = function
        if isinstance(function, np.ufunc):
            kind = np.ufunc
        elif ufunc_of(function) is not None:
            kind = function.__name__
        bind = BINDINGS.get(kind)
        call = None if bind is None else bind(function, arguments, options, out)
        return call or bind_generic(function, arguments, options, out)

    def real(self, tree: Any) -> Any:
        """Nested arguments with every slot replaced by its array."""
        return replaced(tree, self.arrays.__getitem__)

    def followers(self, slot: Slot) -> list[int]:
        """The places of the instructions that take a slot, or a view of it."""
        views = {slot}
        places = []
        for place, instruction in enumerate(self.instructions):
            if not views.isdisjoint(instruction.inputs()):
                places.append(place)
                if instruction.is_view:
                    views.add(instruction.output)
        return places

    def move(self, slot: Slot, array: Any, places: Sequence[int]) -> None:
        """Take another array for a slot from now on: bind the calls anew that take it."""
        self.arrays[slot] = array
        for place in places:
            instruction = self.instructions[place]
            if instruction.is_view:
                self.arrays[instruction.output] = self._view(instruction)
            elif place in self._call_of:
                self.calls[self._call_of[place]] = self._bind(instruction)


class _Arrays(dict[Slot, Any]):
    """The array of every slot; a grouped number's is a place in the memory of all numbers."""

    def __init__(self, memory: Any, scalars: Scalars | None) -> None:
        super().__init__()
        self.memory = memory
        self.places: dict[Slot, int] = {} if scalars is None else scalars.places

    def __missing__(self, slot: Slot) -> Any:
        self[slot] = array = self.memory[self.places[slot] :][:1].reshape(self.memory.shape[1:])
        return array


def _bind_write(function: Callable[..., Any], arguments: Any, options: Any) -> Call:
    if function is check:
        return partial(check, *arguments)
    if function is operator.setitem:
        target, index, value = arguments
        at = view_index(index)
        if at is not None:
            return partial(np.copyto, target[at], value, "unsafe")  # as Python's assignment does it
    return into(function, *arguments, **options)


def _array(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.array(value)


def _last_uses(instructions: Sequence[Instruction]) -> dict[Slot, int]:
    last: dict[Slot, int] = {}
    for place, instruction in enumerate(instructions):
        for slot in (*instruction.inputs(), instruction.output):
            last[slot.storage] = place
    return last
