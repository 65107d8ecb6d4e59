"""The calls and the memory of a plan: what is computed, where it is written and what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from step_pairs import numbers

import nn
from autograd import record
from autograd.program.layout import Layout

RANDOM = np.random.default_rng(0)


def test_a_recorded_array_has_the_methods_of_an_array() -> None:
    def function(x: Any) -> Any:
        return [x.argmax(axis=1), x.cumsum(0), x.std(), x.clip(0, 1), x.prod(axis=0), x.repeat(2), x.T.any()]

    x = RANDOM.normal(size=(3, 4))
    program = record(function)(np.ones((3, 4)))
    for found, expected in zip(program(x), function(x), strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(AttributeError, match="recorded array has no frobnicate"):
        record(lambda x: x.frobnicate)(x)


@pytest.mark.parametrize("function", [np.add, np.maximum])
def test_a_function_is_written_where_a_mask_is_true(function: Any) -> None:
    def written(x: Any, mask: Any) -> Any:
        out = np.zeros_like(x)
        function(x, 1.0, out=out, where=mask)
        return out

    x, mask = numbers(4), np.array([True, False, True, False])
    program = record(written)(x, mask)
    np.testing.assert_array_equal(program(x, ~mask), written(x, ~mask))


def test_what_is_computed_twice_is_computed_once_unless_it_is_written_into() -> None:
    def twice(x: Any) -> Any:
        return np.exp(x).sum() + np.exp(x).max()

    def changed(x: Any) -> Any:
        y = np.exp(x)
        y += 1
        return y.sum() + np.exp(x).max()

    for function, count in ((twice, 1), (changed, 2)):
        program = record(function)(np.ones(4))
        assert sum(instruction.function is np.exp for instruction in program) == count
        x = RANDOM.normal(size=4)
        assert program(x) == function(x)


def test_a_frozen_convolution_is_laid_out_as_in_a_program() -> None:
    images = np.random.default_rng(0).normal(size=(3, 1, 6, 6)).astype(np.float32)
    layer = nn.Conv2d(1, 2, 3, rng=0).requires_grad_(False)

    def means(x: Any) -> Any:
        return layer(x).mean(axis=(0, 2, 3))

    np.testing.assert_array_equal(record(means)(images).result.data, means(images).data)


def test_memory_is_used_again() -> None:
    program = record(lambda x: [x := np.tanh(x + k) * x for k in range(20)][-1])(np.ones(1000))
    blocks = {id(block) for block in program.plan._blocks.values()}
    assert len(program) == 60 and len(blocks) <= 4
    x = RANDOM.normal(size=1000)
    expected = x
    for k in range(20):
        expected = np.tanh(expected + k) * expected
    np.testing.assert_array_equal(program(x), expected)


def test_programs_do_not_keep_what_they_recorded() -> None:
    program = record(lambda x: [x * k for k in range(50)][-1])(np.ones(10_000))
    program(np.ones(10_000))
    assert {type(instruction.output.value) for instruction in program} == {Layout}
    buffers = {id(a.base if a.base is not None else a) for a in program.plan.arrays.values()}
    assert len(buffers) <= 4
