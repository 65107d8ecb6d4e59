"""The main job: a network 64-16-16-10 learns to read handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from nn import Adam, History, Linear, ReLU, Sequential, accuracy, cross_entropy, fit, predict, split

EPOCHS, BATCH, LEARNING_RATE, SEED = 40, 32, 0.003, 0
HELD_OUT = 360


@dataclass(frozen=True)
class Split:
    """Images of shape (n, 64) with their labels (n,): those to learn from, and those held out.

    The same people wrote both parts: what is measured is reading new images, not new handwriting.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    held_out_images: NDArray[np.float32]
    held_out_labels: NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """A trained network, how it got there, and what it reads in each held-out image."""

    model: Sequential
    history: History
    answers: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """The share of held-out images that the network reads right after the last epoch."""
        return self.history["validation_accuracy"][-1]


def parts() -> Split:
    """Hold out 360 of the 1,797 images, the same ones every time.

    >>> found = parts()
    >>> len(found.images), len(found.held_out_images)
    (1437, 360)
    """
    images, labels = datasets.digits()
    fraction = HELD_OUT / len(images)
    training, held_out = split(images.astype(np.float32), labels, fraction=fraction, rng=SEED)
    return Split(*training, *held_out)


def build() -> Sequential:
    """The network: 64 pixels, two layers of 16 neurons, a score for each of ten digits.

    >>> sum(parameter.size for parameter in build().parameters())
    1482
    """
    draw = np.random.default_rng(SEED)
    return Sequential(
        Linear(64, 16, rng=draw), ReLU(), Linear(16, 16, rng=draw), ReLU(), Linear(16, 10, rng=draw)
    )


def train(found: Split, epochs: int = EPOCHS) -> Trained:
    """Train by Adam on batches of 32 images, shuffled anew each epoch by a fixed seed."""
    model: Any = build()
    history = fit(
        model,
        (found.images, found.labels),
        cross_entropy,
        Adam(model.parameters(), lr=LEARNING_RATE),
        epochs=epochs,
        batch_size=BATCH,
        validation=(found.held_out_images, found.held_out_labels),
        metrics=[accuracy],
        rng=SEED,
    )
    if history.stopped:  # by Ctrl-C; of half a training there is nothing to show
        raise KeyboardInterrupt
    return Trained(model, history, predict(model, found.held_out_images).argmax(axis=1))
