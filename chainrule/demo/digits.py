"""The main job: a network 64-16-16-10 learns to read handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd import no_grad
from chainrule import datasets
from nn import Adam, Linear, ReLU, Sequential, cross_entropy

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
class Epoch:
    """What one pass over the images came to: mean losses, and the share of held-out images read right."""

    loss: float
    held_out_loss: float
    held_out_accuracy: float


@dataclass(frozen=True)
class Training:
    """A trained network, how it got there, and what it reads in each held-out image."""

    model: Sequential
    history: tuple[Epoch, ...]
    guesses: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """The share of held-out images that the network reads right after the last epoch."""
        return self.history[-1].held_out_accuracy


def split() -> Split:
    """Hold out 360 of the 1,797 images, the same ones every time.

    >>> parts = split()
    >>> len(parts.images), len(parts.held_out_images)
    (1437, 360)
    """
    pixels, labels = datasets.digits()
    order = np.random.default_rng(SEED).permutation(len(pixels))
    images, labels = pixels[order].astype(np.float32), labels[order]
    return Split(images[HELD_OUT:], labels[HELD_OUT:], images[:HELD_OUT], labels[:HELD_OUT])


def build() -> Sequential:
    """The network: 64 pixels, two layers of 16 neurons, a score for each of ten digits.

    >>> sum(parameter.size for parameter in build().parameters())
    1482
    """
    draw = np.random.default_rng(SEED)
    return Sequential(
        Linear(64, 16, rng=draw), ReLU(), Linear(16, 16, rng=draw), ReLU(), Linear(16, 10, rng=draw)
    )


def train(parts: Split, epochs: int = EPOCHS) -> Training:
    """Train by Adam on batches of 32 images, shuffled anew each epoch by a fixed seed."""
    model = build()
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    draw = np.random.default_rng(SEED)
    history: list[Epoch] = []
    with tqdm(total=epochs, desc="   digits", unit="epoch", mininterval=0.25) as progress:
        for _ in range(epochs):
            losses = [
                _step(model, optimizer, parts.images[batch], parts.labels[batch]) * len(batch)
                for batch in _batches(draw.permutation(len(parts.images)))
            ]
            scores, held_out_loss = _evaluate(model, parts)
            right = float(np.mean(scores.argmax(axis=1) == parts.held_out_labels))
            history.append(Epoch(sum(losses) / len(parts.images), held_out_loss, right))
            progress.set_postfix_str(f"loss {history[-1].loss:.3f}, held out {right:.1%}", refresh=False)
            progress.update()
    return Training(model, tuple(history), scores.argmax(axis=1))


def _batches(order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [order[start : start + BATCH] for start in range(0, len(order), BATCH)]


def _step(model: Sequential, optimizer: Adam, images: Any, labels: Any) -> float:
    loss = cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)


def _evaluate(model: Sequential, parts: Split) -> tuple[NDArray[np.float32], float]:
    with no_grad():
        scores = model(parts.held_out_images)
        return scores.data, float(cross_entropy(scores, parts.held_out_labels))
