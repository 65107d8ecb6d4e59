"""A curve of straight pieces, made of ReLUs, found again by descent on the mean absolute error.

    R(x) = max(0, x)        f(x) = R(x - 1) + 3 R(x - 4) - 5        E = mean |g(x) - f(x)|

Each R turns the curve at one place: f is flat up to x = 1, then rises by 1, and from x = 4 on by 1 + 3. The
model has the same form, with five numbers that it has to find: g(x) = a R(x - p) + b R(x - q) + c.

A layer of ReLUs between two linear layers is such a sum, too. With 16 of them it fits f without being told
how often it turns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd import Value, relu
from nn import Adam, CosineAnnealingLR, Linear, ReLU, Sequential, fit, l1_loss

TRUTH = {"a": 1.0, "p": 1.0, "b": 3.0, "q": 4.0, "c": -5.0}
GUESS = {"a": 0.5, "p": 0.0, "b": 0.5, "q": 5.0, "c": 0.0}
STEPS = 1500


class Result(NamedTuple):
    """The five numbers found, the mean absolute error, and that of the layer of ReLUs."""

    found: dict[str, float]
    first_error: float
    error: float
    layer_error: float


def curve(x: Any, a: Any, p: Any, b: Any, q: Any, c: Any) -> Any:
    """``a R(x - p) + b R(x - q) + c``."""
    return a * relu(x - p) + b * relu(x - q) + c


def run() -> Result:
    """Find the five numbers, and then train the layer on the same points."""
    x = np.linspace(-2, 8, 201)
    f = curve(x, **TRUTH)
    numbers = {name: Value(guess, label=name) for name, guess in GUESS.items()}
    optimizer = Adam(numbers.values(), lr=0.1)
    schedule = CosineAnnealingLR(optimizer, T_max=STEPS)  # |x| is as steep near 0 as far away: slow down
    errors = []
    for _ in range(STEPS):
        error = l1_loss(curve(x, **numbers), f)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        schedule.step()
        errors.append(float(error))
    found = {name: number.data for name, number in numbers.items()}
    return Result(found, errors[0], errors[-1], layer(x, f))


def layer(x: Any, f: Any) -> float:
    """The mean absolute error of a trained layer of 16 ReLUs."""
    model = Sequential(Linear(1, 16, rng=0), ReLU(), Linear(16, 1, rng=1))
    optimizer = Adam(model.parameters(), lr=0.03)
    schedule = CosineAnnealingLR(optimizer, T_max=STEPS)
    points = x[:, None].astype(np.float32), f[:, None].astype(np.float32)
    history = fit(
        model,
        points,
        l1_loss,
        optimizer,
        epochs=STEPS,
        batch_size=len(x),
        schedule=schedule,
        rng=0,
        progress=False,
    )
    return history["loss"][-1]


def show(result: Result) -> None:
    """Print what was found."""
    for name, number in result.found.items():
        print(f"{name}: guessed {GUESS[name]:4g}, found {number:8.5f}, truth {TRUTH[name]:4g}")
    print(f"mean absolute error {result.first_error:.3f} at first, {result.error:.6f} at last")
    print(f"a layer of 16 ReLUs: {result.layer_error:.6f}")


if __name__ == "__main__":
    show(run())
