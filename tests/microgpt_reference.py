"""The tiny GPT once more, in plain Python that shares no line with chainrule, to compare the others with.

A scalar keeps a tuple of its local gradients; the network is loops over lists; Adam is the formula.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any


class Scalar:
    """A number, what it was computed from, and its derivatives with respect to these."""

    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data: float, inputs: tuple = (), slopes: tuple = ()) -> None:
        self.data, self.grad, self.inputs, self.slopes = data, 0.0, inputs, slopes

    def __add__(self, other: Any) -> "Scalar":
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> "Scalar":
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> "Scalar":
        return Scalar(self.data**power, (self,), (power * self.data ** (power - 1),))

    def exp(self) -> "Scalar":
        return Scalar(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self) -> "Scalar":
        return Scalar(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> "Scalar":
        return Scalar(max(0.0, self.data), (self,), (float(self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Scalar":
        return self * -1.0

    def __sub__(self, other: Any) -> "Scalar":
        return self + (-other)

    def __truediv__(self, other: Any) -> "Scalar":
        return self * other**-1

    def backward(self) -> None:
        ordered: list[Scalar] = []
        seen: set[Scalar] = set()

        def visit(node: Scalar) -> None:
            if node not in seen:
                seen.add(node)
                for each in node.inputs:
                    visit(each)
                ordered.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(ordered):
            for each, slope in zip(node.inputs, node.slopes, strict=True):
                each.grad += slope * node.grad


def _nested(make: Callable[[float], Any], rows: Any) -> Any:
    return [_nested(make, row) for row in rows] if isinstance(rows, list) else make(rows)


def _flat(rows: Any) -> list[Scalar]:
    return [each for row in rows for each in _flat(row)] if isinstance(rows, list) else [rows]


def _times(x: list, matrix: list) -> list:
    return [sum(a * row[j] for a, row in zip(x, matrix, strict=True)) for j in range(len(matrix[0]))]


def _plus(x: list, y: list) -> list:
    return [a + b for a, b in zip(x, y, strict=True)]


def _normalized(x: list) -> list:
    scale = (sum(a * a for a in x) * (1 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def _softmax(x: list) -> list:
    largest = max(a.data for a in x)
    likely = [(a - largest).exp() for a in x]
    total = sum(likely)
    return [a / total for a in likely]


class Reference:
    """The network with one layer, and Adam with a rate that falls to 0 in a straight line."""

    def __init__(self, weights: dict[str, Any], rate: float, steps: int) -> None:
        self.weights = {name: _nested(Scalar, matrix.tolist()) for name, matrix in weights.items()}
        self.parameters = [p for matrix in self.weights.values() for p in _flat(matrix)]
        self.m, self.v = [0.0] * len(self.parameters), [0.0] * len(self.parameters)
        self.rate, self.steps, self.time = rate, steps, 0

    def loss(self, tokens: Sequence[int], heads: int = 4, block: int = 16) -> Scalar:
        """The mean surprise at each token after the first."""
        w = self.weights
        query, key, value, output = (w[f"layers.0.{name}"] for name in ("query", "key", "value", "output"))
        size = len(query) // heads
        keys: list[list] = []
        values: list[list] = []
        losses = []
        for place, (token, target) in enumerate(zip(tokens[:-1][:block], tokens[1:], strict=False)):
            x = _normalized(_plus(w["token"][token], w["place"][place]))
            a = _normalized(x)
            q = _times(a, query)
            keys.append(_times(a, key))
            values.append(_times(a, value))
            gathered = []
            for own in (slice(h * size, (h + 1) * size) for h in range(heads)):
                scores = [sum(m * n for m, n in zip(q[own], k[own], strict=True)) * size**-0.5 for k in keys]
                gathered += _times(_softmax(scores), [v[own] for v in values])
            x = _plus(x, _times(gathered, output))
            hidden = [a.relu() for a in _times(_normalized(x), w["layers.0.wide"])]
            x = _plus(x, _times(hidden, w["layers.0.narrow"]))
            losses.append(-_softmax(_times(x, w["head"]))[target].log())
        return sum(losses) * (1 / len(losses))

    def step(self, tokens: Sequence[int]) -> float:
        """Make one step of Adam, and return the loss from before it."""
        loss = self.loss(tokens)
        for p in self.parameters:
            p.grad = 0.0
        loss.backward()
        rate = self.rate * (1 - self.time / self.steps)
        self.time += 1
        for i, p in enumerate(self.parameters):
            self.m[i] = 0.85 * self.m[i] + 0.15 * p.grad
            self.v[i] = 0.99 * self.v[i] + 0.01 * p.grad**2
            m, v = self.m[i] / (1 - 0.85**self.time), self.v[i] / (1 - 0.99**self.time)
            p.data -= rate * m / (v**0.5 + 1e-8)
        return loss.data
