"""The results of a run, in the kinds that the function returned."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..errors import GraphError
from ..graph import Node
from ..operation import Operation
from ..tensor import Tensor
from ..value import Value, constant


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


class Kind(NamedTuple):
    """What a part of a result is.

    Attributes
    ----------
    type: its type. label: what a node is called. had_graph: whether it could be differentiated.
    """

    type: type
    label: str = ""
    had_graph: bool = False

    @classmethod
    def of(cls, x: Any) -> Kind:
        """What to remember of a part of a result."""
        if isinstance(x, Node):
            return cls(type(x), x.label, x.requires_grad and bool(x.parents))
        return cls(type(x))

    def made_of(self, numbers: Any) -> Any:
        """A part of a result as the function returned it, of an array, a number or a constant."""
        if not issubclass(self.type, Node):
            if self.type in (float, bool):
                return self.type(numbers)
            if not isinstance(numbers, (np.ndarray, np.generic)):
                return numbers
            array = np.array(numbers)  # the caller's to change
            return array if self.type is np.ndarray else array[()]
        node: Value | Tensor = (
            Tensor(numbers, label=self.label)
            if issubclass(self.type, Tensor)
            else constant(float(numbers), self.label)
        )
        if self.had_graph:
            node.operation = REPLAYED
            node._parents = _FORGOTTEN[type(node)]
        return node
