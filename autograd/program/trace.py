"""One run of a program, instruction by instruction, to look at what each computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..graph import Node, get_grad
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
    """Run a program once more from where things stand, and put everything back after.

    It runs on the arguments of the last run; if there was none, on those that were recorded.

    Parameters
    ----------
    look: called with every number or array; what it returns is kept. It must not keep the array itself,
        which may be memory that is written into. It is given None for memory that holds nothing yet.
    """
    before = program.snapshot(program.written)
    held = _held(program)
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


def _held(program: Program) -> dict[Slot, Any]:
    """What is there before a run; but for memory that outlives it, copies, which the run may write into."""
    now: dict[Slot, Any] = {slot: slot.value for slot in program.before()}
    latest = program.replay.latest if "replay" in vars(program) else ()
    if latest:
        given = {slot: latest[place] for place, slot in program.inputs.items()}
        now |= {slot: x.plain if isinstance(x, Node) else x for slot, x in given.items()}
    now |= {slot: value.data for value, slot in program.cells}
    for owner, slot in program.gradients_before:
        if isinstance(owner, Node) and (gradient := get_grad(owner)) is not None:
            now[slot] = gradient
    outliving = set(program.leaves)
    return {slot: x if slot in outliving else _copied(x) for slot, x in now.items()}


def _copied(x: Any) -> Any:
    return np.array(x, order="K")[()]
