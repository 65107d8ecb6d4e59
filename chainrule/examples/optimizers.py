"""Plain descent, momentum and Adam: in a narrow valley, and on handwritten digits.

    SGD         w ← w - lr g
    momentum    v ← μ v + g                                   w ← w - lr v
    Adam        m ← β₁ m + (1-β₁) g,  s ← β₂ s + (1-β₂) g²    w ← w - lr m̂ / (√ŝ + ε)

The valley is L = (x² + 100 y²) / 2: along y a rate above 2/100 explodes, and along x that rate is far too
small. Momentum adds up what keeps its direction, along x, and cancels what jumps to and fro, along y. The
theory gives the best rates: SGD 2 / (1 + 100), factor 99/101 a step; momentum ((√100 - 1) / (√100 + 1))²,
factor about 9/11 a step (Polyak 1964). Adam divides by the size of each gradient, so the two directions look
alike to it, and a step is about the rate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import Value
from chainrule import datasets
from nn import SGD, Adam, Linear, Optimizer, ReLU, Sequential, accuracy, cross_entropy, fit, split

START, STEEPNESS, CLOSE, MOST = (10.0, 1.0), 100.0, 1e-6, 2000
EPOCHS = 5

Make = Callable[[Any, float], Optimizer]
MAKERS: dict[str, Make] = {
    "SGD": lambda parameters, lr: SGD(parameters, lr=lr),
    "momentum": lambda parameters, lr: SGD(parameters, lr=lr, momentum=(9 / 11) ** 2),
    "Adam": lambda parameters, lr: Adam(parameters, lr=lr),
}
VALLEY_RATES = {"SGD": 2 / (1 + STEEPNESS), "momentum": 4 / 11**2, "Adam": 1.0}
DIGITS_RATES = {"SGD": 0.1, "momentum": 0.1, "Adam": 0.01}


class Row(NamedTuple):
    """How many steps the valley took to a loss of a millionth, and how well digits were read after EPOCHS."""

    steps: int
    losses: list[float]
    """of the valley"""
    digits_loss: float
    digits_accuracy: float


def valley(make: Make, rate: float) -> list[float]:
    """The losses on the way down, until one is below a millionth."""
    x, y = (Value(number, label=label) for number, label in zip(START, "xy", strict=True))
    optimizer = make([x, y], rate)
    losses: list[float] = []
    while len(losses) < MOST and (not losses or losses[-1] > CLOSE):
        loss = (x**2 + STEEPNESS * y**2) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


def digits(make: Make, rate: float) -> tuple[float, float]:
    """The loss, and the share of new digits read right, of 64-16-16-10 after a few epochs."""
    pixels, labels = datasets.digits()
    data, new = split(pixels.astype(np.float32), labels, rng=0)
    draw = np.random.default_rng(0)
    model = Sequential(
        Linear(64, 16, rng=draw), ReLU(), Linear(16, 16, rng=draw), ReLU(), Linear(16, 10, rng=draw)
    )
    history = fit(
        model,
        data,
        cross_entropy,
        make(model.parameters(), rate),
        epochs=EPOCHS,
        validation=new,
        metrics=[accuracy],
        rng=0,
        progress=False,
    )
    return history["loss"][-1], history["validation_accuracy"][-1]


def run() -> dict[str, Row]:
    """All three, each with a rate that suits it."""
    rows = {}
    for name, make in MAKERS.items():
        losses = valley(make, VALLEY_RATES[name])
        rows[name] = Row(len(losses), losses, *digits(make, DIGITS_RATES[name]))
    return rows


def show(result: dict[str, Row]) -> None:
    """Print who is how fast."""
    print(f"            steps to a loss of {CLOSE:g}   digits after {EPOCHS} epochs: loss, read right")
    for name, row in result.items():
        print(f"{name:10} {row.steps:22} {row.digits_loss:28.4f} {row.digits_accuracy:12.1%}")


if __name__ == "__main__":
    show(run())
