"""Shall we go on a boat trip? One neuron weighs three reasons.

The decision is a weighted sum of reasons, each 1 (yes) or -1 (no), and a bias, which is how much we want
to go anyway; we go if the sum is above zero:

    z = w · x + b        go if z > 0        how surely: σ(z) = 1 / (1 + exp(-z))

The weather is bad and no friend comes along, but the boat is free, and that is worth five times as much.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd import Value, sigmoid
from nn import Neuron
from viz import Drawing, draw

REASONS = ("good weather", "a friend comes along", "the boat is free")
WEIGHTS, BIAS = (1.0, 1.0, 5.0), 1.0
TODAY = (-1.0, -1.0, 1.0)


class Result(NamedTuple):
    """The sum, the decision, how sure it is, and how the sum moves with each reason."""

    z: Value
    go: bool
    sureness: float
    slopes: list[float]


def run() -> Result:
    """Put the weights into a neuron and ask it."""
    neuron = Neuron(3, "linear")
    for parameter, number in zip(neuron.parameters(), [*WEIGHTS, BIAS], strict=True):
        parameter.data = number
    reasons = [Value(x, label=reason) for x, reason in zip(TODAY, REASONS, strict=True)]
    z = neuron(reasons)
    z.label = "z"
    z.backward()
    return Result(z, z.data > 0, sigmoid(z.data), [reason.grad for reason in reasons])


def show(result: Result) -> None:
    """Print the decision."""
    for reason, x, slope in zip(REASONS, TODAY, result.slopes, strict=True):
        print(f"{reason:22} {x:+.0f}   dz/dx = {slope:g}, its weight")
    print(f"z = {result.z.data:g}, so we {'go' if result.go else 'stay'}; σ(z) = {result.sureness:.3f}")


def pictures(result: Result) -> dict[str, Drawing]:
    """The neuron as a graph."""
    return {"boat-trip": draw(result.z)}


if __name__ == "__main__":
    show(run())
