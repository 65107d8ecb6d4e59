"""Softmax makes probabilities of scores, and cross-entropy makes the simplest gradient of them.

    pᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)        L = -log p_y        dL/dxᵢ = pᵢ - [i is y]

The probabilities are positive, add up to 1, and do not change when all scores grow by the same number; so
the largest is subtracted first, and scores of 1000 overflow nothing. Scores divided by a temperature make
them sharper (below 1) or more even (above 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from nn.functional import cross_entropy, softmax

SCORES, ANSWER = np.array([2.0, 1.0, 0.1]), 0
TEMPERATURES = (0.1, 1.0, 10.0)


class Result(NamedTuple):
    """Probabilities at each temperature, of shifted scores, and the loss with its gradient."""

    probabilities: dict[float, NDArray[np.float64]]
    shifted: NDArray[np.float64]
    loss: float
    gradient: NDArray[np.float64]
    by_formula: NDArray[np.float64]


def run() -> Result:
    """Compute the probabilities, the loss if the first answer is right, and its gradient."""
    scores = Tensor(SCORES[None], requires_grad=True, label="scores")
    loss = cross_entropy(scores, np.array([ANSWER]))
    loss.backward()
    p = softmax(SCORES)
    return Result(
        {temperature: softmax(SCORES / temperature) for temperature in TEMPERATURES},
        softmax(SCORES + 1000),
        float(loss),
        scores.grad[0],
        p - np.eye(len(p))[ANSWER],
    )


def show(result: Result) -> None:
    """Print what becomes of the scores."""
    print(f"scores {SCORES}")
    for temperature, p in result.probabilities.items():
        print(f"temperature {temperature:4g}: {p.round(4)}, which add up to {p.sum():.6f}")
    print(f"scores + 1000:    {result.shifted.round(4)}, the same")
    print(f"cross-entropy if the first is right: {result.loss:.6f}")
    print(f"gradient {result.gradient.round(4)}, p - y {result.by_formula.round(4)}")


if __name__ == "__main__":
    show(run())
