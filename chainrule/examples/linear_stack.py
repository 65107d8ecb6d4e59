"""A stack of linear layers is one linear layer, however deep.

    X₁ = X W₁ᵀ + b₁,  X₂ = X₁ W₂ᵀ + b₂,  …        is        Y = X Aᵀ + B        with
    A = Wₙ ⋯ W₂ W₁,        B what the stack makes of zero

So depth alone adds nothing; an activation between the layers does. A linear map is known by what it does to
zero and to each input alone: that is how A and B are read off here, by running the stack and by its Jacobian.
A stack with ReLUs has no such A: the same test fails.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import jacobian
from nn import Linear, ReLU, Sequential, predict

WIDTHS = (3, 50, 40, 30, 2)


class Result(NamedTuple):
    """The one linear map, and how far the stacks are from such a map."""

    A: NDArray[np.float64]
    """(outputs, inputs)"""
    B: NDArray[np.float64]
    """(outputs,)"""
    product_difference: float
    """between A read off the stack's Jacobian, and the product of its weights"""
    difference: float
    """between the stack and X Aᵀ + B, on 1,000 inputs"""
    relu_difference: float
    """the same with ReLUs between the layers"""
    numbers_in_the_stack: int
    numbers_in_the_map: int


def stack(relu: bool) -> Sequential:
    """Linear layers of the same weights, with or without ReLUs between them."""
    draw = np.random.default_rng(0)
    model = Sequential()
    for before, after in itertools.pairwise(WIDTHS):
        if relu and len(model):
            model.append(ReLU())
        model.append(Linear(before, after, rng=draw, dtype=np.float64))
    return model


def as_linear_map(model: Sequential) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A and B, as if the model were linear: its slope and its value at zero."""
    zero = np.zeros(WIDTHS[0])
    return jacobian(model)(zero), predict(model, zero[None])[0]


def run() -> Result:
    """Read A and B off both stacks, and try whether they say what the stacks do."""
    model, bent = stack(relu=False), stack(relu=True)
    A, B = as_linear_map(model)
    weights = [parameter.data for parameter in model.parameters() if parameter.ndim == 2]
    product = np.linalg.multi_dot(weights[::-1])
    X = np.random.default_rng(1).normal(size=(1000, WIDTHS[0]))
    bent_A, bent_B = as_linear_map(bent)
    return Result(
        A,
        B,
        float(np.abs(A - product).max()),
        float(np.abs(predict(model, X) - (X @ A.T + B)).max()),
        float(np.abs(predict(bent, X) - (X @ bent_A.T + bent_B)).max()),
        sum(parameter.size for parameter in model.parameters()),
        A.size + B.size,
    )


def show(result: Result) -> None:
    """Print the map."""
    print(f"{result.numbers_in_the_stack:,} numbers in layers {'-'.join(map(str, WIDTHS))} do what", end=" ")
    print(f"these {result.numbers_in_the_map} do:")
    print(f"A =\n{result.A.round(4)}\nB = {result.B.round(4)}")
    print(f"A is the product of the weights, to {result.product_difference:.0e}")
    print(f"stack against X Aᵀ + B on 1,000 inputs: {result.difference:.0e} apart at most")
    print(
        f"with ReLUs between the layers:          {result.relu_difference:.2f} apart, so it is no linear map"
    )


if __name__ == "__main__":
    show(run())
