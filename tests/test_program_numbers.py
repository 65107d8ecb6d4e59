"""Programs of single numbers: rows of a tape, sorted into levels, in which they are computed together."""

import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, record
from autograd.program.scalars import Group, grouped

XS = np.linspace(-1.5, 1.5, 7).tolist()


def poles(x: Any) -> Any:
    a = Value(x)
    return [y for _ in range(80) for y in (1 / (a * 0.0), 1 / (a * -0.0), a * math.nan, a * 1)]


def left_sum(x: Any) -> Any:
    total = x
    for k in range(400):
        total = total + 0.1 * k * x
    return total


def right_sum(x: Any) -> Any:
    total = x
    for k in range(400):
        total = 0.1 * k * x + total
    return total


def sums_that_are_looked_at(x: Any) -> Any:
    totals = [x]
    for k in range(400):
        totals.append(totals[-1] + 0.1 * k)
    return totals[100], totals[-1] * totals[7], sum(totals[:50])


def doubled(x: Any) -> Any:
    for _ in range(400):
        x = 0.5 * (x + x)
    return x


def chosen(x: Any) -> Any:
    return [autograd.where(x > 0.1 * k, x * k, k - x) for k in range(150)]


def branches(x: Any) -> Any:
    total = x
    for k in range(150):
        total = total + x * k if x * k > 10.0 * total else total - x
    return total


def of_arrays(x: Any) -> Any:
    row = np.stack([x * k for k in range(400)])
    return [row[k] * x + row.sum() for k in range(400)]


@pytest.mark.parametrize(
    "function",
    [poles, left_sum, right_sum, sums_that_are_looked_at, doubled, chosen, branches, of_arrays],
    ids=lambda function: function.__name__,
)
def test_numbers_are_those_of_the_function(function: Callable[[Any], Any]) -> None:
    for argument in XS:
        program = record(function)(argument)
        assert program.plan.scalars is not None
        np.testing.assert_allclose(program(argument), function(argument), rtol=1e-12)  # NaN equals NaN
        if function is not branches:
            np.testing.assert_allclose(program(argument + 1), function(argument + 1), rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "lengths"),
    [(left_sum, [401]), (right_sum, [401]), (doubled, []), (sums_that_are_looked_at, [51, 52, 301])],
)
def test_chains_of_additions_are_sums(function: Callable[[Any], Any], lengths: list[int]) -> None:
    scalars = record(function)(1.0).plan.scalars
    assert scalars is not None
    sums = [step for step in scalars.steps if isinstance(step, Group) and step.function == np.add.reduce]
    assert sorted(group.inputs[0].shape[0] for group in sums) == lengths


def test_numbers_become_instructions_for_those_who_look() -> None:
    w = Value(0.5, label="w")

    def step(x: float) -> Value:
        y: Any = w
        for _ in range(120):
            y = autograd.tanh(w * y + x)
        y.backward()
        return y

    program = record(step)(0.1)
    w.grad = None
    before, count = program(0.1).data, len(program)
    assert "instructions" not in vars(program)  # neither a run nor its length needs them
    instructions = program.instructions
    assert len(instructions) == count and program.instructions is instructions
    made = {i.output for i in instructions}
    assert program.outputs[0] in made
    taken = {slot for i in instructions for slot in i.inputs()}
    assert len(made) == count and taken - made <= {*program.inputs.values(), program.cells[0][1]}
    assert {i.backward for i in instructions} == {True, False}
    assert f"float  {before:.6g}" in program.listing(limit=None)


def test_a_recorded_number_takes_few_bytes() -> None:
    def chain(x: float) -> Value:
        y = Value(x)
        for _ in range(5_000):
            y = autograd.sin(y)
        y.backward()
        return y

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    program = record(chain)(1.0)
    kept, most = (size - before for size in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    assert len(program) > 14_000
    assert kept / 5_000 < 80  # neither the graph nor an object a call
    assert most / 5_000 < 800


def test_what_cannot_be_undone_waits_for_every_branch() -> None:
    counts = np.zeros(2)

    def step(x: float) -> Any:
        total: Any = x
        for k in range(400):
            total = total + math.sin(k) * x
        if total > 0:
            autograd.lend(counts)[0] += 1.0
        else:
            autograd.lend(counts)[1] += 1.0
        return total

    compiled = autograd.compile(step)
    expected = [0.0, 0.0]
    for x in (1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0):
        total = compiled(x)
        expected[0 if total > 0 else 1] += 1
    assert counts.tolist() == expected


def test_gradients_after_a_branch_are_whole_when_it_diverges() -> None:
    w = autograd.Tensor(np.ones(3), requires_grad=True)

    def step(x: float, y: Any) -> Any:
        total = left_sum(x)
        if total > 0:
            w.grad = None
            (w * y).sum().backward()
        return total

    program = record(step)(1.0, np.ones(3))
    program(1.0, 2 * np.ones(3))
    with pytest.raises(autograd.RecordError):
        program(-1.0, 3 * np.ones(3))
    assert w.grad is not None and w.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_of_values_are_floats() -> None:
    def step(x: Value) -> Any:
        autograd.maximum(x * x, 0.5 * x).backward()
        return x.grad

    x = Value(2.0)
    program = record(step)(x)
    x.grad = None
    assert [type(gradient) for gradient in (program.result, program(x), x.grad)] == [float] * 3


def test_too_few_numbers_are_not_grouped() -> None:
    program = record(lambda x: x * 2 + 1)(1.0)
    assert program.plan.scalars is None and program(2.0) == 5.0
    scalars = grouped(program.tape, list(program.inputs.values()), program.outputs)
    assert [step.size for step in scalars.steps if isinstance(step, Group)] == [1, 1]
