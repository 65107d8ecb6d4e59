"""Functions of Values and Tensors, layers and models as problems: their derivative is the engine's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Node, mode, order
from ..modes import forward, reverse
from ..structure import flatten
from ..tensor import Tensor
from ..value import Value
from .problem import Array, Part, Problem, argument_names, parts, real_vector


class GraphProblem(Problem):
    """A function of nodes, and a model's parameters beside its inputs.

    Everything happens on copies: fresh leaves in place of the inputs, and a float64 copy of the
    model, so ``.grad``, data, random generators and running statistics of the model stay as they are.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.notes = []
        self.function, parameters = _float64_copy(function)
        given, self.build = flatten(list(inputs))
        names = _names(argument_names(function, len(inputs)), inputs)
        self.leaves: list[Node] = []
        self.arguments: list[Any] = []
        chosen = []
        for name, x in zip(names, given, strict=True):
            leaf = _leaf(x, name)
            self.arguments.append(x if leaf is None else leaf)
            if leaf is not None:
                self.leaves.append(leaf)
                chosen.append(name)
        for name, parameter in parameters:
            self.leaves.append(parameter)
            chosen.append(name)
        self.inputs = parts(chosen, [leaf.shape for leaf in self.leaves])
        self.point = np.concatenate([np.zeros(0), *[np.ravel(leaf.plain) for leaf in self.leaves]])

    def put(self, x: Array) -> None:
        """Write a vector into the leaves; fresh arrays, since a graph may still hold the old ones."""
        for leaf, part in zip(self.leaves, self.inputs, strict=True):
            piece = x[part.place]
            leaf._data = float(piece[0]) if leaf.dtype is None else piece.reshape(part.shape).copy()

    def run(self, x: Array) -> list[Any]:
        """The results at x: nodes, or whatever else the function returned."""
        self.put(x)
        return flatten(self.function(*self.build(self.arguments)))[0]

    def value(self, x: Array) -> Array:
        """See :meth:`Problem.value`."""
        results = self.run(x)
        plain = [getattr(result, "plain", result) for result in results]
        self.outputs = _outputs(plain)
        return real_vector(plain)

    def derivative(self, mode_name: str, x: Array) -> Array:
        """See :meth:`Problem.derivative`."""
        results = self.run(x)
        rows = {"reverse": self._reverse, "forward": self._forward}[mode_name]
        with mode(recording=True):
            return np.concatenate([rows(result) for result in results])

    def _reverse(self, result: Any) -> Array:
        """One backward an output element."""
        block = np.zeros((int(np.size(getattr(result, "plain", result))), len(self.point)))
        if isinstance(result, Node):
            nodes = order(result)
            for row in range(len(block)):
                self._fill(block[row], reverse(nodes, _one(result, row), self.leaves))
        return block

    def _fill(self, row: Array, gradients: dict[Node, Any]) -> None:
        for leaf, part in zip(self.leaves, self.inputs, strict=True):
            gradient = gradients.get(leaf)
            if gradient is not None:
                row[part.place] = np.broadcast_to(gradient, part.shape).ravel()

    def _forward(self, result: Any) -> Array:
        """One forward an input element."""
        block = np.zeros((int(np.size(getattr(result, "plain", result))), len(self.point)))
        if isinstance(result, Node):
            for leaf, part in zip(self.leaves, self.inputs, strict=True):
                for position in range(part.size):
                    tangent = forward(result, {leaf: _one(leaf, position)})
                    if tangent is not None:
                        block[:, part.start + position] = np.broadcast_to(tangent, result.shape).ravel()
        return block


def _one(node: Node, position: int) -> Any:
    """1 at one element of a node's shape, 0 at the others."""
    if node.dtype is None:
        return 1.0
    unit = np.zeros(node.shape, node.dtype)
    unit.flat[position] = 1.0
    return unit


def _outputs(plain: Sequence[Any]) -> list[Part]:
    names = ["output"] if len(plain) == 1 else [f"output {i}" for i in range(len(plain))]
    return parts(names, [np.shape(result) for result in plain])


def _leaf(x: Any, name: str) -> Node | None:
    """A fresh float64 leaf for an input that has a derivative, None for one that has not."""
    label = getattr(x, "label", "") or name
    if isinstance(x, Node):
        x = x.plain
    if isinstance(x, (np.ndarray, np.generic)) and not isinstance(x, float):
        return Tensor(np.array(x, float), requires_grad=True, label=label) if x.dtype.kind == "f" else None
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return Value(float(x), label=label)
    return None


def _names(arguments: Sequence[str], inputs: Sequence[Any]) -> list[str]:
    """A name for every number in nested arguments: ``x``, ``p['w']``, ``pair[0]``."""
    found: list[str] = []

    def visit(name: str, part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                visit(f"{name}[{key!r}]", value)
        elif isinstance(part, (list, tuple)):
            for i, value in enumerate(part):
                visit(f"{name}[{i}]", value)
        else:
            found.append(name)

    for name, part in zip(arguments, inputs, strict=True):
        visit(name, part)
    return found


def _float64_copy(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[tuple[str, Node]]]:
    """A model as a copy with float64 parameters, and those parameters by name; a plain function as it is."""
    if not hasattr(function, "parameters"):
        return function, []
    twin: Any = copy.deepcopy(function)
    if hasattr(twin, "named_parameters"):
        named = list(twin.named_parameters())
    else:
        named = [(p.label or f"parameter {i}", p) for i, p in enumerate(twin.parameters())]
    first: dict[Node, str] = {}
    for name, parameter in named:
        first.setdefault(parameter, name)
    for parameter in first:
        if parameter.dtype is not None:
            parameter._data = np.array(parameter._data, float)
    return twin, [(name, parameter) for parameter, name in first.items() if parameter.requires_grad]
