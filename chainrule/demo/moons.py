"""The same learning with one number a node: an ``MLP`` of Values separates two moons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd import Tensor, no_grad, relu
from chainrule import datasets
from nn import MLP, Adam

STEPS, LEARNING_RATE, SEED = 80, 0.03, 1
POINTS, NEW_POINTS = 100, 1000


@dataclass(frozen=True)
class Training:
    """A trained network, its loss at each step, and the shares of points on the right side."""

    model: MLP
    losses: tuple[float, ...]
    accuracy: float
    new_accuracy: float


def train(steps: int = STEPS, points: int = POINTS) -> Training:
    """Train 2-16-16-1 on the mean hinge loss ``max(0, 1 - label · score)`` of all points at once.

    >>> train(steps=1, points=4).losses[0] > 0
    True
    """
    inputs, labels = datasets.moons(points, noise=0.1, seed=SEED)
    model = MLP(2, [16, 16, 1], rng=SEED)
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    losses: list[float] = []
    with tqdm(total=steps, desc="   moons", unit="step", mininterval=0.25) as progress:
        for _ in range(steps):
            scores = [model(point) for point in inputs.tolist()]
            hinges = [relu(1.0 - label * score) for label, score in zip(labels.tolist(), scores, strict=True)]
            loss = sum(hinges) / len(hinges)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.data)
            progress.set_postfix_str(f"loss {loss.data:.3f}", refresh=False)
            progress.update()
    new_points = datasets.moons(NEW_POINTS, noise=0.1, seed=SEED + 1)
    return Training(model, tuple(losses), accuracy(model, inputs, labels), accuracy(model, *new_points))


def accuracy(model: MLP, inputs: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The share of points whose score has the sign of their label.

    The network of single numbers is fed two arrays, one a coordinate, and so runs over all points at once.
    """
    with no_grad():
        scores = model([Tensor(inputs[:, 0]), Tensor(inputs[:, 1])])
    return float(np.mean((scores.data > 0) == (labels > 0)))
