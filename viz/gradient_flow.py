"""What a backward pass sends over each edge of a graph, and where it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.steps import Steps, steps
from viz.boxes import Overlay

_RECTIFIERS = frozenset({"relu"})


def backward_overlay(loss: Node, vanishing: float, exploding: float) -> Overlay:
    """The gradients, the flow over every edge and the marks of the backward pass from a loss.

    >>> from autograd import Value, relu
    >>> x = Value(-1.0, label="x")
    >>> found = backward_overlay(relu(x) + x * 3.0, 1e-5, 1e3)
    >>> [(node.op, mark) for node, mark in found.marks.items()]
    [('relu', 'dead')]
    >>> sorted(found.flows.values())
    [0.0, 1.0, 1.0, 3.0]
    """
    walk = steps(loss)
    flows: dict[tuple[Node, int], float] = {}
    for step in walk:
        if not step.is_summed:  # then the next step has what arrives
            flows[step.node, step.position] = signed_size(step.contribution)
    nodes = walk.recording.nodes
    marks = {node: mark for node in nodes if (mark := _mark(node, walk, vanishing, exploding))}
    return Overlay(walk.gradients, flows, marks)


def signed_size(gradient: Any) -> float:
    """A number as it is; of an array the root of the sum of squares, with the sign of the sum.

    >>> signed_size(-2.0), signed_size(np.array([3.0, -4.0]))
    (-2.0, -5.0)
    """
    if np.ndim(gradient) == 0:
        return float(gradient)
    array = np.asarray(gradient, dtype=float)
    with np.errstate(all="ignore"):
        return float(np.copysign(np.sqrt(np.square(array).sum()), array.sum()))


def dead_units(data: Any) -> tuple[int, int]:
    """How many units of a rectifier's output are zero wherever they occur, of how many.

    The units are the last axis, and of images (batch, channels, height, width) the channels.

    >>> dead_units(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])), dead_units(0.0)
    ((1, 3), (1, 1))
    """
    array = np.asarray(data)
    if array.ndim == 0:
        return int(array <= 0), 1
    axis = 1 if array.ndim > 2 else array.ndim - 1
    dead = (array <= 0).all(axis=tuple(i for i in range(array.ndim) if i != axis))
    return int(dead.sum()), int(dead.size)


def _mark(node: Node, walk: Steps, vanishing: float, exploding: float) -> str:
    if node.op in _RECTIFIERS:
        dead, units = dead_units(node.plain)
        if dead:
            return "dead" if units == 1 else f"{dead} of {units} units dead"
    gradient = walk.gradients.get(node)
    if gradient is None:
        return ""
    array = np.asarray(gradient, dtype=float)
    largest = float(np.abs(array).max(initial=0.0))
    if not np.isfinite(largest) or largest > exploding:
        return "exploding"
    if node is not walk.seed.node and 0 < largest < vanishing:
        return "vanishing"
    return "no gradient" if not largest and node.is_leaf else ""


def rectifiers(nodes: Sequence[Node]) -> list[tuple[str, Node]]:
    """The rectifiers of a graph with the name of their layer: their module, or their depth.

    >>> from autograd import Value, order, relu
    >>> [name for name, node in rectifiers(order(relu(relu(Value(1.0)) * 2.0)))]
    ['relu 1', 'relu 2']
    """
    depths: dict[Node, int] = {}
    found = []
    for node in nodes:
        depth = max((depths[parent] for parent in node.parents), default=0)
        depths[node] = depth + (node.op in _RECTIFIERS)
        if node.op in _RECTIFIERS:
            found.append((node.scope or f"{node.op} {depths[node]}", node))
    return found
