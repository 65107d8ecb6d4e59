"""What calls of programs return, also in threads and inside of other programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import GraphError, Tensor, Value, record


def test_results_are_in_kind_and_in_the_structure_of_the_function() -> None:
    def function(a: Any, pair: Any) -> Any:
        return {"sum": a + pair["t"], "rest": [pair["v"] * 2, autograd.exp(a), 5, "text"]}

    arguments = (np.ones(2), {"t": Tensor([1.0, 2.0]), "v": Value(3.0)})
    program = record(function)(*arguments)
    found = program(np.zeros(2), {"t": Tensor([5.0, 6.0]), "v": Value(4.0)})
    assert isinstance(found["sum"], Tensor) and found["sum"].data.tolist() == [5, 6]
    value, array, number, text = found["rest"]
    assert isinstance(value, Value) and value.data == 8
    with pytest.raises(GraphError, match="keeps no graph"):
        value.backward()
    assert type(array) is np.ndarray and array.tolist() == [1, 1] and (number, text) == (5, "text")
    first = program(np.zeros(2), arguments[1])["rest"][1]
    program(np.ones(2), arguments[1])
    assert first.tolist() == [1, 1]  # a result is a copy, which the next run does not write into


def test_a_result_that_is_a_constant_is_the_callers_to_change() -> None:
    compiled = autograd.compile(lambda x: (x.sum(), np.zeros(2)))
    for _ in range(5):
        _, zeros = compiled(np.ones(2))
        np.testing.assert_array_equal(zeros, np.zeros(2))
        zeros += 1


def test_threads_take_turns_on_one_program() -> None:
    program = record(lambda x: autograd.tanh(x * 2).sum() * 3)(np.ones(2000))
    inputs = [np.full(2000, k / 50) for k in range(50)]
    expected = [program(x) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(program, inputs * 10)) == expected * 10


def test_threads_take_turns_at_recording() -> None:
    model = nn.Linear(2, 1, rng=0)

    def slowly(x: Any) -> Any:
        y = model(x).sum()
        time.sleep(0.01)  # so that the others begin
        return y

    compiled, x = autograd.compile(slowly), np.ones((3, 2), np.float32)
    compiled(x)
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda _: compiled(x).item(), range(9)))
    assert set(results) == {slowly(x).item()}


def test_a_compiled_function_that_another_one_calls_is_part_of_it() -> None:
    def making(compile: Callable[..., Any]) -> tuple[Any, Any, Any]:
        w = Tensor(np.ones(2), requires_grad=True)
        inner = compile(lambda x: (w * x).sum())

        def step(x: Any) -> Any:
            w.zero_grad()
            loss = inner(x) ** 2
            loss.backward()
            w.add_(-0.1 * w.grad)
            return loss

        return w, inner, compile(step)

    (one, score, step), (two, compiled_score, compiled) = making(lambda f: f), making(autograd.compile)
    for k in range(8):
        x = np.arange(2.0) + k / 10
        assert compiled_score(x).item() == score(x).item()
        if k > 2:
            assert compiled(x).item() == step(x).item()
        np.testing.assert_array_equal(two.data, one.data)
