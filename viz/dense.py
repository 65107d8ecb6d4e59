"""The dense layers that led to an output, read off its graph: their inputs, weights and results.

Networks of arrays and of numbers look the same from here: a layer is a matrix of weights, an
input and an output a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import Node

Array = np.ndarray[Any, Any]
_PRODUCTS = frozenset({"matmul", "linear"})


@dataclass(frozen=True, eq=False, slots=True)
class Dense:
    """One layer: ``outputs = activation(weights @ inputs + bias)``; weights are (outputs, inputs)."""

    inputs: Array
    weights: Array
    outputs: Array
    activation: str


def dense_layers(outputs: Node | Sequence[Node], parameters: Sequence[Node], sample: int = 0) -> list[Dense]:
    """The layers from the first to the last, for one sample of a batch.

    Parameters
    ----------
    outputs: an array, or the numbers that the last layer computed.
    parameters: what a weight may be; empty for any leaf.

    >>> from autograd import Tensor, relu
    >>> W = Tensor([[1.0, -1.0]], requires_grad=True)
    >>> [layer] = dense_layers(relu(Tensor([[2.0, 0.5]]) @ W.T), [])
    >>> layer.activation, layer.weights.tolist(), layer.outputs.tolist()
    ('relu', [[1.0, -1.0]], [1.5])
    """
    known = frozenset(parameters)
    nodes = [outputs] if isinstance(outputs, Node) else list(outputs)
    if len(nodes) == 1 and nodes[0].shape:
        return _of_arrays(nodes[0], known, sample)
    return _of_numbers(nodes, known)


# -- arrays -----------------------------------------------------------------------------------


def _of_arrays(node: Node, known: frozenset[Node], sample: int) -> list[Dense]:
    layers: list[Dense] = []
    result, names = node, []
    while node.parents:
        weights = _weights(node, known)
        if weights is None:
            if node.op not in ("add", "reshape", "getitem"):
                names.append(node.op)
            following = next((parent for parent in node.parents if parent.parents), None)
            if following is None:
                break
            node = following
            continue
        source = node.parents[0]
        inputs, outputs = _row(source, sample), _row(result, sample)
        fits = outputs.size == weights.shape[0] and inputs.size == weights.shape[1]
        if not fits or (layers and layers[-1].inputs.size != outputs.size):
            break
        layers.append(Dense(inputs, weights, outputs, " · ".join(reversed(names))))
        result, names, node = source, [], source
    return layers[::-1]


def _weights(node: Node, known: frozenset[Node]) -> Array | None:
    """The weights (outputs, inputs) of a product with a parameter; None where it is none."""
    if node.op not in _PRODUCTS or len(node.parents) < 2:
        return None
    factor = node.parents[1]
    array = factor.plain if node.op == "linear" else factor.plain.T
    leaf = factor.parents[0] if factor.op in ("transpose", "swapaxes") else factor
    is_weight = leaf in known if known else leaf.is_leaf and leaf.requires_grad
    return array if is_weight and array.ndim == 2 else None


def _row(node: Node, sample: int) -> Array:
    """The vector of one sample: of a single vector itself."""
    array = np.asarray(node.plain)
    return array if array.ndim < 2 else array.reshape(-1, array.shape[-1])[sample]


# -- numbers ----------------------------------------------------------------------------------


def _of_numbers(nodes: list[Node], known: frozenset[Node]) -> list[Dense]:
    layers: list[Dense] = []
    while nodes and all(node.parents for node in nodes):
        neurons = [_neuron(node, known) for node in nodes]
        _, first, activation = neurons[0]
        inputs = [source for _, source in first]
        rows = []
        for _, pairs, _ in neurons:
            if len(pairs) != len(inputs) or not pairs:
                return layers[::-1]
            rows.append([weight for weight, _ in pairs])
        data = np.array([float(source.plain) for source in inputs])
        outputs = np.array([float(node.plain) for node in nodes])
        layers.append(Dense(data, np.array(rows), outputs, activation))
        nodes = inputs
    return layers[::-1]


def _neuron(node: Node, known: frozenset[Node]) -> tuple[Node, list[tuple[float, Node]], str]:
    """The sum behind a neuron's result, its weights with what they multiply, and its activation."""
    names = []
    while len(node.parents) == 1 and node.op not in ("add", "mul", "affine"):
        names.append(node.op)
        node = node.parents[0]
    activation = " · ".join(reversed(names))
    if node.op == "affine":
        half = (len(node.parents) - 1) // 2
        weights, inputs = node.parents[1 : 1 + half], node.parents[1 + half :]
        return node, [(float(w.plain), x) for w, x in zip(weights, inputs, strict=True)], activation
    pairs: list[tuple[float, Node]] = []
    stack = [node]
    while stack:
        term = stack.pop()
        if term.op == "add":
            stack.extend(reversed(term.parents))
        elif term.op == "mul":
            left, right = term.parents
            # Where both factors are leaves, the parameter is the weight.
            swapped = right in known if known else not (left.is_leaf and left.requires_grad)
            weight, source = (right, left) if swapped and right.is_leaf else (left, right)
            pairs.append((float(weight.plain), source))
    return node, pairs, activation
