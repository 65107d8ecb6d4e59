"""A program as text: one line an instruction, with the number that was computed while recording."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formula import show
from .recorder import check
from .slot import Slot

if TYPE_CHECKING:
    from .instruction import Instruction
    from .program import Program


def name_of(function: Any) -> str:
    """How a listing calls a function: NumPy's name, with its ufunc's for a reduction.

    >>> name_of(np.add.reduce), name_of(np.tanh)
    ('add.reduce', 'tanh')
    """
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{function.__name__}"
    return str(getattr(function, "__name__", function)).strip("_")


def names_of(program: Program) -> dict[Slot, str]:
    """A name for every slot: a parameter's label, x0 for an argument, v1 for a result, in order."""
    names = {slot: f"x{place}" for place, slot in program.inputs.items()}
    labels = {id(memory): tensor.label for tensor, memory, _ in program.tensors if tensor.label}
    for number, slot in enumerate(program.leaves):
        names[slot] = labels.get(id(slot.value), f"m{number}")
    for value, slot in program.cells:
        names[slot] = value.label or f"w{len(names)}"
    for number, (_, slot) in enumerate(program.gradients_before):
        names[slot] = f"g{number}"
    number = 0
    for instruction in program.instructions:
        if instruction.output not in names:
            number += 1
            names[instruction.output] = f"v{number}"
    return names


def listing(program: Program) -> str:
    """The text of a whole program."""
    names = names_of(program)
    count = len(program.inputs)
    rows = [(names[slot], f"argument {place}", slot) for place, slot in program.inputs.items()]
    rows += [(names[slot], "memory", slot) for slot in (*program.leaves, *[s for _, s in program.cells])]
    rows += [(names[i.output], written(i, names), i.output) for i in program.instructions]
    texts = [f"{name} = {made}" if not made.startswith("!") else made[1:] for name, made, _ in rows]
    width = min(max((len(text) for text in texts), default=0) + 2, 60)
    lines = [
        f"{text:{max(width, 26)}} {_kind(slot)}  {show(slot.value)}".rstrip()
        for text, (_, _, slot) in zip(texts, rows, strict=True)
    ]
    results = ", ".join(names[x] if isinstance(x, Slot) else repr(x) for x in program.outputs)
    head = (
        f"program of {program.name}: {len(program)} instruction{'s' * (len(program) != 1)}, "
        f"{count} input{'s' * (count != 1)}"
    )
    return "\n".join([head, *lines, f"returns {results}"])


def written(instruction: Instruction, names: dict[Slot, str]) -> str:
    """The right-hand side of an instruction."""
    inner = ", ".join(_text(part, names) for part in instruction.arguments)
    options = [f"{name}={_text(option, names)}" for name, option in instruction.options.items()]
    if instruction.function is check:
        truth = "true" if instruction.arguments[1] else "false"
        return f"!check that {names[instruction.output]} is {truth}"
    if instruction.function is operator.getitem:
        return f"{_text(instruction.arguments[0], names)}[{_index(instruction.arguments[1], names)}]"
    if instruction.function is operator.setitem:
        target, index, value = instruction.arguments
        return f"!{_text(target, names)}[{_index(index, names)}] = {_text(value, names)}"
    return f"{name_of(instruction.function)}({', '.join([inner, *options]) if options else inner})"


def _index(index: Any, names: dict[Slot, str]) -> str:
    return ", ".join(_text(part, names) for part in (index if isinstance(index, tuple) else (index,)))


def _text(part: Any, names: dict[Slot, str]) -> str:
    if isinstance(part, Slot):
        return names[part]
    if isinstance(part, slice):
        ends = ["" if x is None else str(x) for x in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, str(part.step)])
    if part is Ellipsis:
        return "..."
    if isinstance(part, (list, tuple)):
        return f"[{', '.join(_text(x, names) for x in part)}]"
    return show(part) if isinstance(part, (float, int, np.ndarray, np.generic)) else str(part)


def _kind(slot: Slot) -> str:
    return f"{slot.dtype}{list(slot.shape) if slot.shape else ''}"
