"""Descent on inputs: the weights stay as they are, and the input is what moves.

    walk:  p ← p - rate · d|p - target|² / dp              the gradient points away from the target
    like:  x ← x + rate · d score_c(x) / dx - decay · x    what image does a network take for the surest 3?

The walk on the plane is the plainest case: with a rate of 0.1 each step covers a fifth of what is left, so
after n steps 0.8ⁿ of the way remains. The second climbs the score that a trained network gives a digit,
starting from an empty image and keeping every pixel between no ink (0) and all ink (1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import viz
from autograd import Tensor, Value
from chainrule import datasets
from nn import SGD, Adam, Linear, ReLU, Sequential, cross_entropy, fit

START, TARGET, RATE, STEPS = (4.0, -3.0), (1.0, 1.0), 0.1, 30
DIGIT, CLIMB_STEPS = 3, 100


class Result(NamedTuple):
    """The walk, and the image that the network likes most as a 3."""

    path: list[tuple[float, float]]
    model: Sequential
    image: NDArray[np.float32]
    """(64,)"""
    empty_score: float
    best_real_score: float
    """the highest score of a real image of that digit"""
    score: float


def walk() -> list[tuple[float, float]]:
    """From START towards TARGET; the place after every step."""
    x, y = Value(START[0], label="x"), Value(START[1], label="y")
    optimizer = SGD([x, y], lr=RATE)
    path = [(x.data, y.data)]
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((x - TARGET[0]) ** 2 + (y - TARGET[1]) ** 2).backward()
        optimizer.step()
        path.append((x.data, y.data))
    return path


def run() -> Result:
    """Walk; then train a network on the digits, and climb its score for a 3."""
    pixels, labels = datasets.digits()
    pixels = pixels.astype(np.float32)
    draw = np.random.default_rng(0)
    model = Sequential(Linear(64, 32, rng=draw), ReLU(), Linear(32, 10, rng=draw))
    fit(model, (pixels, labels), cross_entropy, Adam(model.parameters(), lr=0.01), rng=0, progress=False)

    model.requires_grad_(False)
    image = Tensor(np.zeros((1, 64), np.float32), requires_grad=True, label="image")
    optimizer = SGD([image], lr=0.02, weight_decay=0.1, maximize=True)
    for _ in range(CLIMB_STEPS):
        optimizer.zero_grad()
        model(image)[0, DIGIT].backward()
        optimizer.step()
        image.data = np.clip(image.data, 0, 1)
    return Result(
        walk(),
        model,
        image.data[0],
        float(model(np.zeros((1, 64), np.float32)).data[0, DIGIT]),
        float(model(pixels[labels == DIGIT]).data[:, DIGIT].max()),
        float(model(image).data[0, DIGIT]),
    )


def show(result: Result) -> None:
    """Print the walk and the image."""
    for step in (0, 1, 2, 10, STEPS):
        x, y = result.path[step]
        print(
            f"step {step:2}: ({x:.4f}, {y:.4f}), {np.hypot(x - TARGET[0], y - TARGET[1]):.4f} from the target"
        )
    print(f"\nwhat the network takes for a {DIGIT}: score {result.empty_score:.2f} for an empty image,")
    print(f"{result.best_real_score:.2f} for the surest real one, {result.score:.2f} for this:")
    for line in result.image.reshape(8, 8):
        print("   " + "".join("·.+*#"[round(4 * float(ink))] for ink in line))


def pictures(result: Result) -> dict[str, viz.NetworkDiagram]:
    """The network at work on that image."""
    image = Tensor(result.image, requires_grad=True)  # the weights are frozen: what moves is on the graph
    return {"input-search": viz.network(result.model, image, labels=range(10))}


if __name__ == "__main__":
    show(run())
