"""The network on Values: every number is a node, and every sum can be read as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, affine, exp, log, no_grad, relu, rsqrt, scope

from .settings import Settings, Weights

Row = list[Any]
Matrix = list[Row]


@dataclass
class Seen:
    """What attention keeps of the tokens so far: a row for each."""

    keys: Matrix
    values: Matrix


class ValueGPT:
    """A tiny GPT whose numbers are Values.

    Parameters
    ----------
    weights: matrices by name, as :func:`first_weights` makes them.

    >>> from chainrule.microgpt import Letters, first_weights
    >>> settings, letters = Settings(), Letters()
    >>> model = ValueGPT(settings, first_weights(settings, 0))
    >>> loss = model.loss(letters.encode("ann"))
    >>> loss.backward()
    >>> round(loss.data, 1), len(model.parameters())
    (3.3, 4192)
    """

    def __init__(self, settings: Settings, weights: Weights) -> None:
        self.settings = settings
        self.matrices: dict[str, Matrix] = {
            name: [
                [Value(number, label=f"{name}[{i},{j}]") for j, number in enumerate(row)]
                for i, row in enumerate(weights[name].tolist())
            ]
            for name in settings.shapes()
        }

    def parameters(self) -> list[Value]:
        """Every number of every matrix, row by row."""
        return [number for matrix in self.matrices.values() for row in matrix for number in row]

    def zero_grad(self) -> None:
        """Set every gradient to 0, also of numbers that the next name does not use.

        An array has a gradient as a whole, so this is what the rows that are not used have on Tensors.
        """
        for number in self.parameters():
            number.grad = 0.0

    def scores(self, tokens: Sequence[int]) -> Iterator[Row]:
        """For each token in turn, the scores of what comes after it."""
        seen = [Seen([], []) for _ in range(self.settings.layers)]
        for place, token in enumerate(tokens):
            x = self._normalized(_sum(self.matrices["token"][token], self.matrices["place"][place]))
            for layer in range(self.settings.layers):
                with scope(f"layers.{layer}.attention"):
                    x = _sum(x, self._attention(layer, self._normalized(x), seen[layer]))
                with scope(f"layers.{layer}.perceptron"):
                    x = _sum(x, self._perceptron(layer, self._normalized(x)))
            with scope("head"):
                yield _product(x, self.matrices["head"])

    def loss(self, tokens: Sequence[int]) -> Any:
        """The mean of ``-log p`` of each token after the first, at most as many as the block is long."""
        inputs = tokens[:-1][: self.settings.block]
        surprises = []
        for scores, target in zip(self.scores(inputs), tokens[1:], strict=False):
            with scope("loss"):
                surprises.append(-log(_softmax(scores)[target]))
        with scope("loss"):
            return _total(surprises) / len(surprises)

    def predict(self, tokens: Sequence[int]) -> NDArray[np.float64]:
        """The scores of what comes after the last token, shape (tokens of the vocabulary,)."""
        with no_grad():
            *_, last = self.scores(tokens)
        return np.array([score.data for score in last])

    def _normalized(self, x: Row) -> Row:
        """``x / √(mean(x²) + ε)``."""
        scale = rsqrt(_dot(x, x) / len(x) + self.settings.epsilon)
        return [a * scale for a in x]

    def _attention(self, layer: int, x: Row, seen: Seen) -> Row:
        """What the heads gather from the tokens so far; each has its share of a row."""
        query, key, value = (
            _product(x, self.matrices[f"layers.{layer}.{name}"]) for name in ("query", "key", "value")
        )
        seen.keys.append(key)
        seen.values.append(value)
        size = self.settings.width // self.settings.heads
        gathered: Row = []
        for head in range(self.settings.heads):
            own = slice(head * size, (head + 1) * size)
            with scope(f"head{head}"):
                weights = _softmax([_dot(query[own], k[own]) / size**0.5 for k in seen.keys])
                gathered += _product(weights, [v[own] for v in seen.values])
        return _product(gathered, self.matrices[f"layers.{layer}.output"])

    def _perceptron(self, layer: int, x: Row) -> Row:
        wide = [relu(a) for a in _product(x, self.matrices[f"layers.{layer}.wide"])]
        return _product(wide, self.matrices[f"layers.{layer}.narrow"])


# Sums of products are one node each: ``affine`` has the bias first, then all left and all right factors.


def _dot(x: Sequence[Any], y: Sequence[Any]) -> Any:
    return affine(0.0, *x, *y)


def _total(x: Sequence[Any]) -> Any:
    return affine(0.0, *x, *[1.0] * len(x))


def _product(x: Row, matrix: Matrix) -> Row:
    return [_dot(column, x) for column in zip(*matrix, strict=True)]


def _sum(x: Row, y: Row) -> Row:
    return [a + b for a, b in zip(x, y, strict=True)]


def _softmax(scores: Row) -> Row:
    largest = max(score.data for score in scores)  # a choice without a derivative, against overflow
    likely = [exp(score - largest) for score in scores]
    total = _total(likely)
    return [a / total for a in likely]
