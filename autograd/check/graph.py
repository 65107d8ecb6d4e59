"""Functions of Values and Tensors, layers and models as problems: their derivative is the engine's."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..anomaly import Watch
from ..grad_mode import mode
from ..graph import Node, note_change, order
from ..modes import forward, reverse
from ..operation import Operation
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value
from .problem import Array, Part, Problem, argument_names, differing, parts, real_vector, refuse_integers


class GraphProblem(Problem):
    """A function of nodes, and a model's parameters beside its inputs.

    Everything happens on copies: fresh float64 leaves in place of the inputs, and a float64 copy of
    the model, so ``.grad``, data, random generators and running statistics stay as they are. A
    model that cannot be copied is used itself, and its numbers are put back by :meth:`close`.

    Parameters
    ----------
    function: takes nodes and whatever else its arguments hold; anything with ``parameters()`` is a model.
    inputs: its arguments, nested or not.
    modes: which of "reverse" and "forward" to check.
    """

    lost = "what is missing from a gradient may be cut by .data, float() or detach()"

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], modes: tuple[str, ...]) -> None:
        self.modes, self.notes = modes, []
        self.name = getattr(function, "__name__", type(function).__name__)
        self.function, parameters, self.borrowed = float64_copy(function)
        given, self.build = flatten(list(inputs))
        names = _names(argument_names(function, len(inputs)), inputs)
        self.arguments = [_leaf(x, name, self.notes) for name, x in zip(names, given, strict=True)]
        own = [(name, x) for name, x in zip(names, self.arguments, strict=True) if is_leaf(x)]
        self.leaves: list[Node] = [leaf for _, leaf in [*own, *parameters]]
        self.inputs = parts([name for name, _ in [*own, *parameters]], [leaf.shape for leaf in self.leaves])
        self.point = np.concatenate([np.zeros(0), *[np.ravel(leaf.plain) for leaf in self.leaves]])
        self.twins = {
            leaf: Tensor(0.0, requires_grad=True, label=leaf.label)
            for leaf in self.leaves
            if leaf.dtype is None
        }
        self.twin_function = _with_twins(
            self.function, {leaf: self.twins.get(leaf, leaf) for _, leaf in parameters}
        )
        self.many_at_once = len(self.twins) == len(self.leaves)

    # -- the function -------------------------------------------------------------------------

    def put(self, x: Array) -> list[Any]:
        """Write a vector into the leaves; fresh arrays, since a graph may still hold the old ones.

        Scalars cannot hold complex numbers, nor many points at once, shape (count, n): in their place
        arrays do, which the same function computes with.
        """
        wide = _is_wide(x)
        self.moved = [self.twins.get(leaf, leaf) for leaf in self.leaves] if wide else self.leaves
        for leaf, part in zip(self.moved, self.inputs, strict=True):
            piece = x[..., part.place]
            alone = leaf.dtype is None
            leaf._data = float(piece[0]) if alone else piece.reshape(x.shape[:-1] + part.shape).copy()
        note_change()
        arguments = [self.twins.get(a, a) if wide and is_leaf(a) else a for a in self.arguments]
        return self.build([a.copy() if isinstance(a, np.ndarray) else a for a in arguments])  # type: ignore[no-any-return]

    def run(self, x: Array) -> list[Any]:
        """The results at x: nodes, or whatever else the function returned."""
        arguments = self.put(x)
        function = self.twin_function if _is_wide(x) else self.function
        if x.dtype.kind == "c":
            with mode(watch=_Analytic()):
                return flatten(function(*arguments))[0]
        return flatten(function(*arguments))[0]

    def value(self, x: Array) -> Array:
        """See :meth:`Problem.value`."""
        try:
            plain = [getattr(result, "plain", result) for result in self.run(x)]
            vector = real_vector(plain, complex_step=x.dtype.kind == "c")
            if x.dtype.kind == "f":
                refuse_integers(plain)
                self.outputs = _outputs(plain)
            return vector
        finally:
            if x.dtype.kind == "c":
                self.put(self.point)

    @cached_property
    def is_scalar(self) -> bool:
        """Whether all is computed with scalars, from the leaves to the results."""
        results = self.run(self.point)
        nodes = order(*[result for result in results if isinstance(result, Node)])
        return all(node.dtype is None for node in [*self.leaves, *nodes]) and not any(
            np.shape(getattr(result, "plain", result)) for result in results
        )

    def values(self, points: Array) -> Array:
        """See :meth:`Problem.values`; a function of scalars is computed with arrays of them, if it can be."""
        if self.many_at_once and self.is_scalar:
            try:
                return self._together(points)
            except Exception:  # it may do anything that takes one number at a time, such as `if x > 0`
                self.many_at_once = False
        return super().values(points)

    def _together(self, points: Array) -> Array:
        results = [getattr(result, "plain", result) for result in self.run(points)]
        outputs = np.stack([np.broadcast_to(result, len(points)) for result in results], axis=1)
        if not np.allclose(outputs[:1], super().values(points[:1]), rtol=1e-9, atol=0, equal_nan=True):
            raise ValueError("the function computes something else from arrays")
        return outputs

    def touched(self) -> str | None:
        """See :meth:`Problem.touched`."""
        return differing(self.inputs, self.point, [leaf.plain for leaf in self.leaves])

    def close(self) -> None:
        """See :meth:`Problem.close`."""
        for parameter, data in self.borrowed:
            parameter._data = data
        note_change()

    # -- its derivative -----------------------------------------------------------------------

    def pull(self, x: Array, cotangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.pull`."""
        results = self.run(x)
        graphs = [order(result) if isinstance(result, Node) else [] for result in results]
        rows = []
        for cotangent in cotangents:
            row = np.zeros(len(self.point), x.dtype)
            for nodes, part in zip(graphs, self.outputs, strict=True):
                seed = cotangent[part.place]
                if nodes and seed.any():
                    self.collect(row, reverse(nodes, like(nodes[-1], seed), self.moved))
            rows.append(row)
        return np.stack(rows)

    def collect(self, row: Array, gradients: dict[Node, Any]) -> None:
        """Add gradients by leaf to one row of a Jacobian."""
        for leaf, part in zip(self.moved, self.inputs, strict=True):
            gradient = gradients.get(leaf)
            if gradient is not None:
                row[part.place] += np.broadcast_to(gradient, part.shape).ravel()

    def push(self, x: Array, tangents: Iterable[Array]) -> Array:
        """See :meth:`Problem.push`; of scalars, many tangents go through the graph at once."""
        results = self.run(x)
        remaining = iter(tangents)
        columns = []
        while some := list(itertools.islice(remaining, 256 if self.is_scalar else 1)):
            moving = {}
            for leaf, part in zip(self.moved, self.inputs, strict=True):
                pieces = np.stack([tangent[part.place] for tangent in some])
                if pieces.any():
                    moving[leaf] = pieces[:, 0] if self.is_scalar else like(leaf, pieces[0])
            columns.append(np.concatenate([_pushed(result, moving, len(some)) for result in results]))
        return np.concatenate(columns, axis=1)


class _Analytic(Watch):
    """Stops a complex step at an operation that is not analytic: one that lost the imaginary part."""

    def after_forward(self, node: Node, operation: Operation, parents: Sequence[Node]) -> None:
        """Refuse a real result of complex inputs."""
        moved = any(np.iscomplexobj(parent.plain) for parent in parents)
        if moved and (operation.name in ("abs", "sign", "floor") or not np.iscomplexobj(node.plain)):
            raise TypeError(f"{operation.name} is not analytic")


def _pushed(result: Any, moving: dict[Node, Any], count: int) -> Array:
    """The tangents of one result, shape (size, count)."""
    tangent = forward(result, moving) if isinstance(result, Node) else None
    shape = (*np.shape(getattr(result, "plain", result)), count)
    tangent = 0.0 if tangent is None else tangent
    return np.broadcast_to(
        tangent if np.ndim(tangent) == len(shape) else np.expand_dims(tangent, -1), shape
    ).reshape(-1, count)


def like(node: Node, vector: Array) -> Any:
    """A cotangent or tangent in the kind of the node it belongs to."""
    return float(vector[0]) if node.dtype is None else vector.reshape(node.shape).astype(node.dtype)


def is_leaf(argument: Any) -> bool:
    """Whether an argument is one of the leaves that the derivative is taken with respect to."""
    return isinstance(argument, Node) and argument.requires_grad


def _is_wide(x: Array) -> bool:
    return x.dtype.kind == "c" or x.ndim > 1


def _with_twins(function: Callable[..., Any], twins: dict[Node, Node]) -> Callable[..., Any]:
    """A model with other parameters in place of its own, or itself where that cannot be."""
    if all(twin is leaf for leaf, twin in twins.items()):
        return function
    try:
        return copy.deepcopy(function, {id(leaf): twin for leaf, twin in twins.items()})
    except Exception:
        return _uncopied


def _uncopied(*arguments: Any) -> Any:
    raise TypeError("a model of scalars that cannot be copied takes one real number at a time")


def _outputs(plain: Sequence[Any]) -> list[Part]:
    names = ["output"] if len(plain) == 1 else [f"output[{i}]" for i in range(len(plain))]
    return parts(names, [np.shape(result) for result in plain])


def _leaf(x: Any, name: str, notes: list[str]) -> Any:
    """A fresh float64 leaf for an input that has a derivative; anything else as it is."""
    plain = x.plain if isinstance(x, Node) else x
    if isinstance(plain, (bool, np.bool_)):
        return x
    if isinstance(plain, (int, float)):
        return Value(float(plain), label=name)
    if not isinstance(plain, (np.ndarray, np.generic)):
        return x
    if plain.dtype.kind != "f":
        notes.append(f"{name} is {plain.dtype} and was left as it is")
        return Tensor(plain, label=name) if isinstance(x, Node) else x
    if plain.dtype != np.float64:
        notes.append(f"{name} is {plain.dtype} and was checked as float64")
    return Tensor(np.array(plain, float), requires_grad=True, label=name)


def _names(arguments: Sequence[str], inputs: Sequence[Any]) -> list[str]:
    """A name for every number in nested arguments: its label, or ``x``, ``p['w']``, ``pair[0]``."""
    found: list[str] = []

    def visit(name: str, part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                visit(f"{name}[{key!r}]", value)
        elif isinstance(part, (list, tuple)):
            for i, value in enumerate(part):
                visit(f"{name}[{i}]", value)
        else:
            found.append(getattr(part, "label", "") or name)

    for name, part in zip(arguments, inputs, strict=True):
        visit(name, part)
    return found


Named = list[tuple[str, Node]]


def float64_copy(function: Callable[..., Any]) -> tuple[Callable[..., Any], Named, list[tuple[Node, Any]]]:
    """A model as a copy with float64 parameters; those by name; and, uncopied, the data to put back."""
    if not hasattr(function, "parameters"):
        return function, [], []
    if isinstance(function, type):
        raise TypeError(f"pass an instance, {function.__name__}(...), not the class")
    twin: Any = function
    try:
        twin = copy.deepcopy(function)
    except Exception:  # a model may hold anything: a file, a lock, a recorded graph
        borrowed = True
    else:
        borrowed = False
    if hasattr(twin, "named_parameters"):
        named = list(twin.named_parameters())
    else:
        named = [(p.label or f"parameter {i}", p) for i, p in enumerate(twin.parameters())]
    first: dict[Node, str] = {}
    for name, parameter in named:
        first.setdefault(parameter, name)
    before = [(parameter, parameter._data) for parameter in first] if borrowed else []
    for parameter in first:
        if parameter.dtype is not None:
            parameter._data = np.array(parameter._data, float)
    note_change()
    return twin, [(name, parameter) for parameter, name in first.items() if parameter.requires_grad], before
