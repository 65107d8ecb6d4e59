"""``Instruction``: one call of a program, what it is given and where its result goes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .slot import Slot

STORAGE = frozenset(["casting", "order", "out", "subok"])
"""Options of NumPy that say how a result is stored, and not what it is."""


class Instruction(NamedTuple):
    """One call: ``output = function(*arguments, **options)``.

    Attributes
    ----------
    output: the slot of the result; for a call that writes in place, the slot that it writes into.
    writes: whether the call writes into memory that was there before.
    scope: the path of the module that was computing, or that a backward pass goes back through.
    backward: whether it is a part of a backward pass.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    output: Slot
    writes: bool = False
    scope: str = ""
    backward: bool = False

    def inputs(self) -> Iterator[Slot]:
        """Every slot among the arguments, also in lists and indices."""
        yield from slots_in(self.arguments)
        if self.options:
            yield from slots_in(tuple(self.options.values()))

    @property
    def is_view(self) -> bool:
        """Whether the result is memory of an argument, looked at in another way."""
        return not self.writes and self.output.base is not None

    @property
    def chooses(self) -> bool:
        """Whether a mask decides how many elements the result has."""
        if self.function is not operator.getitem:
            return False
        return any(slot.dtype == bool for slot in slots_in((self.arguments[1],)))


def parts_of(index: Any) -> tuple[Any, ...]:
    """An index, axis by axis."""
    return index if isinstance(index, tuple) else (index,)


def ufunc_of(function: Any) -> np.ufunc | None:
    """The function of elements that a function is a method of, as ``np.add.reduce`` is; else nothing."""
    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, np.ufunc) else None


def slots_in(tree: Any) -> Iterator[Slot]:
    """Every slot in nested tuples and lists.

    >>> list(slots_in((1.0, [2.0])))
    []
    """
    for part in tree:
        kind = type(part)
        if kind is Slot:
            yield part
        elif kind is tuple or kind is list:
            yield from slots_in(part)
        elif kind is slice:
            yield from slots_in((part.start, part.stop, part.step))


def replaced(tree: Any, numbers: Callable[[Slot], Any]) -> Any:
    """Nested tuples, lists and dicts with every slot replaced.

    >>> replaced(([1.0], {"axis": 0}), lambda slot: None)
    ([1.0], {'axis': 0})
    """
    kind = type(tree)
    if kind is Slot:
        return numbers(tree)
    if kind is tuple or kind is list:
        return kind([replaced(part, numbers) for part in tree])
    if kind is dict:
        return {name: replaced(part, numbers) for name, part in tree.items()}
    return tree
