"""Names for what a program holds: of arguments, labels, gradients, and ``v1``, ``v2``, … for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..graph import Node
from .slot import Slot

if TYPE_CHECKING:
    from .program import Program


def names_of(program: Program) -> dict[Slot, str]:
    """A name for every slot of a program, no two the same."""
    names: dict[Slot, str] = {}
    times: dict[str, int] = {}
    for slot, name in _wished(program):
        if name and slot not in names:
            times[name] = count = times.get(name, 0) + 1
            names[slot] = name if count == 1 else f"{name}#{count}"
    results, memory = (map(kind.__add__, map(str, itertools.count(1))) for kind in "vm")
    for slot in program.before():
        if slot not in names:
            names[slot] = next(name for name in memory if name not in times)
    for instruction in program.instructions:
        if instruction.output not in names:
            names[instruction.output] = next(name for name in results if name not in times)
    return names


def _wished(program: Program) -> Iterator[tuple[Slot, str]]:
    """What slots would be called if each had its name for itself, the most telling names first."""
    for place, slot in program.inputs.items():
        yield slot, program.arguments[place]
    labels = {id(memory): tensor.label for tensor, memory, _ in program.tensors}
    buffers = {
        id(array): name
        for module in program.modules
        for name, array in vars(module).items()
        if isinstance(array, np.ndarray)
    }
    for slot in program.leaves:
        array = slot.value
        yield slot, labels.get(id(array), "") or program.names.get(slot, "") or buffers.get(id(array), "")
    for value, slot in program.cells:
        yield slot, value.label
    for owner, slot in program.gradients_before:
        yield slot, f"{_owner(program, owner)}.grad_before"
    for owner, gradient in program.gradients:
        if gradient is not None and (name := _owner(program, owner)):
            yield gradient, f"{name}.grad"
    for owner, slot in program.rebound:
        if name := _owner(program, owner):
            yield slot, f"{name}_after"
    yield from program.names.items()


def _owner(program: Program, owner: Node | int) -> str:
    return owner.label if isinstance(owner, Node) else program.arguments[owner]
