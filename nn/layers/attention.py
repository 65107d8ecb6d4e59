"""Attention and a Transformer block; the batch comes first."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

import autograd
from autograd import ShapeError
from autograd.array_ops import shape_of

from .. import functional
from ..functional.checks import one_or_more, probability
from ..module import Module, Parameter, Random, generator
from .dropout import Dropout
from .linear import Linear, uniform
from .normalization import LayerNorm


class Attention(Module):
    """Several heads of attention side by side (Vaswani et al. 2017)::

        Q, K, V = W_q x + b_q, W_k y + b_k, W_v z + b_v, cut in heads of width E / heads
        output = W_o [softmax(Q Kᵀ / √width) V of every head] + b_o

    Query (batch, to, E), key and value (batch, from, E), or all without the batch; both are the query
    by default. Weights have the names and shapes of PyTorch's ``MultiheadAttention``.

    Parameters
    ----------
    dropout: the share of attention weights to zero in training.

    ``attn_mask`` is that of ``scaled_dot_product_attention``: true lets a place be looked at, the opposite
    of what PyTorch's ``MultiheadAttention`` takes; or numbers that are added to the scores.

    >>> Attention(8, 2, rng=0)(np.ones((4, 5, 8), np.float32)).shape
    (4, 5, 8)
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more("Attention", embed_dim=embed_dim, num_heads=num_heads)
        probability("Attention", dropout)
        if embed_dim % num_heads:
            raise ValueError(f"Attention: {embed_dim} features do not make {num_heads} heads")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.rng = draw = generator(rng)
        bound = math.sqrt(6 / (4 * embed_dim))  # Xavier's for 3E × E
        self.in_proj_weight = uniform(draw, bound, (3 * embed_dim, embed_dim), dtype)
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim), dtype=dtype) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, rng=draw, dtype=dtype)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data = np.zeros(embed_dim, dtype)

    def forward(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        attn_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """What each place of the query gathers from the values."""
        if key is None and value is None:
            projected = functional.linear(self._checked(query), self.in_proj_weight, self.in_proj_bias)
            q, k, v = self._thirds(projected, -1)
        else:
            key = query if key is None else key
            value = key if value is None else value
            if shape_of(key)[:-1] != shape_of(value)[:-1] or shape_of(query)[:-2] != shape_of(key)[:-2]:
                raise ShapeError(
                    f"Attention: query {shape_of(query)}, key {shape_of(key)} and value {shape_of(value)} do "
                    "not fit: all share the batch, key and value the places"
                )
            weights = self._thirds(self.in_proj_weight, 0)
            biases = [None] * 3 if self.in_proj_bias is None else self._thirds(self.in_proj_bias, 0)
            q, k, v = (
                functional.linear(self._checked(x), w, b)
                for x, w, b in zip((query, key, value), weights, biases, strict=True)
            )
        gathered = functional.scaled_dot_product_attention(
            self._heads(q),
            self._heads(k),
            self._heads(v),
            attn_mask,
            self.dropout if self.training else 0.0,
            is_causal,
            rng=self.rng,
        )  # (..., heads, to, width)
        joined = autograd.swapaxes(gathered, -2, -3)
        return self.out_proj(autograd.reshape(joined, (*shape_of(joined)[:-2], self.embed_dim)))

    def _checked(self, x: Any) -> Any:
        if shape_of(x)[-1:] != (self.embed_dim,):
            raise ShapeError(f"Attention: an input has shape {shape_of(x)}, not (..., {self.embed_dim})")
        return x

    def _thirds(self, x: Any, axis: int) -> list[Any]:
        width = self.embed_dim
        before = (slice(None),) * (axis % len(shape_of(x)))
        return [autograd.getitem(x, (*before, slice(i * width, (i + 1) * width))) for i in range(3)]

    def _heads(self, x: Any) -> Any:
        """(..., places, E) as (..., heads, places, width)."""
        apart = autograd.reshape(x, (*shape_of(x)[:-1], self.num_heads, self.embed_dim // self.num_heads))
        return autograd.swapaxes(apart, -2, -3)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.embed_dim}, {self.num_heads}, dropout={self.dropout}"


class TransformerBlock(Module):
    """Attention, then a network of two layers at every place, each added to its input::

        x = norm1(x + attention(x))          x = x + attention(norm1(x))     with norm_first
        x = norm2(x + W₂ act(W₁ x))          x = x + W₂ act(W₁ norm2(x))

    x (batch, places, d_model) or without the batch. Names and arguments are those of PyTorch's
    ``TransformerEncoderLayer`` (Vaswani et al. 2017; norm_first: Xiong et al. 2020).

    Parameters
    ----------
    dropout: the share zeroed in training: of attention weights, of activations, of what is added.
    is_causal: let each place look at itself and at those before it only.

    >>> TransformerBlock(8, 2, 16, rng=0)(np.ones((4, 5, 8), np.float32)).shape
    (4, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Literal["relu", "gelu"] = "relu",
        layer_norm_eps: float = 1e-5,
        *,
        norm_first: bool = False,  # PyTorch has batch_first before it; here the batch is first
        bias: bool = True,
        is_causal: bool = False,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        if activation not in ("relu", "gelu"):
            raise ValueError(f"TransformerBlock: activation is 'relu' or 'gelu', not {activation!r}")
        draw = generator(rng)
        self.self_attn = Attention(d_model, nhead, dropout, bias, rng=draw, dtype=dtype)
        self.linear1 = Linear(d_model, dim_feedforward, bias, rng=draw, dtype=dtype)
        self.dropout = Dropout(dropout, rng=draw)
        self.linear2 = Linear(dim_feedforward, d_model, bias, rng=draw, dtype=dtype)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.activation, self.norm_first, self.is_causal = activation, norm_first, is_causal

    def forward(self, x: Any, attn_mask: Any = None) -> Any:
        """x after both parts."""
        if self.norm_first:
            x = x + self._attend(self.norm1(x), attn_mask)
            return x + self._think(self.norm2(x))
        x = self.norm1(x + self._attend(x, attn_mask))
        return self.norm2(x + self._think(x))

    def _attend(self, x: Any, attn_mask: Any) -> Any:
        return self.dropout(self.self_attn(x, attn_mask=attn_mask, is_causal=self.is_causal))

    def _think(self, x: Any) -> Any:
        activate = functional.relu if self.activation == "relu" else functional.gelu
        return self.dropout(self.linear2(self.dropout(activate(self.linear1(x)))))
