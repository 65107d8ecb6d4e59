"""``Node`` and the order of a graph.

A node remembers the operation that made it and the nodes it was made from, in order, so
``a * a`` has two edges to ``a``. Every node takes a creation number from one counter. A node is
always younger than its parents, so sorting by number is a topological order; a leaf whose data
is replaced takes a new number, so an edge to a younger parent is a stale edge (or a cycle made by
hand), found before it can give a wrong gradient.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, NoReturn, Self

import numpy as np

from .array_ops import plain
from .errors import CutGraphError, GraphError, StaleGraphError
from .grad_mode import MODE, recorder_now
from .interop import NumpyProtocol
from .operation import Operation, StandIn

next_number = itertools.count().__next__
"""One counter for all nodes of all threads; ``next`` on it is atomic."""

CONSTANT = Operation("", lambda: None)
"""Marks a leaf that has no derivative. A leaf that has one has no operation at all."""


class Node(NumpyProtocol):
    """What Value and Tensor share: a result, where it came from, and its gradient.

    Attributes
    ----------
    grad: the gradient of the last backward, None before; leaves accumulate.
    operation: the row of the rule book that made this node; None for a leaf.
    number: the creation number, unique and increasing.
    label: a name for pictures and messages.
    scope: the path of the module that computed this node, such as ``0.attention``; empty outside.
    """

    __slots__ = ("_data", "_grad", "_parents", "label", "number", "operation", "scope")
    rank = 0
    _lent: bytes | None = None  # only arrays can be written into from outside
    _keeps_grad = True  # a backward leaves every gradient; only arrays are too large for that

    _data: Any
    _grad: Any
    label: str
    scope: str
    number: int
    operation: Operation | None
    _parents: tuple[Node, ...]

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """Compute an operation and record it."""
        raise NotImplementedError  # pragma: no cover - Value and Tensor each have their own

    @property
    def op(self) -> str:
        """The name of the operation that made this node, empty for a leaf."""
        return "" if self.operation is None else self.operation.name

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes it was made from, in order. They are recorded; assigning them is at your own risk."""
        return self._parents

    @parents.setter
    def parents(self, parents: Iterable[Node]) -> None:
        self._parents = tuple(parents)
        note_change()

    @property
    def grad(self) -> Any:
        """The gradient of the last backward, None before a backward and after :meth:`zero_grad`."""
        recorder = recorder_now()
        return self._grad if recorder is None else recorder.gradient_of(self)

    @grad.setter
    def grad(self, gradient: Any) -> None:
        recorder = recorder_now()
        if recorder is not None:
            recorder.assign(self)
        self._grad = gradient

    @property
    def static(self) -> dict[str, Any]:
        """The arguments of the operation that are not nodes: axes, shapes, indices."""
        return {}

    @property
    def plain(self) -> Any:
        """The float or array, without the graph; not for writing."""
        recorder = recorder_now()
        if recorder is not None:
            recorder.touch(self)
        return self._data

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; ``()`` for a scalar."""
        return ()

    @property
    def is_leaf(self) -> bool:
        """Whether this node was given, not computed."""
        return not self._parents

    @property
    def requires_grad(self) -> bool:
        """Whether a backward computes this node's gradient."""
        return self.operation is not CONSTANT

    @property
    def dtype(self) -> Any:
        """The dtype of an array; None for a scalar, which is a Python float."""
        return None

    def sync(self) -> bool:
        """Notice data that was written into from outside; the data of a scalar cannot be."""
        return False

    def add_(self, change: Any) -> None:
        """Add to a leaf's data in place; graphs that were computed from it become stale."""
        raise NotImplementedError  # pragma: no cover - Value and Tensor each have their own

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def backward(self, seed: Any = None) -> None:
        """Add the derivative of this node with respect to every leaf to the leaf's ``.grad``.

        Parameters
        ----------
        seed: the gradient of this node, of its shape; 1 when the node is a scalar.

        Raises
        ------
        GraphError: nothing was recorded, or the graph has a cycle.
        StaleGraphError: a node was changed after it was used.
        ShapeError: the seed does not have this node's shape, or is missing and not a scalar.
        """
        from .modes import backward

        backward(self, seed)

    def name(self) -> str:
        """How messages call this node: its kind, label, operation and shape."""
        parts = [f"'{self.label}'"] if self.label else []
        if self._parents:
            parts += [f"made by {self.op}"]
        else:
            parts += ["a leaf"] if self.label else ["without a label"]
        parts += [f"of shape {self.shape}"] if self.shape else []
        return f"{type(self).__name__} {', '.join(parts)}"

    # -- leaving the graph ----------------------------------------------------------------

    def leave(self, way: str) -> Any:
        """The plain data for a conversion to Python or NumPy, refused where it cuts a derivative."""
        data = self.plain
        if isinstance(data, StandIn):
            data.cut(way)
        mode = MODE.get()
        if mode is not None and mode.traced and not mode.traced.isdisjoint(order(self)):
            raise CutGraphError(
                f"{way} of a traced {self.name()} would cut the graph and lose its derivative; use the "
                "functions of autograd (autograd.sin instead of math.sin or np.sin of a list, ...), or "
                "take .data where no derivative is meant"
            )
        return self._data

    def __float__(self) -> float:
        return float(self.leave("float()"))

    def __int__(self) -> int:
        return int(self.leave("int()"))

    def __round__(self, digits: int | None = None) -> float:
        return round(float(self.leave("round()")), digits)

    def __bool__(self) -> bool:
        return bool(self.plain)

    # -- comparing and copying --------------------------------------------------------------

    def __lt__(self, other: Any) -> Any:
        return self.plain < plain(other)

    def __le__(self, other: Any) -> Any:
        return self.plain <= plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.plain > plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.plain >= plain(other)

    def __eq__(self, other: object) -> Any:
        return self.plain == plain(other)

    def __ne__(self, other: object) -> Any:
        return self.plain != plain(other)

    __hash__ = object.__hash__  # a node is itself, whatever its data

    def __reduce__(self) -> Any:
        if self._parents:
            raise TypeError(
                f"cannot copy or pickle {self.name()}, which is the result of a recorded graph; copy its "
                "leaves and compute it again, or .detach() it first"
            )
        return _rebuild, (type(self), self.plain, self.label, self.requires_grad, self.grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        rebuild, (kind, data, label, requires_grad, grad) = self.__reduce__()
        twin: Self = rebuild(kind, np.copy(data) if self.shape else data, label, requires_grad, grad)
        memo[id(self)] = twin
        return twin


get_data = attrgetter("_data")
get_grad = Node.__dict__["_grad"].__get__
set_grad = Node.__dict__["_grad"].__set__


def _rebuild(kind: type[Node], data: Any, label: str, requires_grad: bool, grad: Any) -> Node:
    node = kind(data, label=label)  # type: ignore[call-arg]
    node.operation = None if requires_grad else CONSTANT
    set_grad(node, np.copy(grad) if isinstance(grad, np.ndarray) else grad)
    return node


def require_nodes(function: str, *arguments: Any) -> None:
    """Refuse what is no node, for functions that look at graphs.

    Raises
    ------
    TypeError: says what was given instead.
    """
    for argument in arguments:
        if not isinstance(argument, Node):
            raise TypeError(
                f"{function} takes a Value or a Tensor, got {type(argument).__name__} {argument!r:.60}, "
                "which has no graph"
            )


# -- order ----------------------------------------------------------------------------------

_by_number = attrgetter("number")


def order(*roots: Node, stale: bool = False) -> list[Node]:
    """All nodes that the roots were computed from, parents first, the roots included.

    Parameters
    ----------
    stale: accept a graph whose leaves were changed after they were used, to look at it.

    Raises
    ------
    StaleGraphError: a leaf was changed after it was used.
    GraphError: the graph has a cycle.

    >>> from autograd import Value
    >>> a = Value(2.0, label="a")
    >>> [node.op for node in order(a * a + a)]
    ['', 'mul', 'add']
    """
    seen = set(roots)
    nodes = list(seen)
    found, push = seen.add, nodes.append
    for node in nodes:  # the list grows as it is walked
        for parent in node._parents:
            if parent not in seen:
                found(parent)
                push(parent)
    nodes.sort(key=_by_number)
    oldest = next((node for node in nodes if node._parents), None)
    if oldest is not None and oldest.number < _changed[0] and not stale:
        _check_edges(nodes)
    return nodes


_changed = [0]  # the number of the latest change; nodes younger than it cannot have stale edges
_changing = threading.Lock()


def note_change() -> int:
    """A number for something that was changed in place: every node from before it is suspect."""
    with _changing:
        _changed[0] = next_number()
        return _changed[0]


def note_changes(leaves: Iterable[Node]) -> tuple[int, int]:
    """Say that the data of leaves was written into; graphs that were computed from them become stale.

    Returns the numbers of the latest change before these and of the latest now.
    """
    with _changing:
        before = _changed[0]
        for leaf in leaves:
            leaf.number = _changed[0] = next_number()
        return before, _changed[0]


def latest_change() -> int:
    """The number of the latest change of anything that graphs and programs are recorded from.

    That is the data of a leaf, whether it has a gradient, and the settings of modules and optimisers.
    """
    return _changed[0]


def _check_edges(nodes: list[Node]) -> None:
    for node in nodes:
        for parent in node._parents:
            if parent.number >= node.number:
                _stale(parent, node)


def _stale(parent: Node, node: Node) -> NoReturn:
    if parent._parents:
        raise GraphError(
            f"the graph has a cycle: {node.name()} was computed from {parent.name()}, which is younger; "
            "parents are recorded and must not be assigned by hand"
        )
    raise StaleGraphError(
        f"{parent.name()} was changed after {node.name()} was computed from it, so the recorded graph "
        "is stale; compute the forward pass again before backward()"
    )
