"""The recorded graph computed again with other leaves: nudges, finite differences, the next forward.

The numbers of :func:`autograd.what_if`, for many nudges of many nodes; no node is touched.

>>> from autograd import Value, order
>>> x = Value(3.0, label="x")
>>> y = x * x
>>> replayed(order(y), {x: 4.0})[y]
16.0
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import Node

_STEP = float(np.cbrt(np.finfo(float).eps))  # the step that loses least to rounding and to curvature
_LOOSE = 1e-5  # central differences of double precision agree to about seven digits
_POINTS = 10  # nudges to either side of zero
_RANGES = (1.0, 0.1)


def replayed(nodes: Sequence[Node], replaced: Mapping[Node, Any]) -> dict[Node, Any]:
    """The new data of the replaced nodes and of all that was computed from them.

    Choices that were made in Python stay as they were recorded.

    Parameters
    ----------
    nodes: a graph in order.
    replaced: for some of its nodes, other data of the same shape.
    """
    return _computed(_after(nodes, replaced), replaced)


def _after(nodes: Sequence[Node], start: Iterable[Node]) -> list[Node]:
    """The nodes that were computed from some others, in order."""
    first = frozenset(start)
    reached = set(first)
    found = []
    for node in nodes:
        if node not in first and not reached.isdisjoint(node.parents):
            reached.add(node)
            found.append(node)
    return found


def _computed(nodes: Iterable[Node], replaced: Mapping[Node, Any]) -> dict[Node, Any]:
    moved = dict(replaced)
    for node in nodes:
        operation = node.operation
        assert operation is not None
        data = [moved.get(parent, parent.plain) for parent in node.parents]
        if node.dtype is None and operation.scalar is not None:
            moved[node] = float(operation.scalar(*data))
        else:
            moved[node] = operation.compute(data, node.static)
    return moved


@dataclass(frozen=True, slots=True)
class Nudge:
    """What the loss becomes when a leaf moves, at 21 steps from one end of a range to the other.

    ``slope`` is what the gradient promises for each unit of delta; an array moves as a whole, every
    element by delta, so that its slope is the sum of its gradients.
    """

    node: int
    start: float
    slope: float
    scale: float
    array: bool
    ranges: tuple[tuple[float, ...], ...]


@np.errstate(all="ignore")
def nudge(nodes: Sequence[Node], leaf: Node, gradient: Any) -> Nudge:
    """Move one leaf, in a wide range and in a narrow one.

    >>> from autograd import Value, order
    >>> x = Value(3.0)
    >>> curve = nudge(order(x * x), x, 6.0)
    >>> curve.scale, curve.ranges[0][0], curve.ranges[0][10]
    (3.0, 0.0, 9.0)
    """
    data = _wide(leaf.plain)
    loss = nodes[-1]
    scale = _round_number(float(np.max(np.abs(data), initial=0.0)))
    loss_at = _loss_at(nodes, leaf)
    steps = range(-_POINTS, _POINTS + 1)
    curves = tuple(tuple(loss_at(data + scale * span * step / _POINTS) for step in steps) for span in _RANGES)
    place = next(place for place, node in enumerate(nodes) if node is leaf)
    return Nudge(place, float(np.sum(loss.plain)), float(np.sum(gradient)), scale, bool(leaf.shape), curves)


@dataclass(frozen=True, slots=True)
class Check:
    """A gradient beside a finite difference: numbers, or for an array both along its gradient."""

    gradient: float
    difference: float
    agrees: bool


@np.errstate(all="ignore")
def check(nodes: Sequence[Node], node: Node, gradient: Any) -> Check:
    """``(loss(x + h) - loss(x - h)) / 2h``, for an array along the direction of its gradient.

    >>> from autograd import Value, order
    >>> x = Value(3.0)
    >>> check(order(x * x), x, 6.0).agrees, check(order(x * x), x, 5.0).agrees
    (True, False)
    """
    data = _wide(node.plain)
    direction: Any = 1.0
    along = gradient
    if np.ndim(data):
        along = float(np.linalg.norm(np.asarray(gradient, float)))
        direction = np.asarray(gradient, float) / along if along else np.ones(np.shape(data))
        if not np.isfinite(along):
            direction = np.ones(np.shape(data))
    h = _STEP * max(1.0, float(np.max(np.abs(data), initial=0.0)))
    loss_at = _loss_at(nodes, node)
    high, low = loss_at(data + h * direction), loss_at(data - h * direction)
    difference = (high - low) / (2 * h)
    along = float(along)
    close = abs(along - difference) <= _LOOSE * max(1.0, abs(along), abs(difference))
    return Check(along, difference, bool(close))


def _loss_at(nodes: Sequence[Node], node: Node) -> Callable[[Any], float]:
    """The loss as a function of the data of one node."""
    after, loss = _after(nodes, [node]), nodes[-1]

    def loss_at(data: Any) -> float:
        moved = _computed(after, {node: float(data) if node.dtype is None else data})
        return float(np.sum(moved.get(loss, loss.plain)))

    return loss_at


def _wide(data: Any) -> Any:
    """In double precision: single precision has too few digits for a difference."""
    return np.asarray(data, float) if np.ndim(data) else float(data)


def _round_number(largest: float) -> float:
    """How far a leaf is moved: as far as it is from zero, and at least one."""
    return float(f"{largest:.2g}") if np.isfinite(largest) and largest > 1.0 else 1.0
