"""``Settings``: whether a module or an optimiser is set as it was while a program was recorded."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from operator import attrgetter, is_
from typing import Any

import numpy as np

from ..graph import Node
from ..tensor import Tensor
from ..value import Value

_NO_SETTINGS = ("training", "_inside")
MISSING: Any = object()
"""What stands for an attribute that was not there."""


class Settings:
    """The attributes of a module or an optimiser that a step depends on, as they were before.

    Not its mode, which has a check of its own, nor results that it keeps.

    Parameters
    ----------
    used: the nodes from before the recording that the step took; other nodes are results.
    lent: the ids of the arrays that the program reads; what is in other buffers was read while recording.
    assigned: the attributes that the step itself assigned, as they were before.
    """

    def __init__(
        self, owner: Any, used: Container[Any], lent: Container[int], assigned: Mapping[str, Any]
    ) -> None:
        self.owner = type(owner).__name__
        self._now = vars(owner)
        self._before = {
            name: before
            for name, x in self._now.items()
            if name not in _NO_SETTINGS
            for before in [assigned.get(name, x)]
            if type(x) not in (Tensor, Value) or (isinstance(before, Node) and before in used)
        }
        buffers = [self._now[name] for name in getattr(owner, "_buffers", ())]
        self._read = [(x, x.copy()) for x in buffers if isinstance(x, np.ndarray) and id(x) not in lent]
        self._others = len(self._now) - len(self._before) - sum(name in self._now for name in _NO_SETTINGS)

    def are_the_same(self) -> bool:
        """Whether every attribute is the object that it was, and none is new; and the same numbers."""
        now, before = self._now, self._before
        known = len(before) + self._others + ("training" in now) + ("_inside" in now)
        if len(now) != known or not all(map(is_, map(now.get, before), before.values())):
            return False
        return all(np.array_equal(array, read) for array, read in self._read)


def set_otherwise(modules: Mapping[Any, bool], settings: Iterable[Settings]) -> str:
    """In words, which module or optimiser is set otherwise than before the recording; or nothing."""
    if list(map(attrgetter("training"), modules)) != list(modules.values()):
        return "a module was switched between training and evaluation"
    changed = (each.owner for each in settings if not each.are_the_same())
    return next((f"a setting of a {owner} was changed" for owner in changed), "")
