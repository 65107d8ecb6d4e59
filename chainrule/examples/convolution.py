"""Convolution: one small kernel looks at every place of an image, so a stroke is the same wherever it is.

    y[i, j] = b + Σ_{k, l} w[k, l] · x[i + k, j + l]

A kernel with -1 on its left and 1 on its right answers to left edges; nobody had to learn that. Move the
image, and the answer moves with it: convolving a moved image is moving the convolved one. With kernels that
are learned, two layers of eight read digits as well as fully connected layers, with fewer numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from nn import Adam, Conv2d, Flatten, Linear, Module, ReLU, Sequential, accuracy, cross_entropy, fit, split
from nn.functional import conv2d

EDGE = np.array([[-1.0, 0.0, 1.0]] * 3)
EPOCHS = 10


class Result(NamedTuple):
    """The edges of one image, what moving it changes, and two networks that learned to read."""

    image: NDArray[np.float64]
    """(8, 8)"""
    edges: NDArray[np.float64]
    """(6, 6): positive where ink begins, from left to right, negative where it ends"""
    moved_difference: float
    """between the edges of the moved image and the moved edges"""
    sizes: dict[str, int]
    accuracies: dict[str, float]
    """on new images"""


def edges(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """An image (height, width) convolved with EDGE: (height - 2, width - 2)."""
    found: NDArray[np.float64] = conv2d(image[None], EDGE[None, None]).squeeze(0)  # of one channel
    return found


def networks() -> dict[str, Sequential]:
    """One of fully connected layers and one of convolutions."""
    draw = np.random.default_rng(0)
    return {
        "fully connected": Sequential(Flatten(), Linear(64, 32, rng=draw), ReLU(), Linear(32, 10, rng=draw)),
        "convolutions": Sequential(
            Conv2d(1, 8, 3, rng=draw), ReLU(),  # (batch, 8, 6, 6)
            Conv2d(8, 8, 3, rng=draw), ReLU(),  # (batch, 8, 4, 4)
            Flatten(), Linear(8 * 4 * 4, 10, rng=draw),
        ),
    }  # fmt: skip


def train(model: Module) -> float:
    """Train on the digits; the share of new ones read right."""
    pixels, labels = datasets.digits()
    data, new = split(pixels.astype(np.float32).reshape(-1, 1, 8, 8), labels, rng=0)
    history = fit(
        model,
        data,
        cross_entropy,
        Adam(model.parameters(), lr=0.005),
        epochs=EPOCHS,
        validation=new,
        metrics=[accuracy],
        rng=0,
        progress=False,
    )
    return history["validation_accuracy"][-1]


def run() -> Result:
    """Find edges, move an image, and train both networks."""
    image = datasets.digits()[0][0].reshape(8, 8)
    down = np.pad(image, ((1, 0), (0, 0)))[:-1]  # one pixel lower
    models = networks()
    return Result(
        image,
        edges(image),
        float(np.abs(edges(down)[1:] - edges(image)[:-1]).max()),
        {name: sum(parameter.size for parameter in model.parameters()) for name, model in models.items()},
        {name: train(model) for name, model in models.items()},
    )


def show(result: Result) -> None:
    """Print the edges and the networks."""
    print("an image, and where its ink begins (+) and ends (-) from left to right")
    framed = np.pad(result.edges, 1)  # nothing is known of the outermost pixels
    for line, edge in zip(result.image, framed, strict=True):
        ink = "".join("·.+*#"[round(4 * pixel)] for pixel in line)
        print(f"   {ink}   " + "".join("+" if e > 1 else "-" if e < -1 else "·" for e in edge))
    print(f"moved by a pixel, the edges move along: {result.moved_difference:g} apart")
    for name, size in result.sizes.items():
        print(f"{name:15} {size:5,} numbers, {result.accuracies[name]:.1%} of new digits read right")


if __name__ == "__main__":
    show(run())
