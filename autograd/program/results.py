"""The results of a run, in the kinds that the function returned."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..errors import GraphError
from ..graph import Node
from ..operation import Operation
from ..tensor import Tensor
from ..value import Value, constant
from .slot import Slot


def _refuse(*numbers: Any) -> NoReturn:
    raise GraphError(
        "a replayed program keeps no graph of what it computed, so that nothing can be differentiated "
        "through its result; call backward() inside of the recorded function, or use the function as it was "
        "written"
    )


REPLAYED = Operation("replayed", lambda x: x, rules=[_refuse], doc="What a program computed.")
"""Made a result that had a graph in the function."""
_FORGOTTEN: dict[type, tuple[Node, ...]] = {
    Tensor: (Tensor(0.0, requires_grad=True, label="forgotten"),), Value: (Value(0.0, "forgotten"),),
}  # fmt: skip
"""What stands in for what such a result was computed from."""


def kind_of(x: Any) -> Any:
    """What to remember of a result: what it is and is called, and that it had a graph, but not the graph."""
    if not isinstance(x, (Value, Tensor)):
        return x
    kind = x.detach()
    if x.requires_grad and x.parents:
        kind.operation = REPLAYED
    return kind


def in_kind(slot: Any, kind: Any, arrays: Any = None) -> Any:
    """A result as the function returned it: a Tensor, a Value, an array, a float, or a constant."""
    if not isinstance(slot, Slot):
        if isinstance(kind, (Value, Tensor)):
            return kind.detach()
        return slot.copy() if isinstance(slot, np.ndarray) else slot  # the caller's to change
    array = slot.value if arrays is None else arrays[slot]
    if not isinstance(kind, Node):
        if not slot.weak:
            return np.array(array)[()]
        return bool(array) if slot.dtype == bool else float(array)
    node: Value | Tensor = (
        Tensor(array, label=kind.label) if isinstance(kind, Tensor) else constant(float(array), kind.label)
    )
    if kind.operation is REPLAYED:
        node.operation = REPLAYED
        node._parents = _FORGOTTEN[type(node)]
    return node
