"""``Recording``: a graph as it was when somebody looked, so that texts stay true when leaves change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import latex
from .formula import Formula, readings, shown
from .graph import CONSTANT, Node
from .names import names


@dataclass(frozen=True, eq=False)
class Recording:
    """A graph as it was when somebody looked: its nodes in order, their names and their data."""

    nodes: tuple[Node, ...]
    names: dict[Node, str]
    data: dict[Node, Any]
    ids: dict[Node, int]
    read: dict[tuple[Node, bool], dict[int, Formula]] = field(default_factory=dict)

    @classmethod
    def of(cls, nodes: Sequence[Node]) -> Recording:
        """Look at the nodes of a graph in order."""
        # Leaves are written into in place by optimisers, and some results are views of them.
        data = {node: node.plain.copy() if _may_change(node) else node.plain for node in nodes}
        return cls(tuple(nodes), names(nodes), data, {node: i for i, node in enumerate(nodes)})

    def named(self, node: Node) -> Formula:
        """A node as a formula: its name, or a constant's value."""
        data = self.data[node]
        if node.operation is CONSTANT and not node.label and np.ndim(data) == 0:
            return shown(data)
        return Formula(self.names[node], data)

    def made(self, node: Node, plugged: bool = False) -> Formula:
        """How a node was computed: its operation on the names of its parents, or on their values."""
        operation = node.operation
        assert operation is not None
        inputs = [self.plugged(parent) if plugged else self.named(parent) for parent in node.parents]
        return Formula.of(operation, inputs, node.static, self.data[node])

    def readings(self, node: Node, g: Any, plugged: bool) -> dict[int, Formula]:
        """How the rules of a node read, in names or in values; once a node, as one rule may serve all."""
        key = node, plugged
        if key not in self.read:
            operation = node.operation
            assert operation is not None
            one = self.plugged if plugged else self.named
            incoming = Formula(f"{self.names[node]}.grad", g, typeset=self.gradient_of(node))
            wanted = [i for i, parent in enumerate(node.parents) if parent.operation is not CONSTANT]
            self.read[key] = readings(
                operation,
                shown(g) if plugged else incoming,
                shown(self.data[node]) if plugged else Formula(self.names[node], self.data[node]),
                [one(parent) for parent in node.parents],
                node.static,
                wanted,
            )
        return self.read[key]

    def gradient_of(self, node: Node) -> latex.Typeset:
        """The derivative of the root with respect to a node, as mathematics writes it."""
        return latex.partial(self.named(self.nodes[-1]).typeset, self.named(node).typeset)

    def plugged(self, node: Node) -> Formula:
        """A node as a formula: its value."""
        return shown(self.data[node])


def _may_change(node: Node) -> bool:
    return isinstance(node.plain, np.ndarray) and (node.is_leaf or node.plain.base is not None)


def jsonable(data: Any, limit: int = 100) -> Any:
    """A number or an array as JSON can hold it; NaN and infinities, which JSON lacks, as text.

    >>> jsonable(float("-inf")), jsonable(np.ones((2, 1)))["values"]
    ('-inf', [[1.0], [1.0]])
    """
    if data is None or isinstance(data, (str, bool)):
        return data
    array = np.asarray(data)
    if not array.ndim:
        number = array.item()
        return number if np.isfinite(number) else str(number)
    finite = array[np.isfinite(array)]
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "min": finite.min().item() if finite.size else None,
        "max": finite.max().item() if finite.size else None,
        "values": _nested(array.tolist()) if array.size <= limit else None,
    }


def _nested(items: Any) -> Any:
    return [_nested(item) for item in items] if isinstance(items, list) else jsonable(items)
