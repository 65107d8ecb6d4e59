"""A program of single numbers over many inputs at once: every number becomes a row of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import RecordError, ShapeError
from .branch import check
from .scalars import Group, Scalars, calls_of, grouped
from .slot import Slot
from .wording import name_of

if TYPE_CHECKING:
    from .program import Program


def run_batch(program: Program, arguments: Sequence[Any]) -> list[Any]:
    """The outputs of a program of single numbers, each with an axis of its own for the batch.

    Raises
    ------
    RecordError: the program computes with arrays or changes what is outside of it, or an item of the batch
        would take another branch than the recording did.
    ShapeError: an argument is no array of one axis, or they differ in length.
    """
    scalars = _all_numbers(program)
    columns = {slot: np.asarray(arguments[place], float) for place, slot in program.inputs.items()}
    shapes = {column.shape for column in columns.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise ShapeError(
            f"{program.name}: a batch is one array of one axis for each number, all of one length; got "
            f"shapes {[column.shape for column in columns.values()]}"
        )
    (count,) = next(iter(shapes))
    memory = np.repeat(scalars.memory()[:, None], count, axis=1)
    for value, slot in program.cells:
        memory[scalars.places[slot]] = value.data
    for slot, column in columns.items():
        memory[scalars.places[slot]] = column
    for step in scalars.steps:
        if isinstance(step, Group):
            for call in calls_of(step, memory, None):
                call()
        else:
            slot, expected = step.arguments
            wrong = np.flatnonzero((memory[scalars.places[slot]] != 0) != expected)
            if len(wrong):
                raise RecordError(
                    f"{program.name}: item {wrong[0]} of the batch would take another branch than the "
                    "recording did"
                )
    return [
        memory[scalars.places[slot]].astype(slot.dtype) if isinstance(slot, Slot) else slot
        for slot in program.outputs
    ]


def _all_numbers(program: Program) -> Scalars:
    """The groups of a program that is nothing but single numbers."""
    numbers = [slot for slot in (*[s for _, s in program.cells], *program.inputs.values())]
    scalars = grouped(program.tape, numbers, program.returned)
    for step in scalars.steps:
        if step.source is not None if isinstance(step, Group) else step.function is not check:
            raise RecordError(
                f"{program.name}: {name_of(step.function)} computes with an array; a batch is for programs "
                "of single numbers; a function of arrays takes the batch as another axis"
            )
    if program.written or program.rebound:
        raise RecordError(f"{program.name} changes what is outside of it, which has no meaning for a batch")
    return scalars
