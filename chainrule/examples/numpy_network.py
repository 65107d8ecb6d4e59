"""A network of two layers by hand, in plain NumPy, and the same in chainrule.

    H = σ(X W₁ + b₁)    P = σ(H W₂ + b₂)    L = mean (P - Y)²

Backwards, from the loss to the first weights, with σ′ = σ (1 - σ), each line from the one before it:

    D₂ = 2 (P - Y) / n · P (1 - P)    dL/dW₂ = Hᵀ D₂    dL/db₂ = sum of D₂
    D₁ = D₂ W₂ᵀ · H (1 - H)           dL/dW₁ = Xᵀ D₁    dL/db₁ = sum of D₁

The task is "one or the other, not both", which no single neuron can do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, sigmoid
from nn import SGD, mse_loss

Arrays = list[NDArray[np.float64]]

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
HIDDEN, RATE, STEPS = 4, 2.0, 2000


class Result(NamedTuple):
    """The losses of both trainings, how far they are apart, and the answers in the end."""

    losses_by_hand: list[float]
    losses: list[float]
    gradient_difference: float
    answers: NDArray[np.float64]


def first_weights() -> Arrays:
    """W₁, b₁, W₂, b₂."""
    draw = np.random.default_rng(0)
    return [draw.normal(size=(2, HIDDEN)), np.zeros(HIDDEN), draw.normal(size=(HIDDEN, 1)), np.zeros(1)]


def by_hand(weights: Arrays) -> tuple[float, Arrays]:
    """The loss and its four gradients, in NumPy alone."""
    W1, b1, W2, b2 = weights
    H = 1 / (1 + np.exp(-(X @ W1 + b1)))  # (4, hidden)
    P = 1 / (1 + np.exp(-(H @ W2 + b2)))  # (4, 1)
    D2 = 2 * (P - Y) / P.size * P * (1 - P)
    D1 = D2 @ W2.T * H * (1 - H)
    return float(np.mean((P - Y) ** 2)), [X.T @ D1, D1.sum(axis=0), H.T @ D2, D2.sum(axis=0)]


def network(weights: Any) -> Any:
    """The same forward; the gradients come by themselves."""
    W1, b1, W2, b2 = weights
    return sigmoid(sigmoid(X @ W1 + b1) @ W2 + b2)


def run() -> Result:
    """Train both, step by step, from the same weights."""
    arrays = first_weights()
    tensors = [Tensor(array, requires_grad=True) for array in first_weights()]
    optimizer = SGD(tensors, lr=RATE)
    losses_by_hand, losses, difference = [], [], 0.0
    for _ in range(STEPS):
        hand_loss, gradients = by_hand(arrays)
        loss = mse_loss(network(tensors), Y)
        optimizer.zero_grad()
        loss.backward()
        for tensor, gradient in zip(tensors, gradients, strict=True):
            difference = max(difference, float(np.abs(tensor.grad - gradient).max()))
        arrays = [array - RATE * gradient for array, gradient in zip(arrays, gradients, strict=True)]
        optimizer.step()
        losses_by_hand.append(hand_loss)
        losses.append(float(loss))
    return Result(losses_by_hand, losses, difference, network(tensors).data)


def show(result: Result) -> None:
    """Print both trainings beside each other."""
    print("step   loss by hand   loss in chainrule")
    for step in (0, 10, 100, 1000, STEPS - 1):
        print(f"{step:4}   {result.losses_by_hand[step]:.10f}   {result.losses[step]:.10f}")
    print(f"largest difference of any gradient in any step: {result.gradient_difference:.1e}")
    for inputs, answer in zip(X, result.answers[:, 0], strict=True):
        print(f"{inputs[0]:g} or {inputs[1]:g}, not both: {answer:.3f}")


if __name__ == "__main__":
    show(run())
