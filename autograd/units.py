"""Dead relu units: those that are 0 for everything they were shown.

A unit that is 0 for a whole batch gets no gradient from it and cannot recover by itself. In an
array, a unit is a place along the last axis (along axis 1, the channels, for images); in a scalar
graph it is what the same parameters made, once a sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .graph import CONSTANT, Node

_LINEAR = frozenset(["add", "sub", "mul", "neg", "affine", "identity"])


@dataclass(frozen=True, eq=False)
class Dead:
    """Units that are 0 for all samples.

    Attributes
    ----------
    nodes: the relu nodes; in a scalar graph, one for each sample.
    parameters: in a scalar graph, the leaves that make up the unit.
    dead: which units of an array are dead. total: of how many; 1 for a unit of scalars.
    samples: for how many samples they are.
    share: how many of the units of the array, or of all units of scalars, are dead.
    """

    nodes: tuple[Node, ...]
    parameters: tuple[Node, ...]
    dead: tuple[int, ...]
    total: int
    samples: int
    share: float


def dead_units(nodes: Sequence[Node]) -> Iterator[Dead]:
    """The dead units of a graph in order: one item for each array, and for each unit of scalars.

    >>> from autograd import Tensor, order, relu
    >>> x = Tensor([[1.0, -1.0], [2.0, -2.0]], requires_grad=True)
    >>> [(unit.dead, unit.total, unit.samples) for unit in dead_units(order(relu(x)))]
    [((1,), 2, 2)]
    """
    scalars: dict[tuple[int, ...], list[Node]] = {}
    for node in nodes:
        if node.op != "relu":
            continue
        if node.shape:
            yield from _dead_in_array(node)
        else:
            parameters = _parameters(node)
            key = tuple(sorted(parameter.number for parameter in parameters)) or (-node.number,)
            scalars.setdefault(key, []).append(node)
    silent = [group for group in scalars.values() if not any(node.plain > 0 for node in group)]
    for group in silent:
        yield Dead(
            tuple(group), tuple(_parameters(group[0])), (0,), 1, len(group), len(silent) / len(scalars)
        )


def _dead_in_array(node: Node) -> Iterator[Dead]:
    axis = 1 if len(node.shape) == 4 else len(node.shape) - 1
    others = tuple(i for i in range(len(node.shape)) if i != axis)
    if 0 in node.shape:
        return
    dead = np.flatnonzero(~np.any(np.greater(node.plain, 0), axis=others)).tolist()
    if dead:
        samples = int(np.prod([node.shape[i] for i in others]))
        yield Dead((node,), (), tuple(dead), node.shape[axis], samples, len(dead) / node.shape[axis])


def _parameters(node: Node) -> list[Node]:
    """The leaves with a derivative between a relu and the layer before it."""
    found: dict[Node, None] = {}
    stack = [*node.parents]
    while stack:
        each = stack.pop()
        if each.op in _LINEAR and each.parents:
            stack.extend(reversed(each.parents))
        elif each.is_leaf and each.operation is not CONSTANT:
            found[each] = None
    return list(found)
