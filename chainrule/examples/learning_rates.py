"""Learning rates: too small, right and too large, in the plainest of valleys.

    L(w) = (w - 3)²        w ← w - rate · 2 (w - 3)        so        w - 3 ← (1 - 2 rate) (w - 3)

Each step multiplies the distance to the lowest point by the same factor. Near 1 it hardly moves; 0 arrives
at once; a negative one jumps across; -1 jumps to and fro for ever; and below that, each jump is wider.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd import Value
from nn import SGD

START, LOWEST, STEPS = -1.0, 3.0, 20
RATES = {"too small": 0.005, "right": 0.3, "at once": 0.5, "for ever": 1.0, "too large": 1.1}


class Row(NamedTuple):
    """One rate: where each step led, and where the formula says that the last one is."""

    rate: float
    path: list[float]
    by_formula: float


def run() -> dict[str, Row]:
    """Take the steps for every rate."""
    return {name: Row(rate, descend(rate), by_formula(rate)) for name, rate in RATES.items()}


def descend(rate: float) -> list[float]:
    """Where w is at first and after every step."""
    w = Value(START, label="w")
    optimizer = SGD([w], lr=rate)
    path = [w.data]
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((w - LOWEST) ** 2).backward()
        optimizer.step()
        path.append(w.data)
    return path


def by_formula(rate: float) -> float:
    """Where w is after all steps, without taking one."""
    return LOWEST + (1 - 2 * rate) ** STEPS * (START - LOWEST)


def show(result: dict[str, Row]) -> None:
    """Print where each rate led."""
    print(f"from w = {START:g}, {STEPS} steps towards w = {LOWEST:g}")
    for name, (rate, path, expected) in result.items():
        first = ", ".join(f"{w:.3g}" for w in path[:5])
        print(f"{name:10} rate {rate:<5g}  {first}, … {path[-1]:.6g}   (by the formula {expected:.6g})")


if __name__ == "__main__":
    show(run())
