"""Gradients that compiled steps leave: added to, assigned, interrupted, none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from step_pairs import twice

import autograd
import nn
from autograd import GraphError, Tensor, Value, no_grad, record

RANDOM = np.random.default_rng(0)


def test_gradients_that_are_added_to_what_was_there() -> None:
    def make(compiled: bool) -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)

        def add(x: Any) -> Any:
            loss = (w * x).sum()
            loss.backward()
            return loss

        return w, autograd.compile(add) if compiled else add

    (one, eager), (two, replayed) = make(False), make(True)
    for k in range(6):
        eager(np.full(3, float(k))), replayed(np.full(3, float(k)))
        np.testing.assert_array_equal(two.grad, one.grad)
    one.zero_grad(), two.zero_grad()  # another branch: the first gradient is not added to anything
    for k in range(4):
        eager(np.full(3, float(k))), replayed(np.full(3, float(k)))
        np.testing.assert_array_equal(two.grad, one.grad)


def test_gradients_of_values_set_to_zero_in_a_step_as_micrograd_has_it() -> None:
    w = Value(3.0)

    def step(x: Any) -> Any:
        loss = w * x
        w.grad = 0.0
        loss.backward()
        return loss

    program = record(step)(2.0)
    for x in (3.0, 4.0):
        program(x)
        assert w.grad == x


def test_a_gradient_that_is_part_of_an_argument_follows_the_argument() -> None:
    w = Tensor(np.ones(2), requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = x[:2]
        return x[0] * 2

    compiled = autograd.compile(step)
    large = RANDOM.normal(size=(3, 50_000))
    for x in (large[0], large[0], large[1], large[1], large[2], large[0]):
        assert compiled(x) == x[0] * 2
        np.testing.assert_array_equal(w.grad, x[:2])


def test_gradients_that_are_assigned_and_not_used_are_assigned_at_every_call() -> None:
    w, u, v = Tensor(np.ones(2), requires_grad=True), Tensor(np.ones(2), requires_grad=True), Value(1.0)

    def step(x: Any) -> Any:
        w.grad, u.grad, v.grad = None, np.zeros(2), 0.0
        return x * 2

    compiled = autograd.compile(step)
    for _ in range(5):
        w.grad, u.grad, v.grad = np.ones(2), np.ones(2), 3.0
        compiled(np.ones(2))
        assert w.grad is None and v.grad == 0.0 and type(v.grad) is float
        np.testing.assert_array_equal(u.grad, np.zeros(2))
        u.grad += 1  # in memory of its own


def test_each_tensor_has_a_gradient_of_its_own() -> None:
    """Equal gradients are computed once; whoever scales one in place does not scale the others."""

    def stepping() -> tuple[list[Any], Any]:
        leaves = [Tensor(np.ones(shape), requires_grad=True) for shape in ((2, 2), (2, 2), 4)]

        def step(x: Any) -> Any:
            for leaf in leaves:
                leaf.zero_grad()
            a, b, c = leaves
            loss = ((a.T + b + c.reshape(2, 2)) * x).sum()
            loss.backward()
            return loss

        return leaves, step

    ones, twos, eager, compiled = twice(stepping)
    for k in range(6):
        x = np.arange(4.0).reshape(2, 2) + k
        assert compiled(x).item() == eager(x).item()
        for one, two in zip(ones, twos, strict=True):
            np.testing.assert_array_equal(two.grad, one.grad)
        for leaf in (*ones, *twos):
            leaf.grad *= 0.5
        for one, two in zip(ones, twos, strict=True):
            np.testing.assert_array_equal(two.grad, one.grad)


def test_gradients_of_which_some_are_constants_are_joined() -> None:
    """The gradient of a sum is ones whatever the input: no slot, but a number of the program."""
    a, b = nn.Parameter(np.ones(3)), nn.Parameter(np.ones(2))
    optimizer = nn.SGD([a, b], lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = a.sum() + (b * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(5):
        compiled(np.full(2, 2.0))
    np.testing.assert_allclose(np.concatenate([a.data, b.data]), [0.5, 0.5, 0.5, 0, 0], atol=1e-15)


def test_the_gradient_of_a_value_is_a_float_where_arrays_took_part() -> None:
    w = Value(1.5)

    def step(x: Any, y: Any) -> Any:
        w.zero_grad()
        loss = (w * x * y).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for k in range(5):
        compiled(1.0 + k, np.ones(2))
        assert type(w.grad) is float and w.grad == 2.0 + 2 * k


def test_nan_in_a_gradient_is_what_it_is_without_a_program() -> None:
    def make() -> tuple[Any, Any]:
        w = Tensor([1.0, 2.0], requires_grad=True)

        def step(x: Any) -> Any:
            w.zero_grad()
            loss = autograd.where(x > 0, autograd.sqrt(x * w), x).sum()
            loss.backward()
            return loss

        return w, step

    one, two, eager, compiled = twice(make)
    for x in ([1.0, 4.0], [1.0, 4.0], [1.0, 4.0], [2.0, 5.0], [0.0, 5.0], [-1.0, 0.0], [3.0, 1.0]):
        assert compiled(np.array(x)).item() == eager(np.array(x)).item()
        np.testing.assert_array_equal(two.grad, one.grad)


def test_no_grad_and_detach_are_recorded_as_what_they_are() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        w.zero_grad()
        with no_grad():
            scale = (w * w).sum()
        loss = (w * x).sum() * scale.detach()
        loss.backward()
        return loss

    program = record(step)(np.ones(2))
    w.add_(np.ones(2))
    found = program(np.ones(2)).item(), w.grad.copy()
    expected = step(np.ones(2)).item()
    assert found[0] == expected and np.array_equal(found[1], w.grad)


def test_a_step_without_recording_is_not_the_one_with_it() -> None:
    w = Tensor([1.0], requires_grad=True)
    compiled = autograd.compile(lambda: (w * 2).sum().backward())
    for _ in range(4):
        compiled()
    with no_grad(), pytest.raises(GraphError, match="no_grad"):
        compiled()
    assert w.grad == 8


@pytest.mark.parametrize("early", [True, False])
def test_gradients_that_are_added_to_are_whole_when_a_branch_diverges(early: bool) -> None:
    """Whether the branch comes before the gradient is computed or after it."""

    def make() -> tuple[Any, Any]:
        w = Tensor(np.random.default_rng(0).normal(size=(4, 3)), requires_grad=True)
        v = Tensor(np.random.default_rng(1).normal(size=3), requires_grad=True)

        def move(x: Any) -> None:
            if (x * x - 1.0 * x).sum() > 6:
                w.add_(0.1 * x)
            else:
                w.add_(-0.1)

        def step(x: Any) -> None:
            if early:
                move(x)
            (w * v).sum().backward()
            if not early:
                move(x)

        return w, step

    one, two, eager, compiled = twice(make)
    for k in range(14):
        x = np.random.default_rng(k).normal(size=(4, 3))
        eager(x), compiled(x)
        np.testing.assert_array_equal(two.grad, one.grad)
        np.testing.assert_array_equal(two.data, one.data)
    assert len(next(iter(compiled.programs.values()))) > 1


@pytest.mark.parametrize("zeroed", [True, False])
def test_an_interrupted_run_leaves_no_gradient_half_computed(zeroed: bool) -> None:
    w = Tensor(np.ones(3), requires_grad=True)

    def step(x: Any) -> Any:
        if zeroed:
            w.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for k in range(4):
        compiled(np.full(3, 1.0 + k))
    before = w.grad.copy()
    (program,) = next(iter(compiled.programs.values()))
    calls = program.plan.calls
    for place in range(len(calls)):
        kept = calls[place]

        def interrupt() -> None:
            raise KeyboardInterrupt

        calls[place] = interrupt
        with pytest.raises(KeyboardInterrupt):
            compiled(np.full(3, 100.0))
        calls[place] = kept
        if zeroed:
            assert w.grad is None  # as a step that begins with forgetting it leaves it
        else:
            np.testing.assert_array_equal(w.grad, before)
        compiled(np.full(3, 2.0))
        np.testing.assert_array_equal(w.grad, np.full(3, 2.0) if zeroed else before + 2.0)
        before = w.grad.copy()


def test_a_graph_is_stale_after_a_run_that_failed_when_it_had_changed_a_leaf() -> None:
    w = Tensor([2.0, 0.0], requires_grad=True)

    def step(x: Any, matrix: Any) -> Any:
        w.zero_grad()
        (w * x).sum().backward()
        w.add_(-0.5 * w.grad)
        return np.linalg.inv(matrix)

    compiled = autograd.compile(step)
    for _ in range(4):
        compiled(np.ones(2), np.eye(2))
    graph = (w * w).sum()
    with pytest.raises(np.linalg.LinAlgError):
        compiled(np.ones(2), np.zeros((2, 2)))
    with pytest.raises(autograd.StaleGraphError):
        graph.backward()


def test_a_value_among_arrays_of_float32_is_trained() -> None:
    def make() -> tuple[Any, Any]:
        temperature, weight = Value(0.5), Tensor(np.ones((3, 2), np.float32), requires_grad=True)
        optimizer = nn.Adam([temperature, weight], lr=0.05)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = nn.cross_entropy((x @ weight) * temperature, np.array([0, 1]))
            loss.backward()
            optimizer.step()
            return loss

        return temperature, step

    one, two, eager, compiled = twice(make)
    for k in range(6):
        x = np.random.default_rng(k).normal(size=(2, 3)).astype(np.float32)
        assert compiled(x).item() == pytest.approx(eager(x).item(), rel=1e-6)
        assert type(two.grad) is float
        assert two.data == pytest.approx(one.data, rel=1e-6)
