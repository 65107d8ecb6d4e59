"""``Embedding``: a vector for each word of a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional
from ..functional.checks import one_or_more
from ..module import Module, Parameter, Random, generator


class Embedding(Module):
    """``y = W[x]``: integers x of shape (...), y of shape (..., embedding_dim).

    W is drawn from the normal distribution N(0, 1).

    Parameters
    ----------
    padding_idx: a row that is zero and gets no gradient.

    >>> Embedding(10, 3, rng=0)(np.array([[1, 2, 3, 4]])).shape
    (1, 4, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise IndexError(f"Embedding: padding_idx {padding_idx} is none of {num_embeddings} rows")
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        weight = generator(rng).normal(size=(num_embeddings, embedding_dim))
        if padding_idx is not None:
            weight[padding_idx] = 0
        self.weight = Parameter(weight, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """The rows of the weight that x names."""
        return functional.embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.num_embeddings}, {self.embedding_dim}, padding_idx={self.padding_idx}"
