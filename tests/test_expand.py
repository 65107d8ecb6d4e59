"""A network of arrays, spelled out as one of scalars: the same rules, so the same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value
from nn import Linear, ReLU, Sequential, cross_entropy

Grid = list[list[Value]]


def spelled_out(array: Any) -> Any:
    """An array of Values of the numbers in an array."""
    return np.vectorize(Value, otypes=[object])(array)


def gradients(values: Any) -> Any:
    return np.vectorize(lambda value: value.grad, otypes=[float])(values)


def linear(rows: Grid, weight: Any, bias: Any) -> Grid:
    """``x Wᵀ + b``, one sum of products at a time."""
    return [
        [
            sum((w * x for w, x in zip(line, row, strict=True)), b)
            for line, b in zip(weight, bias, strict=True)
        ]
        for row in rows
    ]


def softmax_cross_entropy(rows: Grid, classes: list[int]) -> Value:
    """The mean of ``-log(exp(zₜ) / Σ exp(z))``, written as it stands."""
    total: Any = 0.0
    for row, label in zip(rows, classes, strict=True):
        exponentials = [autograd.exp(z) for z in row]
        total = total - autograd.log(exponentials[label] / sum(exponentials[1:], exponentials[0]))
    return total / len(rows)


@pytest.mark.parametrize("seed", range(3))
def test_a_classifier_of_tensors_equals_one_of_values(seed: int) -> None:
    random = np.random.default_rng(seed)
    inputs, classes = random.normal(size=(5, 4)), [0, 2, 1, 1, 2]
    model = Sequential(
        Linear(4, 6, rng=random, dtype=np.float64), ReLU(), Linear(6, 3, rng=random, dtype=np.float64)
    )
    x = Tensor(inputs, requires_grad=True)
    loss = cross_entropy(model(x), np.array(classes))
    loss.backward()

    w1, b1, w2, b2 = parameters = [spelled_out(parameter.data) for parameter in model.parameters()]
    scalars = spelled_out(inputs)
    hidden = [[autograd.relu(z) for z in row] for row in linear(scalars, w1, b1)]
    same_loss = softmax_cross_entropy(linear(hidden, w2, b2), classes)
    same_loss.backward()

    assert float(loss) == pytest.approx(same_loss.data, rel=1e-13)
    for parameter, values in zip(model.parameters(), parameters, strict=True):
        np.testing.assert_allclose(parameter.grad, gradients(values), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(x.grad, gradients(scalars), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("of_arrays", "of_scalars"),
    [
        (
            lambda x: autograd.log_softmax(x),
            lambda row: [z - autograd.log(sum(autograd.exp(u) for u in row)) for z in row],
        ),
        (
            lambda x: (x - autograd.mean(x)) / autograd.std(x),
            lambda row: [
                (z - sum(row) / len(row))
                / autograd.sqrt(sum((u - sum(row) / len(row)) ** 2 for u in row) / len(row))
                for z in row
            ],
        ),
        (
            lambda x: autograd.cumprod(x),
            lambda row: [row[0], row[0] * row[1], row[0] * row[1] * row[2]],
        ),
        (
            lambda x: x @ autograd.outer(x, x),
            lambda row: [sum(u * u for u in row) * z for z in row],
        ),
        (
            lambda x: autograd.sort(x)[::-1] * x,
            lambda row: [u * z for u, z in zip(sorted(row, key=lambda v: -v.data), row, strict=True)],
        ),
    ],
    ids=["log softmax", "standard score", "cumulative product", "outer product", "sort"],
)
def test_array_programs_equal_scalar_programs(of_arrays: Any, of_scalars: Any) -> None:
    numbers = np.array([0.7, -1.3, 2.1])
    weights = [0.3, -0.9, 1.7]
    x = Tensor(numbers, requires_grad=True)
    y = of_arrays(x)
    (y * np.array(weights)).sum().backward()
    row = [Value(number) for number in numbers]
    scalars = of_scalars(row)
    np.testing.assert_allclose(y.data, [z.data for z in scalars], rtol=1e-13)
    sum(w * z for w, z in zip(weights, scalars, strict=True)).backward()
    np.testing.assert_allclose(x.grad, [value.grad for value in row], rtol=1e-12, atol=1e-14)
