"""What cannot be recorded, and what cannot be done with a program, is an error that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from step_pairs import KINDS, total
from training_step import step_of

import autograd
import nn
from autograd import CutGraphError, GraphError, RecordError, Tensor, Value, no_grad, record

CUTS: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: float(x.sum()) * x,
    "item": lambda x: x.sum().item() * x,
    "asarray": lambda x: np.asarray(x) * 2,
    "int": lambda x: x[int(x[0])],
    "index": lambda x: [1, 2, 3][x[0]] * x,
    "a key": lambda x: x * {1.0: 2.0}.get(x[0], 3.0),
    "a set": lambda x: x * (x.sum() in {1.0, 2.0}),
    "a text": lambda x: x * (str(x[0]) == "1.0"),
    "a printed Tensor": lambda x: print(Tensor(x)),
    "tolist": lambda x: np.sum(x.tolist()),
    "float of a Tensor": lambda x: float(Tensor(x).sum()) * x,
}


@pytest.mark.parametrize("name", CUTS)
def test_a_number_that_would_be_frozen_is_refused(name: str) -> None:
    with pytest.raises(CutGraphError, match="freeze"):
        record(CUTS[name])(np.ones(3))


def test_a_ufunc_of_several_results_is_refused() -> None:
    with pytest.raises(RecordError, match="modf returns 2 arrays"):
        record(np.modf)(np.ones(3))


def test_the_result_of_an_older_graph_is_no_argument() -> None:
    with pytest.raises(RecordError, match="detach"):
        record(lambda x: x * 2)(Value(1.0) * 3)


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_that_was_computed_is_refused_by_a_replay_too(kind: str) -> None:
    w = KINDS[kind](1.0)

    def step(x: Any) -> Any:
        loss = total(x * x)
        loss.backward()
        return loss

    compiled, program = autograd.compile(step), record(step)(KINDS[kind](1.0))
    for _ in range(4):
        compiled(KINDS[kind](1.0))
    for run in (compiled, program):
        with pytest.raises(RecordError, match="the result of a graph"):
            run(w * 2)
    assert w.grad is None


def test_an_argument_that_is_refused_leaves_the_others_as_they_were() -> None:
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(RecordError, match="detach"):
        record(lambda a, b: a * b)(w, w * 2)
    assert type(w.plain) is np.ndarray


@pytest.mark.parametrize(("indices", "classes"), [([0, 1, 7], [0, 1, 2]), ([0, 1, 2], [0, 1, 9])])
def test_an_index_out_of_range_is_named_and_changes_nothing(indices: list[int], classes: list[int]) -> None:
    model = nn.Sequential(nn.Embedding(5, 3, rng=0), nn.Linear(3, 4, rng=1))
    compiled = autograd.compile(step_of(model, nn.SGD(model.parameters(), lr=0.1)))
    for _ in range(4):
        compiled(np.array([0, 1, 2]), np.array([0, 1, 2]))
    before = {name: array.copy() for name, array in model.state_dict().items()}
    wrong = np.array(indices), np.array(classes)
    with pytest.raises(IndexError) as eager:
        nn.cross_entropy(model(wrong[0]), wrong[1])
    with pytest.raises(IndexError) as replayed:
        compiled(*wrong)
    assert str(replayed.value) == str(eager.value)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    compiled(np.array([0, 1, 2]), np.array([0, 1, 2]))
    assert [len(programs) for programs in compiled.programs.values()] == [1]


# -- derivatives ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_is_not_differentiated(kind: str) -> None:
    """It leaves no graph, so that the derivative would be 0."""

    def square(x: Any) -> Any:
        return total(x * x)

    argument = KINDS[kind](3.0).data
    program = record(square)(KINDS[kind](1.0))
    for function in (lambda x: record(square)(x).result, program):
        with pytest.raises(RecordError, match="differentiate"):
            autograd.grad(function)(argument)
    with pytest.raises(RecordError, match="part of what is being recorded"):
        record(lambda x: record(square)(x).result)(argument)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_differentiated_through_a_result_that_has_no_graph(kind: str) -> None:
    """It would leave the gradients of what the result was computed from without a word."""
    w, h = KINDS[kind](1.0), KINDS[kind](2.0)
    compiled = autograd.compile(lambda x: w * x)
    total(compiled(3.0) * h).backward()  # the first call is the function itself
    first = np.copy(w.grad)
    w.zero_grad()
    for k in range(4):
        result = compiled(3.0)
        if k == 1:  # the call that runs both, and returns what the function itself did
            continue
        with pytest.raises(GraphError, match="keeps no graph"):
            total(result * h).backward()
        assert w.grad is None and result.requires_grad
        with no_grad():
            assert not (result * h).requires_grad
    np.testing.assert_array_equal(first, 3.0 * h.data)


def test_a_compiled_function_has_derivatives_and_anomalies() -> None:
    def cubes(x: Any) -> Any:
        return (x * x * x).sum() / 3

    compiled, x = autograd.compile(cubes), np.arange(3.0)
    for _ in range(4):
        assert compiled(x).item() == cubes(x).item()
        np.testing.assert_array_equal(autograd.grad(compiled)(x), autograd.grad(cubes)(x))
        np.testing.assert_array_equal(autograd.hessian(compiled)(x), autograd.hessian(cubes)(x))
    with pytest.raises(autograd.AnomalyError), autograd.detect_anomaly():
        autograd.compile(autograd.log)(Tensor(-1.0))
    logarithm = autograd.compile(lambda x: autograd.log(Tensor(x)))
    for _ in range(4):
        logarithm(2.0)
    with pytest.raises(autograd.AnomalyError, match="log"), autograd.detect_anomaly():
        logarithm(-1.0)
