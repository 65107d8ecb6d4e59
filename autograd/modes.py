"""Reverse and forward mode: two walks over the graph that name no operation.

Both read the rules of the rule book. Fed with the data behind the nodes they give numbers; fed
with the nodes themselves (``as_nodes``) they give nodes, which can be differentiated again.
"""

from __future__ import annotations

import functools
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .array_ops import broadcast_to, shape_of, sum, unbroadcast
from .errors import GraphError, RuleError, ShapeError
from .grad_mode import MODE, mode
from .graph import CONSTANT, Node, get_data, get_grad, order, set_grad
from .operation import QUIET, Operation, StandIn, as_array
from .ops import scale

Gradients = dict[Node, Any]
_commit = threading.Lock()
_ARRAYS = (np.ndarray, StandIn)
_NOTHING = 0.0  # what has arrived at a node before anything has


def quietly(walk: Callable[..., Any]) -> Callable[..., Any]:
    """Run a walk with NumPy's warnings off once, instead of once for every operation in it."""

    @np.errstate(all="ignore")
    @functools.wraps(walk)
    def run(*arguments: Any, **options: Any) -> Any:
        token = QUIET.set(True)
        try:
            return walk(*arguments, **options)
        finally:
            QUIET.reset(token)

    return run


# -- reverse ----------------------------------------------------------------------------------


@quietly
def reverse(
    nodes: list[Node], seed: Any, wanted: Iterable[Node] | None = None, *, as_nodes: bool = False
) -> Gradients:
    """The gradient of the last node with respect to every node on the way to the wanted leaves.

    ``∂root/∂parent += rule(∂root/∂node, node, *parents)`` along every edge, youngest node first, so
    that a node's gradient is complete before it is passed on (Linnainmaa 1970; Griewank and Walther,
    *Evaluating Derivatives*, 2008, section 3.2).

    Parameters
    ----------
    nodes: the graph in order, the root last.
    seed: the gradient of the root itself.
    wanted: the leaves asked for; None for all that have a derivative.
    as_nodes: feed the rules nodes, and return nodes.
    """
    root = nodes[-1]
    asked = frozenset(wanted or ())
    if wanted is None:
        gradients = {node: _NOTHING for node in nodes if node.operation is not CONSTANT}
    else:
        gradients = dict.fromkeys(_on_the_way(nodes, asked), _NOTHING)
    if root not in gradients:
        return gradients
    gradients[root] = seed
    current = MODE.get()
    watch = current.watch if current is not None else None
    recorder = current.recorder if current is not None else None
    spelled_out = not as_nodes and watch is None and recorder is None
    arrived = gradients.get
    for node in reversed(nodes):
        parents = node._parents
        g = arrived(node)
        if not parents or g is None:
            continue
        if type(g) is float:
            if not g:  # nothing arrived, or nothing of weight: not even a pole gets any of it
                if not node._keeps_grad and node not in asked:
                    del gradients[node]
                continue
            if spelled_out and g - g == 0.0:
                # The same as `pull`, for a finite scalar with one, two or any number of parents.
                operation: Operation = node.operation  # type: ignore[assignment]
                slopes = operation.slopes
                try:
                    if len(slopes) == 2:
                        a, b = parents
                        y, x, z = node._data, a._data, b._data
                        slope_a, slope_b = slopes
                        to_a = g * slope_a(y, x, z) if a in gradients else None
                        to_b = g * slope_b(y, x, z) if b in gradients else None
                        if to_a is not None:
                            gradients[a] += to_a
                        if to_b is not None:
                            gradients[b] += to_b
                        continue
                    if len(slopes) == 1:
                        (a,) = parents
                        if a in gradients:
                            gradients[a] += g * slopes[0](node._data, a._data)
                        continue
                    if operation.joint is not None:
                        passed_on = operation.joint(g, node._data, *map(get_data, parents))
                        for parent, gradient in zip(parents, passed_on, strict=False):
                            if parent in gradients:
                                gradients[parent] += gradient
                        continue
                except ArithmeticError:
                    pass  # a float raises at a pole, where `pull` has the IEEE value
        elif node._keeps_grad:
            gradients[node] = own(node, g)
        elif node not in asked:
            del gradients[node]
        if recorder is not None:
            recorder.passing = node
        pull(node, g, gradients, as_nodes)
        if watch is not None:
            watch.after_backward(node, gradients)
    if recorder is not None:
        recorder.passing = None
    return gradients


def _on_the_way(nodes: list[Node], wanted: frozenset[Node]) -> list[Node]:
    reached = set(wanted)
    for node in nodes:
        for parent in node._parents:
            if parent in reached:
                reached.add(node)
                break
    return [node for node in nodes if node in reached]


def pull(node: Node, g: Any, gradients: Gradients, as_nodes: bool) -> None:
    """Add what one node passes on to the gradients of its parents: the chain rule, once an edge."""
    operation: Operation = node.operation  # type: ignore[assignment]
    parents = node._parents
    y: Any = node._data
    inputs: list[Any] = []
    wanted: list[int] = []
    for position, parent in enumerate(parents):
        inputs.append(parent._data)
        if parent in gradients:
            wanted.append(position)
    if as_nodes:
        y, inputs = node, list(parents)
    elif float in map(type, inputs):
        y, inputs = numbers(y, inputs)
    for position, gradient in operation.pull(g, y, inputs, node.static, wanted):
        parent = parents[position]
        data = parent._data
        if not (
            type(gradient) is type(data) is np.ndarray
            and gradient.shape == data.shape
            and gradient.dtype is data.dtype  # NumPy has one object a native dtype
        ):
            gradient = fit(gradient, node, position, as_nodes)
        before = gradients[parent]
        # Numbers are added to 0.0 too, as above; the first array or node to arrive is kept as it is.
        is_first = type(before) is float and before == 0.0 and type(gradient) is not float
        gradients[parent] = gradient if is_first else before + gradient


def numbers(y: Any, inputs: list[Any]) -> tuple[Any, list[Any]]:
    """The data of a node and of its parents with Python's floats as NumPy has them.

    At a pole NumPy's numbers have an IEEE value, where Python's raise. A scalar beside an array has the
    dtype of the result, so that it does not make a gradient wider.
    """
    if type(y) is float:
        return np.float64(y), list(map(np.float64, inputs))
    if isinstance(y, StandIn) and y.weak:
        return y, inputs
    return y, [y.dtype.type(x) if type(x) is float else x for x in inputs]


def contributions(node: Node, g: Any, wanted: list[int]) -> list[tuple[int, Any]]:
    """What one node passes on to each wanted input, before :func:`fit`, as pairs (position, gradient).

    For those who look at single edges: the numbers are those of :func:`reverse`, to the last bit.
    """
    operation: Operation = node.operation  # type: ignore[assignment]
    parents, slopes = node._parents, operation.slopes
    y, inputs = node._data, list(map(get_data, parents))
    current = MODE.get()
    if type(g) is float and math.isfinite(g) and (current is None or current.watch is None):
        try:
            if 1 <= len(slopes) <= 2:
                return [(i, g * slopes[i](y, *inputs)) for i in wanted]
            if not slopes and operation.joint is not None:
                passed_on = operation.joint(g, y, *inputs)
                return [(i, passed_on[i]) for i in wanted]
        except ArithmeticError:
            pass
    return operation.pull(g, *numbers(y, inputs), node.static, wanted)


def fit(gradient: Any, node: Node, position: int, as_nodes: bool) -> Any:
    """A gradient in the shape and, for numbers, the dtype of the parent it goes to."""
    parent = node._parents[position]
    shape = parent.shape
    given = shape_of(gradient)
    if given != shape:
        if not broadcasts(shape, given):
            raise RuleError(
                f"the rule of {node.op} gave its input {position} a gradient of shape {given}, but the "
                f"input, {parent.name()}, has shape {shape}"
            )
        gradient = unbroadcast(gradient, shape)
    if as_nodes:
        return gradient
    dtype = parent.dtype
    if dtype is None:
        return gradient.weakened() if isinstance(gradient, StandIn) else float(gradient)
    return gradient if getattr(gradient, "dtype", None) == dtype else as_array(gradient, dtype)


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be broadcast to the other."""
    if len(shape) > len(to):
        return False
    return all(n in (1, m) for n, m in zip(reversed(shape), reversed(to), strict=False))


def backward(root: Node, seed: Any) -> None:
    """Reverse mode with the gradients left in the nodes; see :meth:`Node.backward`."""
    nodes = recorded(root)
    seed = seed_of(root, seed)
    current = MODE.get()
    if current is not None and current.watch is not None:
        current.watch.check_root(root)
    if current is not None and current.traced and not current.traced.isdisjoint(nodes):
        with mode(recording=True):
            gradients = reverse(nodes, seed, as_nodes=True)
        if current.lent is not None:
            current.lent.extend(gradients)
    else:
        gradients = reverse(nodes, seed)
    recorder = None if current is None else current.recorder
    shared: set[int] = set()
    with _commit:
        for leaf in nodes:
            if leaf._parents or leaf not in gradients:
                continue
            gradient = gradients[leaf]
            before = get_grad(leaf) if recorder is None else recorder.gradient_of(leaf)
            if before is not None:
                gradient = before + gradient
            if not isinstance(gradient, _ARRAYS) or gradient.base is not None or id(gradient) in shared:
                gradient = own(leaf, gradient)
            gradients[leaf] = gradient
            shared.add(id(gradient))
        # No Python code runs in between, so not even Ctrl-C can leave half of the gradients.
        deque(map(set_grad, gradients.keys(), gradients.values()), maxlen=0)


def recorded(root: Node) -> list[Node]:
    """The graph in order for a backward: something was recorded, and nothing was changed since."""
    if root.operation is CONSTANT:
        raise GraphError(
            f"backward() of {root.name()}: nothing was recorded; give a leaf requires_grad=True and compute "
            "outside of no_grad()"
        )
    return unchanged(root)


def unchanged(root: Node) -> list[Node]:
    """The graph in order, after a look at the leaves whose arrays may have been written into."""
    nodes = order(root)
    if any([leaf.sync() for leaf in nodes if leaf._lent is not None]):
        nodes = order(root)  # finds the stale edge, if the written leaf has one
    return nodes


def own(node: Node, gradient: Any) -> Any:
    """A gradient to keep: in the node's shape and dtype, in memory that nothing else uses."""
    if isinstance(gradient, Node):
        return gradient
    if isinstance(gradient, StandIn):
        return gradient.owned()
    if node.dtype is None:
        return float(gradient)
    return np.full(node.shape, gradient, node.dtype)


def seed_of(root: Node, seed: Any) -> Any:
    """The gradient a backward starts from: what was given, in the root's shape and dtype, or 1."""
    shape = root.shape
    if seed is None:
        if shape and math.prod(shape) != 1:
            raise ShapeError(
                f"backward() of {root.name()} needs a seed of shape {shape}: only a scalar has a gradient "
                "of 1 with respect to itself; reduce it with .sum() or .mean(), or pass seed="
            )
        seed = 1.0
    elif shape_of(seed) != shape:
        raise ShapeError(f"the seed has shape {shape_of(seed)}, but {root.name()} has shape {shape}")
    if isinstance(seed, Node) and any(seed is node for node in order(root)):
        raise GraphError(
            f"the seed {seed.name()} is part of the graph of {root.name()}; a seed is the gradient of "
            f"{root.name()} itself. Leave it out, and read the gradient of each node from its .grad"
        )
    if isinstance(seed, (Node, StandIn)):
        return seed
    return float(seed) if root.dtype is None else np.array(seed, root.dtype, ndmin=len(shape))


# -- forward ----------------------------------------------------------------------------------


@quietly
def forward(root: Node, tangents: dict[Node, Any], *, as_nodes: bool = False) -> Any:
    """The tangent of ``root`` when the leaves move along their tangents; None if it does not move.

    ``ẏ = Σ ∂y/∂xᵢ · ẋᵢ`` along every edge, oldest node first (Wengert 1964). Where all nodes are
    scalars, a tangent may be an array: many of them at once.
    """
    moving = dict(tangents)
    for node in order(root):
        if node in moving or not any(parent in moving for parent in node._parents):
            continue
        tangent = push(node, [moving.get(parent) for parent in node._parents], as_nodes)
        if tangent is not None:
            moving[node] = tangent
    return moving.get(root)


def push(node: Node, tangents: list[Any], as_nodes: bool) -> Any:
    """The tangent of one node from those of its parents (None for a parent that does not move)."""
    operation = node.operation
    assert operation is not None
    parents = list(node._parents)
    y, inputs = (node, parents) if as_nodes else numbers(node._data, list(map(get_data, parents)))
    static = node.static
    moving = [position for position, tangent in enumerate(tangents) if tangent is not None]
    terms: list[Any]
    if operation.kind == "elementwise":
        terms = [operation.rules[i](tangents[i], y, *inputs, **static) for i in moving if operation.rules[i]]  # type: ignore[misc]
    elif operation.kind == "linear":
        still = [np.zeros(parent.shape, parent.dtype) for parent in node._parents]
        terms = [operation(*[s if t is None else t for t, s in zip(tangents, still, strict=True)], **static)]
    elif operation.kind == "multilinear":
        terms = [operation(*inputs[:i], tangents[i], *inputs[i + 1 :], **static) for i in moving]
    elif node.dtype is None:  # of scalars the rule at g = 1 is the derivative itself
        slopes = operation.pull(1.0, y, inputs, static, moving)
        terms = [scale(tangents[i], slope) for i, slope in slopes]
    else:
        terms = [_transposed(node, y, inputs, tangents, moving, as_nodes)]
    if not terms:
        return None
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    if node.dtype is None or shape_of(total) == node.shape:
        return total
    return broadcast_to(total, node.shape)


def _transposed(
    node: Node, y: Any, inputs: list[Any], tangents: list[Any], moving: list[int], as_nodes: bool
) -> Any:
    """Forward from reverse: a rule is linear in g, so its own reverse is the forward rule.

    With ``gᵢ(g)`` the rule of input i, ``d/dg Σ <gᵢ(g), ẋᵢ> = ẏ``.
    """
    assert node.operation is not None
    with mode(recording=True, watch=None):
        g = type(node)(np.zeros(node.shape) if node.shape else 0.0)  # type: ignore[call-arg]
        g.operation = None
        total: Any = 0.0
        for position, gradient in node.operation.pull(g, y, inputs, node.static, moving):
            total = total + sum(gradient * tangents[position])
        return reverse(order(total), 1.0, [g], as_nodes=as_nodes)[g] if isinstance(total, Node) else total
