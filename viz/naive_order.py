"""Why backward goes through the graph in topological order: what naive recursion would do instead.

The recursion that one writes first hands a gradient on as soon as some of it has arrived:

    def backward(node):
        for parent, local in node.edges:
            parent.grad += local * node.grad
            backward(parent)

It is right for a tree. Where a result is used twice, its gradient leaves before it is complete, and
what was there already leaves again with the rest.

>>> from autograd import Value, steps
>>> x = Value(3.0, label="x")
>>> m = x * 2.0
>>> found = recursion(steps(m * m))
>>> found.first_wrong, found.gradients[x], steps(m * m).gradients[x]
(1, 36.0, 24.0)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import CONSTANT, Node
from autograd.modes import contributions, fit
from autograd.steps import Steps


@dataclass(frozen=True, eq=False)
class Visit:
    """One step of the recursion: ``node`` hands ``used`` on, which ought to be ``right``."""

    node: Node
    parent: Node
    used: Any
    right: Any
    contribution: Any
    after: Any
    premature: bool


@dataclass(frozen=True, eq=False)
class Recursion:
    """What naive recursion does: its visits, the first wrong one, and the gradients it ends with.

    ``first_wrong`` is None where the recursion is right all the way. ``whole`` is False where there
    were more visits than anyone would read; with many results used twice there are 2ⁿ of them.
    """

    visits: tuple[Visit, ...]
    first_wrong: int | None
    gradients: dict[Node, Any]
    whole: bool


def recursion(walk: Steps, limit: int = 300) -> Recursion:
    """Run naive recursion over a graph whose right gradients are known.

    Parameters
    ----------
    walk: the backward pass in topological order.
    limit: after how many visits to stop.
    """
    right = walk.gradients
    root = walk.seed.node
    gradients: dict[Node, Any] = {root: walk.seed.after}
    visits: list[Visit] = []
    stack = [_edges(root)]
    with np.errstate(all="ignore"):
        while stack and len(visits) < limit:
            edge = next(stack[-1], None)
            if edge is None:
                stack.pop()
                continue
            node, position = edge
            parent, used = node.parents[position], gradients[node]
            passed_on = contributions(node, used, [position])
            if not passed_on:  # this argument has no derivative
                continue
            amount = fit(passed_on[0][1], node, position, as_nodes=False)
            before = gradients.get(parent)
            after = amount if before is None else before + amount
            gradients[parent] = after
            visits.append(Visit(node, parent, used, right[node], amount, after, not _same(used, right[node])))
            if parent.parents:
                stack.append(_edges(parent))
    first = next((i for i, visit in enumerate(visits) if visit.premature), None)
    return Recursion(tuple(visits), first, gradients, not stack)


def _edges(node: Node) -> Iterator[tuple[Node, int]]:
    return ((node, i) for i, parent in enumerate(node.parents) if parent.operation is not CONSTANT)


def _same(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=0.0, equal_nan=True))
