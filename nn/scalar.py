"""Networks of scalars: a neuron, a layer and a multi-layer perceptron on Values, on one screen.

>>> from nn import MLP
>>> model = MLP(2, [4, 1], rng=0)
>>> score = model([0.5, -1.0])
>>> score.backward()
>>> len(model.parameters())
17
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd
from autograd import ShapeError, Value, affine

ACTIVATIONS: dict[str, Callable[[Any], Any] | None] = {
    "relu": autograd.relu,
    "tanh": autograd.tanh,
    "sigmoid": autograd.sigmoid,
    "linear": None,
}
Random = np.random.Generator | int | None


def columns(x: Any) -> Any:
    """A batch (batch, inputs) as one array an input; anything else as it is.

    Raises
    ------
    ShapeError: there are more axes.
    TypeError: it is a single number.

    >>> [column.shape for column in columns(np.ones((5, 2)))]
    [(5,), (5,)]
    """
    axes = getattr(x, "ndim", 1)
    if axes > 2:
        raise ShapeError(f"a network of neurons takes (inputs,) or (batch, inputs), not the shape {x.shape}")
    if axes == 0 or not hasattr(x, "__len__"):
        raise TypeError(f"a network of neurons takes a list of numbers, such as [1.0, 2.0], not {x!r:.60}")
    return [x[:, i] for i in range(x.shape[1])] if axes == 2 else x


class Neuron:
    """``activation(w · x + b)``: weights uniform in [-1, 1], bias 0.

    Parameters
    ----------
    inputs: how many numbers it takes.
    activation: "relu", "tanh", "sigmoid" or "linear".
    rng: a random generator or its seed.
    label: the prefix of the parameters' labels.

    Raises
    ------
    ValueError: called with another number of inputs, or an unknown activation.

    >>> neuron = Neuron(2, "tanh", rng=0)
    >>> neuron([1.0, 2.0]).op
    'tanh'
    """

    def __init__(self, inputs: int, activation: str = "relu", *, rng: Random = None, label: str = "") -> None:
        if activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {activation!r}; choose from {', '.join(ACTIVATIONS)}")
        draw = np.random.default_rng(rng)
        self.weights = [Value(w, label=f"{label}w{i}") for i, w in enumerate(draw.uniform(-1, 1, inputs))]
        self.bias = Value(0.0, label=f"{label}b")
        self.activation = activation
        self.scope = label.rstrip(".")

    def __call__(self, x: Sequence[Any]) -> Any:
        """One number from as many as there are weights; from a batch (batch, inputs), one an item."""
        x = columns(x)
        if len(x) != len(self.weights):
            raise ValueError(f"a neuron of {len(self.weights)} inputs was called with {len(x)}")
        total = affine(self.bias, *self.weights, *x)
        total.scope = self.scope  # a whole `with scope(...)` would take as long as the neuron
        activate = ACTIVATIONS[self.activation]
        if activate is None:
            return total
        output = activate(total)
        output.scope = self.scope
        return output

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.weights, self.bias]


class Layer:
    """Neurons side by side, all with the same inputs.

    >>> [y.op for y in Layer(2, 3, "relu", rng=0)([1.0, -1.0])]
    ['relu', 'relu', 'relu']
    """

    def __init__(
        self, inputs: int, outputs: int, activation: str = "relu", *, rng: Random = None, label: str = ""
    ) -> None:
        draw = np.random.default_rng(rng)
        self.neurons = [Neuron(inputs, activation, rng=draw, label=f"{label}{i}.") for i in range(outputs)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """One number a neuron."""
        x = columns(x)
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """The parameters of all neurons in order."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]


class MLP:
    """Layers one after another; the last has no activation.

    ``MLP(2, [16, 16, 1])`` maps a list of 2 numbers or Values to one Value; with several outputs,
    to a list of them. An array or a Tensor (batch, inputs) gives one Tensor, (batch,) or (batch, outputs).

    >>> MLP(3, [4, 2], rng=0)([1.0, 2.0, 3.0])  # doctest: +ELLIPSIS
    [Value(...), Value(...)]
    >>> MLP(3, [4, 2], rng=0)(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self, inputs: int, outputs: Sequence[int], activation: str = "relu", *, rng: Random = None
    ) -> None:
        if isinstance(outputs, int):
            raise TypeError(f"MLP takes the widths of its layers as a list: MLP({inputs}, [{outputs}])")
        draw = np.random.default_rng(rng)
        widths = [inputs, *outputs]
        self.layers = [
            Layer(
                widths[i],
                widths[i + 1],
                activation if i < len(outputs) - 1 else "linear",
                rng=draw,
                label=f"{i}.",
            )
            for i in range(len(outputs))
        ]

    def __call__(self, x: Sequence[Any]) -> Any:
        """The output of the last layer: one Value, or a list of several; a Tensor for a batch."""
        batch = getattr(x, "ndim", 1) == 2
        for layer in self.layers:
            x = layer(x)
        if len(x) == 1:
            return x[0]
        return autograd.stack(x, axis=1) if batch else x

    def parameters(self) -> list[Value]:
        """The parameters of all layers in order."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()
