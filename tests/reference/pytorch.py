"""PyTorch with the few names that differ in ``nn``: what the cases are called with on its side."""

import functools
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

functions = SimpleNamespace(
    **vars(F)
    | {
        "rnn_cell": torch.rnn_tanh_cell,
        "rnn_relu_cell": torch.rnn_relu_cell,
        "gru_cell": torch.gru_cell,
        "lstm_cell": torch.lstm_cell,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "fixed": lambda *values: torch.tensor(values, dtype=torch.float64),
        "real": torch.Tensor.double,
        "exact": {"threshold": 1e9},
    }
)


class Attention(nn.MultiheadAttention):
    """PyTorch's, which returns the weights too and takes no default for key and value."""

    def forward(self, query: Any, key: Any = None, value: Any = None) -> Any:
        return super().forward(
            query, query if key is None else key, query if value is None else value, need_weights=False
        )[0]


layers = SimpleNamespace(
    **vars(nn)
    | {
        "Attention": functools.partial(Attention, batch_first=True),
        "TransformerBlock": functools.partial(nn.TransformerEncoderLayer, batch_first=True),
        "InstanceNorm": nn.InstanceNorm2d,
    }
)


def flat(output: Any) -> torch.Tensor:
    """An output, or the parts of one that is a tuple of tuples, one after another."""
    return torch.cat([flat(part).reshape(-1) for part in output]) if isinstance(output, tuple) else output
