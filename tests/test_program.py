"""Every operation and every composition recorded as a program: replayed, it is the eager computation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from samples import COMPOSITION_CASES, ELEMENTWISE, ROW_CASES, Case, points

import autograd
from autograd import RecordError, Value, value_and_grad
from autograd.operation import Operation
from autograd.program import record

ROUNDING = 1e-12  # the order of additions may differ, nothing else


def weighted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function to a scalar in which every element has another weight, so that each gradient counts."""

    def total(*inputs: Any) -> Any:
        y = function(*inputs)
        return autograd.sum(autograd.reshape(y, (-1,)) * np.linspace(0.5, 1.5, math.prod(y.shape)))

    return total


def agree(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=ROUNDING, atol=1e-13)


@pytest.mark.parametrize("case", ROW_CASES + COMPOSITION_CASES, ids=str)
def test_arrays_forward_and_backward(case: Case) -> None:
    first, second = case.inputs(0), case.inputs(1)
    function = value_and_grad(weighted(case.call), argnums=tuple(range(len(first))))
    program = record(function)(*first)
    for inputs in (first, second):
        try:
            value, gradients = program(*inputs)
        except RecordError:  # another branch: an error, and never a number of the wrong one
            assert inputs is second
            value, gradients = record(function)(*inputs).result
        expected_value, expected_gradients = function(*inputs)
        agree(value, expected_value)
        for found, expected in zip(gradients, expected_gradients, strict=True):
            agree(found, expected)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_scalars_forward_and_backward(row: Operation) -> None:
    def function(*numbers: Any) -> Any:
        leaves = [Value(x) for x in numbers]
        y = row(*leaves)
        y.backward()
        return [y, *[leaf.grad for leaf in leaves]]

    first, *others = points(row)
    program = record(function)(*first)
    for point in (first, *others):
        try:
            found = program(*point)
        except RecordError:  # another branch
            assert point is not first
            found = record(function)(*point).result
        for number, expected in zip(found, function(*point), strict=True):
            if expected is not None:
                agree(float(number), float(expected))
