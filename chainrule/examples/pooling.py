"""Pooling: only the largest, or the mean, of a block of pixels goes on, so a small move hardly matters.

    max     y[i, j] = max_{k, l < s} x[s i + k, s j + l]        average    the mean of the same

All networks here are one convolution with 16 kernels, a pooling, and one linear layer. They learn digits
where these stand, and are then asked for the same digits moved by one pixel in each direction. Blocks of 4×4
leave 4 of 64 places, and so 810 numbers of 10,410. Which kernel answered survives the maximum, where exactly
does not; the average blurs both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from nn import (
    Adam,
    AvgPool2d,
    Conv2d,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    accuracy,
    cross_entropy,
    fit,
    predict,
    split,
)

EPOCHS = 10
MOVES = ((1, 0), (-1, 0), (0, 1), (0, -1))


class Row(NamedTuple):
    """How many numbers a network has, and the share of new digits read right, in place and moved."""

    size: int
    in_place: float
    moved: float


def moved(images: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Images (n, 1, 8, 8) moved by a pixel; what enters is empty."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return padded[:, :, 1 - down : 9 - down, 1 - right : 9 - right]


def train(pooling: Module, places: int) -> Row:
    """Train a network with this pooling, which leaves so many places of 64."""
    pixels, labels = datasets.digits()
    images = pixels.astype(np.float32).reshape(-1, 1, 8, 8)
    data, (new, answers) = split(images, labels, rng=0)
    draw = np.random.default_rng(0)
    model = Sequential(
        Conv2d(1, 16, 3, padding=1, rng=draw), ReLU(), pooling, Flatten(), Linear(16 * places, 10, rng=draw)
    )
    fit(model, data, cross_entropy, Adam(model.parameters(), lr=0.005), epochs=EPOCHS, rng=0, progress=False)

    def right(images: Any) -> float:
        return accuracy(predict(model, images), answers)

    size = sum(parameter.size for parameter in model.parameters())
    return Row(size, right(new), float(np.mean([right(moved(new, *move)) for move in MOVES])))


def run() -> dict[str, Row]:
    """Train with each pooling."""
    return {
        "none": train(Identity(), 64),
        "average 4×4": train(AvgPool2d(4), 4),
        "max 2×2": train(MaxPool2d(2), 16),
        "max 4×4": train(MaxPool2d(4), 4),
    }


def show(result: dict[str, Row]) -> None:
    """Print who minds a move."""
    print("pooling      numbers   read right   moved by a pixel")
    for name, row in result.items():
        print(f"{name:12} {row.size:7,} {row.in_place:12.1%} {row.moved:18.1%}")


if __name__ == "__main__":
    show(run())
