"""Logistic regression: a neuron that says how likely a yes is, and learns by log loss.

    p = σ(w · x + b)        L = -(y log p + (1 - y) log(1 - p))        dL/dw = (p - y) x,  dL/db = p - y

Two half moons reach into each other: a straight line separates most of the points, and never all. With
weights of zero, p is ½ everywhere and the loss is log 2. Where the loss is least, its gradient is zero; that
of b is the mean of p - y, so in the end the probabilities are right on average.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from autograd import sigmoid
from nn import SGD, Linear, accuracy, binary_cross_entropy_with_logits, fit, init, predict
from nn.data import moons


class Result(NamedTuple):
    """The loss at first and at last, the share of right answers, and what the equations above promise."""

    first_loss: float
    last_loss: float
    accuracy: float
    gradient_error: float
    """the largest difference between the gradient and the mean of (p - y) x"""
    mean_probability: float
    mean_label: float


def run() -> Result:
    """Compare the gradient with its formula, and then descend on all points at once."""
    points, labels = moons(200, noise=0.25, seed=0)
    points, y = points[:150], (labels[:150, None] > 0).astype(float)
    model = Linear(2, 1, dtype=np.float64)
    for parameter in model.parameters():
        init.zeros_(parameter)

    first = binary_cross_entropy_with_logits(model(points), y)
    first.backward()
    by_hand = np.mean((0.5 - y) * points, axis=0)
    gradient_error = float(np.abs(model.weight.grad - by_hand).max())

    history = fit(
        model,
        (points, y),
        binary_cross_entropy_with_logits,
        SGD(model.parameters(), lr=1.0),
        epochs=1000,
        batch_size=len(points),
        rng=0,
        progress=False,
    )
    scores = predict(model, points)
    return Result(
        float(first),
        history["loss"][-1],
        accuracy(scores, y),
        gradient_error,
        float(np.mean(sigmoid(scores))),
        float(np.mean(y)),
    )


def show(result: Result) -> None:
    """Print how it learned."""
    print(f"log loss {result.first_loss:.6f} at first, which is log 2 = {math.log(2):.6f}")
    print(f"log loss {result.last_loss:.6f} at last")
    print(f"the gradient is the mean of (p - y) x, to {result.gradient_error:.0e}")
    print(f"{result.accuracy:.1%} of the points are on the right side of the line")
    print(f"mean probability {result.mean_probability:.6f}, share of ones {result.mean_label:.6f}")


if __name__ == "__main__":
    show(run())
