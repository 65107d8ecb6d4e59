"""One run of a program, instruction by instruction, to look at what each computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..modes import quietly
from .branch import check
from .calls import into
from .instruction import replaced
from .slot import Slot

if TYPE_CHECKING:
    from .program import Program


class Trace(NamedTuple):
    """What was seen of a run.

    Attributes
    ----------
    given: of what is there before the run.
    computed: of the result of each instruction at its moment, which a later one may write into.
    """

    given: dict[Slot, Any]
    computed: list[Any]


@quietly
def trace(program: Program, look: Callable[[Any], Any]) -> Trace:
    """Run a program once more from where things stand, on its own inputs; everything is put back after.

    Parameters
    ----------
    look: called with every number or array; what it returns is kept. It must not keep the array itself,
        which may be memory that is written into. It is given None for memory that holds nothing yet.
    """
    before = program.snapshot(program.written)
    places = set(program.leaves)
    held: dict[Slot, Any] = {
        slot: slot.value if slot in places or not isinstance(slot.value, np.ndarray) else slot.value.copy("K")
        for slot in program.before()
    }
    held |= {slot: np.float64(value.data) for value, slot in program.cells}
    given = {slot: look(array) for slot, array in held.items()}
    computed = []
    try:
        for instruction in program.instructions:
            function: Any = instruction.function
            output = instruction.output
            arguments, options = (
                replaced(part, held.__getitem__) for part in (instruction.arguments, instruction.options)
            )
            if not instruction.writes:
                held[output] = function(*arguments, **options)
            elif function is not check:
                into(function, *arguments, **options)()
            computed.append(look(None if function is np.empty_like else held[output]))
    finally:
        program.restore(before)
    return Trace(given, computed)
