"""What is computed twice in a program is computed once.

A rule computes anew what the forward pass had computed, because it is given inputs and output only;
in a program the two can be seen to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .branch import check
from .calls import draw
from .instruction import Instruction, replaced
from .slot import Slot, home

_NEVER = (check, draw, np.empty_like)
"""Functions that are not the same twice."""


def simplified(instructions: Mapping[int, Instruction]) -> tuple[dict[int, Instruction], dict[Slot, Slot]]:
    """The instructions, by their places, without repetitions; what each slot left out is the same as.

    A result that is written into later is left alone: two that are equal at first may not stay so. So
    are single numbers, of which there are many, and each costs little.
    """
    written = {home(i.output) for i in instructions.values() if i.writes and i.function is not check}
    writes: dict[Any, int] = {}  # how often memory was written into so far
    same: dict[Slot, Slot] = {}
    known: dict[Any, Slot] = {}
    kept: dict[int, Instruction] = {}
    for place, instruction in instructions.items():
        inputs = list(instruction.inputs())
        if not same.keys().isdisjoint(inputs):
            instruction = instruction._replace(
                arguments=replaced(instruction.arguments, lambda slot: same.get(slot, slot)),
                options=replaced(instruction.options, lambda slot: same.get(slot, slot)),
                output=same.get(instruction.output, instruction.output),
            )
            inputs = list(instruction.inputs())
        if instruction.output.storage in same:  # a view of what was left out
            instruction.output.base = same[instruction.output.storage]
        function, arguments, options, output = instruction[:4]
        storage = home(output)
        if instruction.writes or output.weak or function in _NEVER or storage in written:
            kept[place] = instruction
            if storage in written and instruction.writes:
                writes[storage] = writes.get(storage, 0) + 1
            continue
        now = tuple([writes.get(home(slot), 0) for slot in inputs]) if writes else ()
        key = function, _key(arguments), _key(sorted(options.items())), now
        first = known.setdefault(key, output)
        if first is output:
            kept[place] = instruction
        else:
            same[output] = first
    return kept, same


def _key(tree: Any) -> Any:
    """What two arguments share if they are the same; an array is the same as itself only."""
    if isinstance(tree, (tuple, list)):
        return (type(tree), *map(_key, tree))
    if isinstance(tree, slice):
        return slice, tree.start, tree.stop, tree.step
    if isinstance(tree, (Slot, np.ndarray)):
        return id(tree)
    if isinstance(tree, dict):
        return (dict, *[(name, _key(part)) for name, part in tree.items()])
    return type(tree), repr(tree) if isinstance(tree, (float, complex)) else tree  # -0.0 and 0.0 are two
