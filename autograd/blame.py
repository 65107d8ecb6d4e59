"""``blame``: after the fact, the first node of a graph that is NaN or infinite.

``detect_anomaly()`` stops a program at the line that makes the first such number, but has to be
switched on before; ``blame`` looks at a graph that is already there, also after ``backward()``.

>>> from autograd import Value, log, sqrt
>>> x = Value(0.0, label="x")
>>> print(blame(log(x) * 2.0))
v1 = log(x) is -inf; x = 0
log is -inf at 0 and NaN below: keep its argument positive, or use log1p, log_softmax or logsigmoid
>>> print(blame(sqrt(x)))
x.grad is inf: out = sqrt(x) passed on inf × 1; x = 0
sqrt has an infinite slope at 0: keep its argument away from 0, as in sqrt(x + 1e-12)
>>> print(blame(x * 2.0))
everything is finite
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .errors import GraphError
from .formula import show
from .graph import CONSTANT, Node, order, require_nodes
from .markup import card
from .recording import Recording
from .steps import Step, steps

_LOG = "{op} is -inf at 0 and NaN below: keep its argument positive, or use log1p, log_softmax or logsigmoid"
_EXP = (
    "{op} overflows above about 709 (88 in float32): use softmax, logsumexp, softplus or logaddexp, which "
    "take the largest number out first, or scale its argument down"
)
_DIVISION = "a division by 0: keep the divisor away from 0, as in a / (b + 1e-12), or choose with where()"
_INSIDE = "{op} is only defined inside [-1, 1]: clip its argument, as in clip(x, -1 + 1e-7, 1 - 1e-7)"
_RESULT = {
    "log": _LOG, "log2": _LOG, "log10": _LOG,
    "log1p": "{op} is -inf at -1 and NaN below: keep its argument above -1",
    "sqrt": "{op} is NaN below 0: keep its argument positive, as in sqrt(relu(x) + 1e-12)",
    "rsqrt": "{op} is infinite at 0 and NaN below: keep its argument positive, as in rsqrt(x + 1e-12)",
    "exp": _EXP, "expm1": _EXP, "sinh": _EXP, "cosh": _EXP,
    "div": _DIVISION, "reciprocal": _DIVISION,
    "power": "0 to a negative power is infinite, a negative base with a fraction NaN: keep the base positive",
    "asin": _INSIDE, "acos": _INSIDE, "atanh": _INSIDE,
    "acosh": "{op} is only defined from 1 on: keep its argument above 1",
    "inv": "the matrix is singular or nearly so: add a multiple of the identity to it",
    "solve": "the matrix is singular or nearly so: add a multiple of the identity to it",
}  # fmt: skip
_RESULT_ELSE = (
    "the numbers became too large for {op} (or infinities cancelled): scale the inputs, lower the learning "
    "rate, or normalise in between"
)
_SLOPE = {
    "sqrt": "{op} has an infinite slope at 0: keep its argument away from 0, as in sqrt(x + 1e-12)",
    "rsqrt": "{op} has an infinite slope at 0: keep its argument away from 0, as in rsqrt(x + 1e-12)",
    "log": _LOG, "log2": _LOG, "log10": _LOG,
    "div": _DIVISION, "reciprocal": _DIVISION,
    "power": "a power below 1 has an infinite slope at 0: keep the base away from 0: (x + 1e-12) ** 0.5",
    "asin": _INSIDE, "acos": _INSIDE, "atanh": _INSIDE,
}  # fmt: skip
_SLOPE_ELSE = (
    "gradients multiply along the way and became too large at {op}: clip them, lower the learning rate, or "
    "normalise in between"
)
_CHOOSING = frozenset(["where", "clip", "maximum", "minimum"])  # what an infinite bound or mask is meant for


@dataclass(frozen=True, eq=False, repr=False)
class Blame:
    """What :func:`blame` found; false where there is nothing to blame.

    Attributes
    ----------
    node: the first node that is NaN or infinite; None if all are finite.
    what: whether it is the node's "data" or its "gradient".
    value: the first such number.
    inputs: what it was computed from, by name: the inputs of the operation.
    cause: the node whose rule made the gradient; the node itself for data.
    harmless: the loss and all its gradients are finite all the same, as behind a mask.
    text: what happened. advice: what to do about it.
    """

    node: Node | None
    what: Literal["data", "gradient", ""] = ""
    value: float = 0.0
    inputs: tuple[tuple[str, Any], ...] = ()
    cause: Node | None = None
    harmless: bool = False
    text: str = "everything is finite"
    advice: str = ""

    def __bool__(self) -> bool:
        return self.node is not None and not self.harmless

    def __str__(self) -> str:
        return f"{self.text}\n{self.advice}" if self.advice else self.text

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return card(self.text, self.advice)


def blame(loss: Node, seed: Any = None) -> Blame:
    """Find the first node, in the order of computation, whose data or gradient is NaN or infinite.

    Data come first; where they are finite, gradients are computed afresh, and last the ``.grad`` that
    leaves hold is looked at. No ``.grad`` is touched. Of a stale graph, whose leaves were changed
    since, only what is recorded can be judged: data, and ``.grad``.

    Parameters
    ----------
    loss: the end of the graph.
    seed: the gradient of the loss itself, 1 for a scalar, ones for an array.
    """
    require_nodes("blame", loss)
    nodes = order(loss, stale=True)
    graph = Recording.of(nodes)
    data = _first_data(nodes)
    if data is not None and not _finite(loss.plain):
        return _blame_data(data, graph)
    step = None
    is_stale = False
    if loss.operation is not CONSTANT:
        try:
            walk = steps(loss, np.ones(loss.shape) if seed is None and loss.shape else seed)
            step = next((each for each in walk if not _finite(each.contribution)), None)
        except GraphError:
            is_stale = True
    if step is not None:
        return _blame_gradient(step)
    kept = next((leaf for leaf in nodes if leaf.grad is not None and not _finite(_plain(leaf.grad))), None)
    if kept is not None:
        return _blame_kept(kept, graph, is_stale)
    return Blame(None) if data is None else _blame_data(data, graph, harmless=True)


def _plain(gradient: Any) -> Any:
    return getattr(gradient, "plain", gradient)


def _finite(data: Any) -> bool:
    return bool(np.all(np.isfinite(data)))


def _first_data(nodes: Sequence[Node]) -> Node | None:
    """The first node that is not finite; where the loss is not, the first that the loss has it from."""
    bad = {node for node in nodes if not _finite(node.plain)}
    if nodes[-1] in bad:
        led_here = {nodes[-1]}
        for node in reversed(nodes):
            if node in led_here:
                led_here.update(parent for parent in node.parents if parent in bad)
        bad = led_here
    # An infinite bound of a clip, or a mask, is meant; a NaN never is.
    choosing = [node for node in nodes if node.op in _CHOOSING]
    meant = {parent for node in choosing for parent in node.parents if parent.operation is CONSTANT}
    return next((n for n in nodes if n in bad and (n not in meant or np.isnan(n.plain).any())), None)


def _first(data: Any) -> tuple[float, tuple[int, ...]]:
    """The first number that is not finite, and its index."""
    array = np.asarray(data)
    index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
    return float(array[index]), index


def _told(data: Any) -> str:
    value, index = _first(data)
    if not index:
        return f"{value:g}"
    bad = np.count_nonzero(~np.isfinite(data))
    return f"{value:g} at index {index if len(index) > 1 else index[0]}, in {bad} of {np.size(data)} elements"


def _inputs(node: Node, graph: Recording, index: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    """What a node was computed from: where it is elementwise, the element of each input."""
    operation = node.operation
    for parent in dict.fromkeys(node.parents):
        data = graph.data[parent]
        if operation is not None and operation.kind == "elementwise" and index:
            data = np.broadcast_to(data, node.shape)[index]
        if graph.names[parent] != show(data):  # a constant may be called what it is worth
            yield graph.names[parent], data


def _listed(inputs: Sequence[tuple[str, Any]]) -> str:
    return "".join(f"; {name} = {show(value)}" for name, value in inputs)


def _blame_data(node: Node, graph: Recording, harmless: bool = False) -> Blame:
    value, index = _first(node.plain)
    name = graph.names[node]
    if node.is_leaf:
        inputs: tuple[tuple[str, Any], ...] = ()
        kind = "a constant" if node.operation is CONSTANT else "a leaf"
        text = f"{name}, {kind}, is {_told(node.plain)}"
        advice = (
            "clean the input before it is used, or what computed it: results of constants keep no history"
            if node.operation is CONSTANT
            else "an earlier update broke this parameter: lower the learning rate or clip the gradients, and "
            "start again from a good state"
        )
    else:
        inputs = tuple(_inputs(node, graph, index))
        text = f"{name} = {graph.made(node).text} is {_told(node.plain)}{_listed(inputs)}"
        advice = _RESULT.get(node.op, _RESULT_ELSE).format(op=node.op)
    if harmless:
        text += "; the loss and all gradients are finite all the same, so this is harmless"
        advice = ""
    return Blame(node, "data", value, inputs, node, harmless, text, advice)


def _blame_gradient(step: Step) -> Blame:
    graph = step.recording
    value, index = _first(step.contribution)
    inputs = tuple(_inputs(step.node, graph, index if step.is_product else ()))
    if not _finite(step.incoming):
        text = f"the seed of the backward pass, {step.name}.grad, is {_told(step.incoming)}"
        return Blame(step.node, "gradient", value, (), None, False, text, "pass a seed of finite numbers")
    how = ""
    if step.is_product:
        local, incoming = (
            np.broadcast_to(part, np.shape(step.contribution))[index] for part in (step.local, step.incoming)
        )
        how = f" passed on {show(local)} × {show(incoming)}"
    made = graph.made(step.node).text
    text = (
        f"{step.parent_name}.grad is {_told(step.contribution)}: {step.name} = {made}{how or ' passed it on'}"
        f"{_listed(inputs)}"
    )
    advice = _SLOPE.get(step.op, _SLOPE_ELSE) if how and not np.isfinite(local) else _SLOPE_ELSE
    return Blame(step.parent, "gradient", value, inputs, step.node, False, text, advice.format(op=step.op))


def _blame_kept(node: Node, graph: Recording, is_stale: bool) -> Blame:
    gradient = _plain(node.grad)
    name = graph.names[node]
    text = f"{name}.grad is {_told(gradient)}"
    if is_stale:
        text += ", but the graph is stale, so where it came from can no longer be computed"
        advice = "run the forward and backward pass again inside detect_anomaly()"
    else:
        text += ", but the gradient of this loss is finite: it was left by an earlier backward()"
        advice = "call zero_grad() before each backward()"
    return Blame(node, "gradient", _first(gradient)[0], (), None, False, text, advice)
