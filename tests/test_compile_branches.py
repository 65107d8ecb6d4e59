"""Branches: another answer, or another number of elements, is recorded anew and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from step_pairs import twice

import autograd
import nn
from autograd import RecordError, Tensor, record


def test_a_branch_is_recorded_for_each_answer() -> None:
    calls = []

    @autograd.compile
    def step(x: Any) -> Any:
        calls.append(1)
        return autograd.sin(x).sum() if x.sum() > 0 else (x * x).sum()

    for sign in (1, 1, 1, 1, -1, -1, -1, 1, -1):
        x = np.full(3, float(sign)) * 0.3
        expected = np.sin(x).sum() if sign > 0 else (x * x).sum()
        assert step(x) == pytest.approx(expected, rel=1e-15)
    (programs,) = step.programs.values()
    assert len(programs) == 2 and len(calls) < 9


def test_a_branch_after_a_change_undoes_the_change() -> None:
    """The running sum must not be counted twice when the branch turns out to be another one."""
    total, generator = np.zeros(()), np.random.default_rng(0)

    def step(x: Any) -> Any:
        own = autograd.lend(total)
        own += x.sum()
        noise = autograd.random_numbers(generator, (2,)).sum()
        return (own * 2 if own > 5 else own * 3) + 0 * noise

    compiled = autograd.compile(step)
    results = [float(compiled(np.ones(2))) for _ in range(6)]
    assert results == [6, 12, 12, 16, 20, 24] and total == 12
    draws = np.random.default_rng(0)
    draws.random(12)
    assert generator.random() == draws.random()


def test_random_numbers_before_a_branch_are_drawn_once() -> None:
    def make() -> Any:
        generator = np.random.default_rng(0)
        return lambda x: x * 2 if autograd.random_numbers(generator, ()) > x else x * 3

    eager, compiled = make(), autograd.compile(make())
    for _ in range(30):
        assert compiled(0.5) == eager(0.5)


def test_nothing_is_changed_before_a_question_that_comes_before_it() -> None:
    """Also where numbers are computed in groups: not the steps of an optimiser, nor random numbers."""

    def stepping() -> tuple[Any, Any]:
        model, draws = nn.MLP(2, [12, 12, 1], "tanh", rng=0), np.random.default_rng(5)
        w, optimizer = Tensor(np.ones(2), requires_grad=True), nn.Adam(model.parameters(), lr=0.05)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = (model([x, y]) - 0.5) ** 2
            loss.backward()
            positive = bool(loss > 0.3)
            (w * (3.0 if positive else 4.0)).sum().backward()
            optimizer.step()
            return loss, autograd.random_numbers(draws, (2,)) * (1 if positive else 2)

        return w, step

    one, two, eager, compiled = twice(stepping)
    draw = np.random.default_rng(0)
    for _ in range(16):
        x, y = map(float, draw.normal(size=2))
        (loss, numbers), (expected, others) = compiled(x, y), eager(x, y)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-10)
        np.testing.assert_array_equal(numbers, others)
        np.testing.assert_array_equal(two.grad, one.grad)


def test_a_mask_that_chooses_another_number_of_elements_is_recorded_anew() -> None:
    def step(x: Any) -> Any:
        return x[x > 0] * 2

    compiled, program = autograd.compile(step), record(step)(np.ones(3))
    for x in np.array([[1.0, 1, 1], [1, 2, 3], [3, 1, 2], [1, -1, 2], [3, 0, 4], [1, -1, -1], [5, 6, 7]]):
        np.testing.assert_array_equal(compiled(x), step(x))
    with pytest.raises(RecordError, match="mask"):
        program(np.array([1.0, -1, -1]))


@pytest.mark.parametrize("undone", [True, False])
@pytest.mark.parametrize("name", ["unique", "bincount", "flatnonzero", "argwhere", "union1d", "repeat"])
def test_results_that_are_longer_or_shorter_are_recorded_anew(name: str, undone: bool) -> None:
    """One element must not be taken for many, nor a step be half made before that is noticed."""
    calls: dict[str, Callable[[Any], Any]] = {
        "union1d": lambda x: np.union1d(x, x),
        "repeat": lambda x: np.repeat(np.arange(len(x)) * x, x),
    }
    call = calls.get(name, getattr(np, name))

    def counting() -> tuple[Any, Any]:
        count = np.zeros(1)

        def step(x: Any) -> Any:
            if undone:
                counter = autograd.lend(count)
                counter += 1
            return call(x).sum()

        return count, step

    one, two, eager, compiled = twice(counting)
    for numbers in ([1, 2, 3], [1, 2, 3], [1, 2, 3], [3, 2, 1], [1, 1, 1], [0, 0, 2], [0, 0, 0], [2, 3, 2]):
        assert compiled(np.array(numbers)) == eager(np.array(numbers))
        assert one == two
