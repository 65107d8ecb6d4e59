"""Vanishing and exploding gradients: a gradient through many layers is a product of as many factors.

    dL/dx₀ = W₁ᵀ φ′₁ W₂ᵀ φ′₂ ⋯ Wₙᵀ φ′ₙ dL/dxₙ        one layer's factor, about: √(inputs · var w) · |φ′|

The slope of a sigmoid is ¼ at most: through 30 layers at most 10⁻¹⁸ is left. The slope of a ReLU is 1 for
about half of the numbers, so its factor is √½ = 0.71 in the mean square, and weights that are larger by √2
(He et al. 2015, "kaiming") make up for that exactly. Orthogonal weights without an activation change no
length at all. Drawn too small or too large, weights make any gradient vanish or explode.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import viz
from autograd import Tensor
from nn import Identity, Linear, Module, ReLU, Sequential, Sigmoid, Tanh, init

WIDTH, DEPTHS = 64, (1, 10, 30)

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "none": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
}
Fill = Callable[[Tensor, np.random.Generator], Any]
STARTS: dict[str, Fill] = {
    "N(0, 0.01²)": lambda weight, draw: init.normal_(weight, std=0.01, rng=draw),
    "uniform": lambda weight, draw: init.uniform_(
        weight, -1 / math.sqrt(WIDTH), 1 / math.sqrt(WIDTH), rng=draw
    ),
    "xavier": lambda weight, draw: init.xavier_normal_(weight, rng=draw),
    "orthogonal": lambda weight, draw: init.orthogonal_(weight, rng=draw),
    "kaiming": lambda weight, draw: init.kaiming_normal_(weight, nonlinearity="relu", rng=draw),
    "N(0, 1)": lambda weight, draw: init.normal_(weight, rng=draw),
}


class Row(NamedTuple):
    """One activation with one initialisation: what is left of a gradient of size 1, by depth."""

    activation: str
    start: str
    left: dict[int, float]


def stack(activation: str, start: str, depth: int) -> Sequential:
    """A network of so many layers of 64 neurons."""
    draw = np.random.default_rng(0)
    model = Sequential()
    for _ in range(depth):
        layer = Linear(WIDTH, WIDTH, bias=False, rng=draw, dtype=np.float64)
        STARTS[start](layer.weight, draw)
        model.append(layer)
        model.append(ACTIVATIONS[activation]())
    return model


def left(activation: str, start: str, depth: int) -> float:
    """How large the gradient of the inputs is, beside a random one that enters at the output."""
    draw = np.random.default_rng(1)
    x = Tensor(draw.normal(size=(100, WIDTH)), requires_grad=True)
    y = stack(activation, start, depth)(x)
    seed = draw.normal(size=y.shape)
    y.backward(seed)
    return float(np.linalg.norm(x.grad) / np.linalg.norm(seed))


def run() -> list[Row]:
    """Every activation with every initialisation, at every depth."""
    return [
        Row(activation, start, {depth: left(activation, start, depth) for depth in DEPTHS})
        for activation in ACTIVATIONS
        for start in STARTS
    ]


def show(result: list[Row]) -> None:
    """Print what is left of a gradient of size 1."""
    print("activation  weights      " + "  ".join(f"depth {depth:3}" for depth in DEPTHS))
    for activation, start, found in result:
        print(f"{activation:10}  {start:11}  " + "  ".join(f"{found[depth]:9.1e}" for depth in DEPTHS))


def pictures(result: list[Row]) -> dict[str, viz.Drawing]:
    """The gradients on the graph of a sigmoid network and of a ReLU network of four layers."""
    x = np.random.default_rng(1).normal(size=(100, WIDTH))
    return {
        f"vanishing-{activation}": viz.flow(stack(activation, start, 4)(x).square().mean(), direction="TB")
        for activation, start in (("sigmoid", "xavier"), ("relu", "kaiming"))
    }


if __name__ == "__main__":
    show(run())
