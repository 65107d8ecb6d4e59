"""What each normalisation does for a deep network whose weights were drawn ten times too small or too large.

    y = (x - mean) / √(var + ε)        the mean and the variance of what, is all that the five differ in

    BatchNorm      a channel over the batch and its places        RMSNorm    as LayerNorm, without the mean
    LayerNorm      one item, all its numbers                      InstanceNorm  one item, one channel
    GroupNorm      one item, some of its channels

Twenty convolutions with ReLUs, started rightly (kaiming) and then with all weights times a factor. Without a
normalisation the signal shrinks or grows by that factor in every layer, and the gradient with it. After one,
the factor cancels: (c x - mean of c x) / √var of c x is the same for every c. What is left is small: with
BatchNorm and InstanceNorm a gradient grows by about 1.2 times a layer, and with LayerNorm it hardly changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from autograd import Tensor
from nn import (
    BatchNorm1d,
    Conv1d,
    GroupNorm,
    InstanceNorm1d,
    LayerNorm,
    Module,
    ReLU,
    RMSNorm,
    Sequential,
    init,
)

CHANNELS, LENGTH, DEPTH, FACTORS = 8, 16, 20, (0.1, 1.0, 10.0)

NORMALIZATIONS: dict[str, Callable[[], Module] | None] = {
    "none": None,
    "BatchNorm": lambda: BatchNorm1d(CHANNELS, eps=1e-12),
    "LayerNorm": lambda: LayerNorm((CHANNELS, LENGTH), eps=1e-12),
    "RMSNorm": lambda: RMSNorm((CHANNELS, LENGTH), eps=1e-12),
    "GroupNorm": lambda: GroupNorm(2, CHANNELS, eps=1e-12),
    "InstanceNorm": lambda: InstanceNorm1d(CHANNELS, eps=1e-12),
}


class Size(NamedTuple):
    """How large the last layer's output is, and how much of a gradient of size 1 is left at the inputs."""

    signal: float
    gradient: float


def stack(normalization: str, factor: float) -> Sequential:
    """Convolutions, each followed by a normalisation, if any, and a ReLU."""
    draw, model, make = np.random.default_rng(0), Sequential(), NORMALIZATIONS[normalization]
    for _ in range(DEPTH):
        layer = Conv1d(CHANNELS, CHANNELS, 3, padding="same", bias=False, rng=draw)
        init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=draw)
        layer.weight.data = factor * layer.weight.data
        model.append(layer)
        if make is not None:
            model.append(make())
        model.append(ReLU())
    return model.double()


def size(normalization: str, factor: float) -> Size:
    """Send random items through, and a random gradient back."""
    draw = np.random.default_rng(1)
    x = Tensor(draw.normal(size=(32, CHANNELS, LENGTH)), requires_grad=True)
    y = stack(normalization, factor)(x)
    seed = draw.normal(size=y.shape)
    y.backward(seed)
    return Size(float(np.sqrt(np.mean(y.data**2))), float(np.linalg.norm(x.grad) / np.linalg.norm(seed)))


def run() -> dict[str, dict[float, Size]]:
    """Every normalisation with every factor."""
    return {name: {factor: size(name, factor) for factor in FACTORS} for name in NORMALIZATIONS}


def show(result: dict[str, dict[float, Size]]) -> None:
    """Print the sizes of signals and gradients."""
    print(f"{DEPTH} layers       " + "".join(f"weights × {factor:<13g}" for factor in FACTORS))
    print(f"{'':16} " + "signal   gradient      " * len(FACTORS))
    for name, sizes in result.items():
        print(f"{name:15} " + "      ".join(f"{s.signal:7.1e}  {s.gradient:7.1e}" for s in sizes.values()))


if __name__ == "__main__":
    show(run())
