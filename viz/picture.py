"""The picture model: what is to be seen of a graph, before anyone decides where or how.

Writers read nothing but this model, so every format shows the same, and a test of what is shown
needs no layout. All text in it is :func:`viz.text.visible`; a writer has only its own format's
characters to escape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autograd.graph import Node, order
from viz.formatting import described, finite_range, is_finite
from viz.text import visible

Kind = Literal["leaf", "constant", "operation", "root"]

# These read the same in any order, so the position of an argument would be noise.
_SYMMETRIC = frozenset({"+", "*"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a box: a name, empty where the line goes on with the one above, and a text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """One node. ``gradient`` is the range of its finite gradients, None when not computed."""

    id: int
    kind: Kind
    name: str
    symbol: str
    label: str
    rows: tuple[Row, ...]
    gradient: tuple[float, float] | None = None
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """From an argument to the operation that uses it; ``a + a`` has two.

    ``mark`` tells arguments apart where their order matters, and is empty where it does not.
    """

    source: int
    target: int
    position: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes that belong together, such as those of one layer, framed and named."""

    path: str
    boxes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in the order in which they were computed, the edges between them, and groups."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()

    @property
    def scale(self) -> float:
        """The largest magnitude among the finite gradients, 0.0 when there is none."""
        return max((abs(bound) for box in self.boxes for bound in box.gradient or ()), default=0.0)


def lower(roots: Sequence[Node]) -> Picture:
    """The picture of everything that led to the roots.

    Boxes are numbered in the order of computation, so the same graph gives the same picture
    whatever was computed before it.

    >>> from autograd import Value
    >>> a = Value(3.0, label="a")
    >>> picture = lower([a + a])
    >>> [box.symbol or box.label for box in picture.boxes]
    ['a', '+']
    >>> [(edge.source, edge.target, edge.position) for edge in picture.edges]
    [(0, 1, 0), (0, 1, 1)]
    """
    nodes = order(*roots, stale=True)  # a picture may look at what a backward must refuse
    ids = {id(node): index for index, node in enumerate(nodes)}
    wanted = {id(root) for root in roots}
    edges = [
        Edge(ids[id(parent)], index, position, _mark(node, position))
        for index, node in enumerate(nodes)
        for position, parent in enumerate(node.parents)
    ]
    boxes = [_box(index, node, id(node) in wanted) for index, node in enumerate(nodes)]
    return Picture(tuple(boxes), tuple(edges))


def _mark(node: Node, position: int) -> str:
    if len(node.parents) < 2 or _symbol(node) in _SYMMETRIC:
        return ""
    return str(position + 1)


def _symbol(node: Node) -> str:
    return "" if node.operation is None else visible(node.operation.symbol)


def _box(index: int, node: Node, is_root: bool) -> Box:
    kind = _kind(node, is_root)
    data, grad = node.plain, _plain(node.grad)
    rows = _rows("data", data)
    if kind != "constant":
        rows += _rows("grad", grad)
    return Box(
        id=index,
        kind=kind,
        name=visible(node.op) or kind,
        symbol=_symbol(node),
        label=visible(node.label),
        rows=rows,
        gradient=finite_range(grad),
        badges=() if is_finite(data) and is_finite(grad) else ("not finite",),
    )


def _kind(node: Node, is_root: bool) -> Kind:
    if node.op:
        return "root" if is_root else "operation"
    return "leaf" if node.requires_grad else "constant"


def _plain(grad: Any) -> Any:
    """The gradient as a number or an array; it is a node itself where it can be differentiated again."""
    return grad.plain if isinstance(grad, Node) else grad


def _rows(name: str, data: object) -> tuple[Row, ...]:
    first, *others = described(data)
    return (Row(name, first), *(Row("", line) for line in others))
