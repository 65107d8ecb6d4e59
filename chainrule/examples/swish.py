"""Swish, a ReLU without the kink, and its lowest point found by descent.

    swish(x) = x σ(x)        swish′(x) = σ(x) + x σ(x) (1 - σ(x))

Far to the right it is x and far to the left it is 0, as with ReLU, but on the way it dips below zero: where
the slope is zero, x = -1.2785, it is -0.2785. There swish(x) = x + 1, which follows from swish′(x) = 0.
PyTorch calls it SiLU (Ramachandran, Zoph and Le 2017; Hendrycks and Gimpel 2016).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Value, grad, sigmoid, silu
from nn import SGD
from viz import Drawing, draw


class Result(NamedTuple):
    """Swish and its slope at some places, how far the slope is from its formula, and the lowest point."""

    x: NDArray[np.float64]
    swish: NDArray[np.float64]
    slope: list[float]
    slope_error: float
    lowest_x: float
    lowest: float


def swish(x: Any) -> Any:
    """``x σ(x)``, written out; ``autograd.silu`` is the same in one piece."""
    return x * sigmoid(x)


def run() -> Result:
    """Compute it, compare its slope with the formula, and walk downhill from 0."""
    x = np.arange(-6.0, 7.0)
    s = sigmoid(x)
    slope = [grad(swish)(place) for place in x.tolist()]
    slope_error = np.abs(slope - (s + x * s * (1 - s))).max()

    lowest = Value(0.0, label="x")
    optimizer = SGD([lowest], lr=2.0)
    for _ in range(100):
        optimizer.zero_grad()
        swish(lowest).backward()
        optimizer.step()
    return Result(x, silu(x), slope, float(slope_error), lowest.data, swish(lowest.data))


def show(result: Result) -> None:
    """Print the values and the lowest point."""
    print("     x    swish    slope     relu")
    for x, y, slope in zip(result.x, result.swish, result.slope, strict=True):
        print(f"{x:6g} {y:8.4f} {slope:8.4f} {max(x, 0):8.4f}")
    print(f"the slope is that of the formula, to {result.slope_error:.0e}")
    print(f"lowest at x = {result.lowest_x:.6f}, where it is {result.lowest:.6f}")


def pictures(result: Result) -> dict[str, Drawing]:
    """The graph of swish at its lowest point: both ways to x carry a gradient, and they cancel."""
    y = swish(Value(result.lowest_x, label="x"))
    y.backward()
    return {"swish": draw(y)}


if __name__ == "__main__":
    show(run())
