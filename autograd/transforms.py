"""Functions to derivatives: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

The signatures are JAX's. Floats in, floats out; arrays in, arrays out; nodes in, nodes out, so
that the result is part of the graph it was called in. Arguments may be nested lists, tuples and
dicts of these. A transform marks the leaves it differentiates, and only those; a transform inside
another has leaves of its own, so their derivatives cannot be confused, to any order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from .array_ops import identity, shape_of
from .errors import ShapeError
from .grad_mode import MODE, Mode, mode
from .graph import Node, set_grad
from .modes import forward, reverse, unchanged
from .operation import StandIn, as_array
from .shapes import stack
from .structure import flatten
from .tensor import Tensor
from .value import Value

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class _Trace:
    """One run of a function on marked leaves, ready to be differentiated."""

    def __init__(
        self, function: Function, args: tuple[Any, ...], argnums: Argnums, options: dict[str, Any]
    ) -> None:
        self.single = not isinstance(argnums, Iterable)
        positions = list(argnums) if isinstance(argnums, Iterable) else [argnums]
        for position in positions:
            if not -len(args) <= position < len(args):
                raise TypeError(
                    f"argnums={argnums} asks for argument {position}, but {len(args)} were given by position"
                )
        positions = [position % len(args) for position in positions]
        if len(set(positions)) != len(positions):
            raise TypeError(f"argnums={argnums} names an argument twice")
        self.inputs, self.build_inputs = flatten([args[position] for position in positions])
        outer = MODE.get() or Mode()
        with mode(recording=True):
            self.leaves = [_leaf(x) for x in self.inputs]
        traced = list(args)
        for position, argument in zip(positions, self.build_inputs(self.leaves), strict=True):
            traced[position] = argument
        lent: list[Node] = [] if outer.lent is None else outer.lent
        try:
            with mode(recording=True, traced=outer.traced | set(self.leaves), lent=lent):
                result = function(*traced, **options)
        finally:
            if not outer.traced:  # gradients that a backward() inside left as nodes are numbers again
                for node in lent:
                    set_grad(node, getattr(node.grad, "plain", node.grad))
        self.outputs, self.build_outputs = flatten(result)
        for out in self.outputs:
            if not isinstance(out, (Node, Real, np.ndarray, StandIn)):
                name = getattr(function, "__name__", "the function")
                raise TypeError(f"{name} returned {out!r:.60}, which is no number; is a return missing?")
        self.graphs = self.walk()
        self.as_nodes = any(isinstance(x, Node) for x in self.inputs) or any(
            not outer.traced.isdisjoint(graph) for graph in self.graphs
        )

    def walk(self) -> list[list[Node]]:
        """The graph of each output in order; nothing may have been changed since it was recorded."""
        return [unchanged(out) if isinstance(out, Node) else [] for out in self.outputs]

    def out(self) -> Any:
        """What the function returned, in kind."""
        return self.build_outputs([_lower(out, self.as_nodes) for out in self.outputs])

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """The gradient of each input for one seed an output (None for an output left out)."""
        totals: list[Any] = [None] * len(self.leaves)
        as_nodes = self.as_nodes or any(isinstance(seed, Node) for seed in seeds)
        with mode(recording=True):
            for graph, seed in zip(self.graphs, seeds, strict=True):
                if seed is None or not graph:
                    continue
                gradients = reverse(graph, seed, self.leaves, as_nodes=as_nodes)
                for i, leaf in enumerate(self.leaves):
                    gradient = gradients.get(leaf)
                    if gradient is not None:
                        totals[i] = gradient if totals[i] is None else totals[i] + gradient
        return [_finish(total, leaf, as_nodes) for total, leaf in zip(totals, self.leaves, strict=True)]

    def by_argument(self, numbers: Sequence[Any]) -> Any:
        """Numbers, one a leaf, in the structure of the arguments asked for."""
        parts = self.build_inputs(numbers)
        return parts[0] if self.single else tuple(parts)


def _leaf(x: Any) -> Node:
    """A fresh node to differentiate with respect to; an alias keeps the graph of a node given."""
    if isinstance(x, Node) and x.requires_grad:
        return identity(x)  # type: ignore[no-any-return]
    x = x.plain if isinstance(x, Node) else x
    if isinstance(x, StandIn):
        return Value(x) if x.weak else Tensor(x, requires_grad=True)
    if isinstance(x, (np.ndarray, np.generic)) and not isinstance(x, float):
        return Tensor(x if x.dtype.kind == "f" else np.asarray(x, float), requires_grad=True)
    return Value(x)


def _lower(x: Any, as_nodes: bool) -> Any:
    if as_nodes or not isinstance(x, Node):
        return x
    if isinstance(x.plain, StandIn):
        return x.plain
    return x.plain if x.dtype is None else np.array(x.plain)[()]


def _finish(gradient: Any, leaf: Node, as_nodes: bool) -> Any:
    """A gradient in the leaf's shape and dtype; zeros where the output does not depend on it."""
    if isinstance(gradient, Node):
        return gradient
    if isinstance(gradient, StandIn):
        if not as_nodes:
            return gradient
        return Value(gradient).detach() if leaf.dtype is None else Tensor(gradient)
    if leaf.dtype is None:
        gradient = float(0.0 if gradient is None else gradient)
        return Value(gradient).detach() if as_nodes else gradient
    array = np.array(np.broadcast_to(0.0 if gradient is None else gradient, leaf.shape), leaf.dtype)
    return Tensor(array) if as_nodes else array


def _scalar(trace: _Trace, name: str) -> None:
    shapes = [shape_of(out) for out in trace.outputs]
    if shapes != [()]:
        what = f"shape {shapes[0]}" if len(shapes) == 1 else f"{len(shapes)} numbers"
        raise ShapeError(
            f"{name} needs a function that returns one scalar, this one returned {what}; use jacobian or vjp"
        )


def value_and_grad(function: Function, argnums: Argnums = 0) -> Function:
    """A function that returns ``function(*args)`` and its gradient with respect to ``argnums``.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    if not callable(function):
        raise TypeError(
            f"grad() takes a function, not {function!r:.60}; for a node call its backward(), and read the "
            ".grad of the others"
        )

    @functools.wraps(function)
    def differentiated(*args: Any, **options: Any) -> tuple[Any, Any]:
        trace = _Trace(function, args, argnums, options)
        _scalar(trace, "grad")
        return trace.out(), trace.by_argument(trace.pull([1.0]))

    return differentiated


def grad(function: Function, argnums: Argnums = 0) -> Function:
    """The gradient of a function that returns a scalar, with respect to the arguments ``argnums``.

    Raises
    ------
    ShapeError: the function returned more than one number.

    >>> grad(lambda x: x**3)(2)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * p["x"])({"w": 2.0, "x": 5.0})
    {'w': 5.0, 'x': 2.0}
    """
    both = value_and_grad(function, argnums)

    @functools.wraps(function)
    def differentiated(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return differentiated


def vjp(function: Function, *primals: Any) -> tuple[Any, Function]:
    """The output, and a function from a cotangent of the output to those of the inputs (reverse mode).

    >>> out, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> out, pull(1.0)
    (6.0, (3.0, 2.0))
    """
    trace = _Trace(function, primals, range(len(primals)), {})

    def pull(cotangent: Any) -> Any:
        given = flatten(cotangent)[0]
        if len(given) != len(trace.outputs):
            raise ShapeError(
                f"vjp: the cotangent has {len(given)} numbers, the output has {len(trace.outputs)}"
            )
        seeds = [_like(seed, out, "cotangent") for seed, out in zip(given, trace.outputs, strict=True)]
        trace.graphs = trace.walk()  # it may be some time since the function ran
        return trace.by_argument(trace.pull(seeds))

    return trace.out(), pull


def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The output and its change when the inputs move along the tangents (forward mode).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    primals = tuple(primals)
    trace = _Trace(function, primals, range(len(primals)), {})
    given = flatten(list(tangents))[0]
    if len(given) != len(trace.leaves):
        raise ShapeError(f"jvp: {len(trace.leaves)} numbers in the primals, {len(given)} in the tangents")
    moving = {leaf: _like(t, leaf, "tangent") for leaf, t in zip(trace.leaves, given, strict=True)}
    as_nodes = trace.as_nodes or any(isinstance(t, Node) for t in given)
    with mode(recording=True):
        moved = [
            forward(out, moving, as_nodes=as_nodes) if isinstance(out, Node) else None
            for out in trace.outputs
        ]
        results = [
            _finish(tangent, out, as_nodes) if isinstance(out, Node) else out * 0.0
            for tangent, out in zip(moved, trace.outputs, strict=True)
        ]
    return trace.out(), trace.build_outputs(results)


def _like(number: Any, node: Any, what: str) -> Any:
    """A cotangent or tangent in the kind of the number it belongs to."""
    if shape_of(number) != shape_of(node):
        raise ShapeError(f"a {what} of shape {shape_of(number)} for a number of shape {shape_of(node)}")
    if isinstance(number, Node):
        return number
    dtype = getattr(node, "dtype", None)
    return float(number) if dtype is None else as_array(number, dtype)


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """All derivatives of all outputs: for each output and argument, shape ``out.shape + arg.shape``.

    >>> import numpy as np
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @functools.wraps(function)
    def differentiated(*args: Any, **options: Any) -> Any:
        trace = _Trace(function, args, argnums, options)
        blocks = [_rows(trace, position) for position in range(len(trace.outputs))]
        return trace.build_outputs([trace.by_argument(block) for block in blocks])

    return differentiated


def _rows(trace: _Trace, position: int) -> list[Any]:
    """The derivatives of one output: one block an input, built row by row in reverse mode."""
    out = trace.outputs[position]
    shape = shape_of(out)
    rows = []
    for index in np.ndindex(shape):
        seed: Any = 1.0
        if shape:
            seed = np.zeros(shape, out.dtype)
            seed[index] = 1.0
        seeds: list[Any] = [None] * len(trace.outputs)
        seeds[position] = seed
        rows.append(trace.pull(seeds))
    if not shape:
        return rows[0]
    blocks = []
    for i, leaf in enumerate(trace.leaves):
        block = stack([row[i] for row in rows]) if rows else np.zeros((0, *leaf.shape))
        blocks.append(block.reshape((*shape, *leaf.shape)))
    return blocks


def hessian(function: Function, argnums: Argnums = 0) -> Function:
    """All second derivatives; with several ``argnums``, a tuple of rows, one an argument.

    >>> hessian(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0)
    ((4.0, 6.0), (6.0, 0.0))
    """
    return jacobian(jacobian(function, argnums), argnums)


def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The Hessian times a vector, without the Hessian: one product a primal (Pearlmutter 1994).

    >>> hvp(lambda x, y: x * x * y, (3.0, 2.0), (1.0, 0.0))
    (4.0, 6.0)
    """
    primals = tuple(primals)
    gradient = grad(function, argnums=tuple(range(len(primals))))
    product: tuple[Any, ...] = jvp(gradient, primals, tangents)[1]
    return product
