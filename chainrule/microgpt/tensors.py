"""The network on Tensors: the same sums, all tokens of a name, or of many names, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import no_grad
from autograd.attention_ops import attention
from autograd.operation import as_array
from nn import Module, ModuleList, Parameter
from nn.functional import cross_entropy, embedding, rms_norm

from .settings import Settings, Weights

IGNORED = -100
"""The target of a place that only fills a row: it does not count in the loss."""


class Block(Module):
    """Attention and a perceptron, each added to what came in."""

    query: Parameter
    key: Parameter
    value: Parameter
    output: Parameter
    wide: Parameter
    narrow: Parameter

    def __init__(self, settings: Settings, weights: Weights, prefix: str, dtype: Any) -> None:
        self.settings = settings
        for name in ("query", "key", "value", "output", "wide", "narrow"):
            setattr(self, name, Parameter(weights[prefix + name], dtype=dtype))
        # What is added to the scores of those who come later: nobody looks at them.
        self.later = np.triu(np.full((settings.block, settings.block), -np.inf, dtype), 1)

    def forward(self, x: Any) -> Any:
        """Numbers of shape (..., places, width) to numbers of the same shape."""
        x = x + self.attention(self.normalized(x))
        return x + autograd.relu(self.normalized(x) @ self.wide) @ self.narrow

    def normalized(self, x: Any) -> Any:
        """``x / √(mean(x²) + ε)`` for each place."""
        return rms_norm(x, self.settings.width, eps=self.settings.epsilon)

    def attention(self, x: Any) -> Any:
        """What the heads gather from the places so far; each head has its share of the width."""
        heads, places = self.settings.heads, x.shape[-2]
        gathered = attention(
            x @ self.query,
            x @ self.key,
            x @ self.value,
            heads=heads,
            scale=(self.settings.width // heads) ** -0.5,
            mask=self.later[:places, :places],
        )
        return gathered @ self.output


class TensorGPT(Module):
    """A tiny GPT whose numbers are in Tensors.

    >>> from chainrule.microgpt import Letters, first_weights
    >>> settings, letters = Settings(), Letters()
    >>> model = TensorGPT(settings, first_weights(settings, 0))
    >>> model(np.array([[26, 0], [26, 1]])).shape
    (2, 2, 27)
    >>> round(float(model.loss(letters.encode("ann"))), 1)
    3.3
    """

    def __init__(self, settings: Settings, weights: Weights, dtype: Any = np.float64) -> None:
        self.settings = settings
        self.token = Parameter(weights["token"], dtype=dtype)
        self.place = Parameter(weights["place"], dtype=dtype)
        self.layers = ModuleList(
            Block(settings, weights, f"layers.{layer}.", dtype) for layer in range(settings.layers)
        )
        self.head = Parameter(weights["head"], dtype=dtype)

    def forward(self, tokens: Any) -> Any:
        """The scores of what comes after each token: integers (..., places) give (..., places, tokens)."""
        tokens = as_array(tokens)
        x = embedding(tokens, self.token) + self.place[: tokens.shape[-1]]
        x = rms_norm(x, self.settings.width, eps=self.settings.epsilon)
        for block in self.layers:
            x = block(x)
        return x @ self.head

    def loss(self, tokens: Sequence[int]) -> Any:
        """The mean of ``-log p`` of each token after the first, at most as many as the block is long."""
        block = self.settings.block
        return cross_entropy(self(tokens[:-1][:block]), np.array(tokens[1:][:block]))

    def predict(self, tokens: Sequence[int]) -> NDArray[np.float64]:
        """The scores of what comes after the last token, shape (tokens of the vocabulary,)."""
        with no_grad():
            scores: NDArray[np.float64] = self(tokens).data[-1]
        return scores
