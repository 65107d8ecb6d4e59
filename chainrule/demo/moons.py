"""The same learning with one number a parameter: an ``MLP`` of Values separates two moons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from nn import MLP, Adam, accuracy, evaluate, fit, hinge_loss

EPOCHS, LEARNING_RATE, SEED = 80, 0.03, 1
POINTS, NEW_POINTS = 100, 1000


@dataclass(frozen=True)
class Trained:
    """A trained network, the points (n, 2) and labels (n,) it learned from, and how much it gets right."""

    model: MLP
    data: tuple[NDArray[np.float64], NDArray[np.int64]]
    accuracy: float
    new_accuracy: float


def train(epochs: int = EPOCHS, points: int = POINTS) -> Trained:
    """Train 2-16-16-1 on the mean hinge loss ``max(0, 1 - label · score)`` of all points at once.

    >>> train(epochs=1, points=4).accuracy >= 0.0
    True
    """
    data, new = (
        datasets.moons(count, noise=0.1, seed=seed)
        for count, seed in ((points, SEED), (NEW_POINTS, SEED + 1))
    )
    model = MLP(2, [16, 16, 1], rng=SEED)
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    history = fit(model, data, hinge_loss, optimizer, epochs=epochs, batch_size=points, rng=SEED)
    if history.stopped:  # by Ctrl-C
        raise KeyboardInterrupt
    shares = (evaluate(model, each, hinge_loss, metrics=[accuracy])["accuracy"] for each in (data, new))
    return Trained(model, data, *shares)
