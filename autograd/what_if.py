"""``what_if``: what a gradient promises, and what the loss really does.

A gradient says how much the loss changes for each unit that a number is nudged by, as long as the
nudge is small. ``what_if`` nudges, computes the recorded graph again, and compares.

>>> from autograd import Value
>>> x = Value(3.0, label="x")
>>> print(what_if(x, 0.1, x * x))
x + 0.1: out goes from 9 to 9.61, a change of 0.61
gradient × delta promises 6 × 0.1 = 0.6; the difference, 0.01, is what a straight line misses
>>> x.data, x.grad
(3.0, None)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import GraphError, ShapeError
from .formula import show
from .graph import CONSTANT, Node, require_nodes
from .markup import card
from .modes import recorded, reverse, seed_of
from .names import names


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """The true change of a loss beside the one that the gradient promises.

    Attributes
    ----------
    name, loss_name: what was nudged, and what was looked at.
    delta: the nudge. gradient: the gradient of what was nudged, before the nudge.
    before, after: the loss without the nudge and with it.
    predicted: gradient × delta, summed over the elements.
    """

    name: str
    loss_name: str
    delta: Any
    gradient: Any
    before: float
    after: float
    predicted: float

    @property
    def change(self) -> float:
        """How much the loss really changes."""
        return self.after - self.before

    @property
    def error(self) -> float:
        """The real change less the promised one."""
        return self.change - self.predicted

    def _sentences(self) -> tuple[str, str, str, str]:
        product = f"{show(self.gradient)} × {show(self.delta)}"
        if np.ndim(self.delta):
            product = f"the sum of {product}"
        path = f"{self.loss_name} goes from {self.before:.6g} to {self.after:.6g}"
        return (
            f"{self.name} + {show(self.delta)}",
            f"{path}, a change of {self.change:.6g}",
            f"gradient × delta promises {product} = {self.predicted:.6g}",
            f"the difference, {self.error:.6g}, is what a straight line misses",
        )

    def __str__(self) -> str:
        nudge, change, promise, difference = self._sentences()
        return f"{nudge}: {change}\n{promise}; {difference}"

    def _repr_html_(self) -> str:
        return card(*self._sentences())

    def __repr__(self) -> str:
        return str(self)


def what_if(x: Node, delta: Any, loss: Node) -> WhatIf:
    """Compare the true change of ``loss`` when ``x`` is nudged with gradient × delta.

    The recorded graph is computed again, forwards, with ``x + delta`` in the place of ``x``; neither
    data nor gradients are touched. Choices that were made in Python stay as they were recorded.

    Parameters
    ----------
    x: a leaf, or any other node on the way to the loss.
    delta: the nudge, a number or an array that broadcasts to the shape of ``x``.
    loss: a scalar.

    Raises
    ------
    GraphError: x is a constant, or nothing was recorded.
    StaleGraphError: a leaf was changed after it was used.
    ShapeError: the loss is no scalar, or delta does not have the shape of x.

    >>> from autograd import Value
    >>> x = Value(0.5, label="x")
    >>> result = what_if(x, 1e-3, (3 * x).exp())
    >>> round(result.change / result.predicted, 3)
    1.002
    """
    require_nodes("what_if", x, loss)
    nodes = recorded(loss)
    names_of = names(nodes)
    if x.operation is CONSTANT:
        raise GraphError(
            f"what_if: {x.name()} is a constant, which has no gradient; make it a Value, or a Tensor with "
            "requires_grad=True, before the forward pass"
        )
    try:
        nudge = np.broadcast_to(np.asarray(getattr(delta, "plain", delta), float), x.shape)
    except ValueError as error:
        raise ShapeError(
            f"what_if: a delta of shape {np.shape(delta)} does not fit {x.name()} of shape {x.shape}"
        ) from error
    gradient = reverse(nodes, _plain(seed_of(loss, None)), [x]).get(x, 0.0)
    after = _replay(nodes, x, nudge)
    return WhatIf(
        name=names_of.get(x) or x.label or "this node",
        loss_name=names_of[loss],
        delta=nudge if nudge.ndim else float(nudge),
        gradient=gradient,
        before=_number(loss.plain),
        after=_number(after),
        predicted=float(np.sum(np.multiply(gradient, nudge, dtype=float))),
    )


def _plain(seed: Any) -> Any:
    return getattr(seed, "plain", seed)


def _number(data: Any) -> float:
    return float(np.asarray(data).reshape(()))


def _replay(nodes: list[Node], x: Node, nudge: Any) -> Any:
    """The data of the last node with a nudged x: everything that x leads to, computed again."""
    moved: dict[Node, Any] = {}
    if x in set(nodes):
        moved[x] = x.plain + float(nudge) if x.dtype is None else np.asarray(x.plain + nudge, x.dtype)
    for node in nodes:
        if node is x or not any(parent in moved for parent in node.parents):
            continue
        operation = node.operation
        assert operation is not None
        data = [moved.get(parent, parent.plain) for parent in node.parents]
        if node.dtype is None and operation.scalar is not None:
            moved[node] = float(operation.scalar(*data))
        else:
            moved[node] = np.asarray(operation.compute(data, node.static))
    return moved.get(nodes[-1], nodes[-1].plain)
